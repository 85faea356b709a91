// A call that the agent, or their page, has asked for: answered by itself. No other is.

const PATIENCE_MS = 30000;

export class Expected {
  #call = null;
  #until = 0;
  #failed = null;

  constructor(desk) {
    this.desk = desk;
  }

  /** The server rings us for this call; it may ring already. */
  await(call) {
    if (call === this.#failed) return; // which was told first
    this.#call = call;
    this.#until = Date.now() + PATIENCE_MS;
    this.look();
  }

  /** The server does not ring us for it any more. */
  failed(call) {
    this.#failed = call;
    if (call === this.#call) this.#call = null;
  }

  /**
   * What rings has changed. It says itself for which call the server asked for it: a queue's does
   * not, also where both ring at the same moment.
   */
  look() {
    const { phone } = this.desk;
    if (!this.#call || phone.state !== "ringing" || phone.asked !== this.#call) return;
    this.#call = null;
    if (Date.now() < this.#until) phone.answer();
  }
}
