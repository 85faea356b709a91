// The screen-pops, one a call: they come when a caller's history is there, so a later call's may be first.

export class Pops {
  #pops = new Map();
  #last = null;

  take(pop) {
    this.#pops.set(pop.call, pop);
  }

  withdraw(call) {
    this.#pops.delete(call);
  }

  /** The agent has done with the call: it stays in sight until they are in another. */
  release(call) {
    if (call !== this.#last) this.#pops.delete(call);
  }

  /** The server shows anew what stands. */
  begin() {
    for (const call of this.#pops.keys()) this.release(call);
  }

  /** Of the agent's call, and of no other; `call` null: of the one before, which may be wrapped up. */
  of(call) {
    if (call && call !== this.#last) {
      this.#pops.delete(this.#last);
      this.#last = call;
    }
    return this.#pops.get(this.#last) ?? null;
  }
}
