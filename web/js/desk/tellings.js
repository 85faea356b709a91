// What was typed of a call into "told in this call" and not entered: kept by call until it is entered or
// discarded, in this tab also over a reload. Whoever else signs in on it finds nothing of it.

const KEPT = "helpline.told";

export class Tellings {
  #agent = null;
  #all = new Map();

  /** The agent of this page is known: their own are found again. */
  begin(agent) {
    if (agent === this.#agent) return;
    this.#agent = agent;
    const kept = stored();
    this.#all = new Map(kept?.agent === agent ? Object.entries(kept.tellings) : []);
    this.#store();
  }

  of(call) {
    return this.#all.get(call) ?? null;
  }

  keep(call, telling) {
    this.#all.set(call, telling);
    this.#store();
  }

  drop(call) {
    if (this.#all.delete(call)) this.#store();
  }

  /** `[call, telling]`, the oldest first. */
  get list() {
    return [...this.#all];
  }

  #store() {
    if (!this.#agent) return;
    if (this.#all.size) {
      sessionStorage.setItem(KEPT, JSON.stringify({ agent: this.#agent, tellings: Object.fromEntries(this.#all) }));
    } else sessionStorage.removeItem(KEPT);
  }
}

function stored() {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT));
  } catch {
    return null; // not ours
  }
}
