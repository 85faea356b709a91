// Whether the call is recorded just now, and the button that stops it for what nobody is to hear.

import { typesSensitive } from "./more.js";
import { byId, say } from "./page.js";

/** How a pause of our own begins, on the record too: one that a reloaded page finds is ended. */
const OF_A_FIELD = "संवेदनशील प्रविष्टि: ";
const LONGEST = 80;

export class RecordingSwitch extends EventTarget {
  #turns = Promise.resolve();

  constructor(desk) {
    super();
    this.desk = desk;
    this.inCall = false;
    this.paused = false;
    this.why = "";
    byId("call-record").addEventListener("click", () => this.turn());
  }

  async turn() {
    const answer = this.paused
      ? await this.desk.command("resume_recording")
      : await this.desk.command("pause_recording", { reason: say("record_reason") });
    if (answer.ok) this.see(answer);
  }

  /** Paused for a field, one after the other; true: nothing is recorded now. */
  hush(name) {
    return this.#next(() => this.#hush(name));
  }

  /** The field was left: only a pause that it began is ended. */
  unhush() {
    return this.#next(() => this.#unhush());
  }

  #next(act) {
    this.#turns = this.#turns.then(act, act);
    return this.#turns;
  }

  async #hush(name) {
    if (!this.desk.open) return this.desk.phone.state !== "talking";
    if (!this.inCall) return true;
    if (this.paused) {
      // It may have ended since: its limit is the server's, and this page's timers may have slept.
      if (!(await this.#known())) return false;
      if (this.paused) return true;
    }
    const reason = `${OF_A_FIELD}${name}`.slice(0, LONGEST);
    const answer = await this.desk.socket.ask("pause_recording", { reason });
    if (answer.ok) this.see(answer);
    return answer.ok || answer.reason?.code === "not_recorded";
  }

  async #unhush() {
    if (!this.paused || !this.why.startsWith(OF_A_FIELD) || typesSensitive()) return;
    const answer = await this.desk.socket.ask("resume_recording");
    if (answer.ok) this.see(answer);
    else await this.ask(); // its limit came first, or the server ends it by itself
  }

  /** For a page that was loaded anew, and for a pause that has ended by itself. */
  async ask() {
    const before = this.paused;
    if ((await this.#known()) && before && !this.paused) this.dispatchEvent(new Event("again"));
  }

  /** Whether the server has told how it stands; it is shown then. */
  async #known() {
    const answer = await this.desk.socket.ask("recording");
    if (answer.ok) this.see(answer, { again: false });
    return answer.ok;
  }

  /** `left`: seconds of a pause. Its end by this page's clock is not looked at: that may be wrong. */
  see({ paused, why, left }, { again = true } = {}) {
    const ended = again && this.paused && !paused;
    this.paused = paused;
    this.why = why ?? "";
    clearTimeout(this.timer);
    if (paused) this.timer = setTimeout(() => this.ask(), left * 1000 + 1000);
    this.show(this.inCall);
    if (ended) this.dispatchEvent(new Event("again"));
  }

  show(inCall) {
    if (inCall !== this.inCall) {
      this.inCall = inCall;
      this.paused = false;
      clearTimeout(this.timer);
      if (inCall) this.ask().then(() => this.dispatchEvent(new Event("call")));
    }
    const button = byId("call-record");
    button.hidden = !inCall;
    button.setAttribute("aria-pressed", String(this.paused));
    byId("call-unrecorded").hidden = !(inCall && this.paused);
    byId("call-unrecorded-why").textContent = say("record_why", { why: this.why });
  }
}
