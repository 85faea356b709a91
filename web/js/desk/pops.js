// The screen-pops, one a call: they come when a caller's history is there, so a later call's may be first.

export class Pops {
  #pops = new Map();
  #had = null; // the agent's call, or the one before, which may be wrapped up
  #rings = null;

  /** What is told again as it was stays the same one: nothing is drawn anew. */
  take(pop) {
    if (JSON.stringify(pop) !== JSON.stringify(this.#pops.get(pop.call))) this.#pops.set(pop.call, pop);
  }

  withdraw(call) {
    this.release(call);
  }

  /** The agent has done with the call: it stays in sight until they are in another. */
  release(call) {
    if (call !== this.#had) this.#pops.delete(call);
  }

  /** The server shows anew what stands. */
  begin() {
    for (const call of this.#pops.keys()) if (call !== this.#rings) this.release(call);
  }

  /** The agent is in this call, or was: the one before is done with. */
  have(call) {
    if (call === this.#had) return;
    this.#pops.delete(this.#had);
    this.#had = call;
  }

  /** Of the agent's call, and of no other. One that only rings takes nothing away: it may ring elsewhere next. */
  of({ status, call }) {
    this.#rings = status === "ringing" ? call : null;
    if (call && !this.#rings) this.have(call);
    return this.#pops.get(this.#rings ?? this.#had) ?? null;
  }
}
