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
   * What rings has changed: by Asterisk's word or by the telephone's, which come in any order. The
   * telephone does not know what rings there: before Asterisk says that it is this call, it may be
   * another one, of a queue.
   */
  look() {
    const { state, phone } = this.desk;
    if (!this.#call || phone.state !== "ringing") return;
    if (state.status !== "ringing" || state.call !== this.#call) return;
    this.#call = null;
    if (Date.now() < this.#until) phone.answer();
  }
}
