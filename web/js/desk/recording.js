// Whether the call is recorded just now, and the button that stops it for what nobody is to hear.

import { byId, say } from "./page.js";

export class RecordingSwitch {
  constructor(desk) {
    this.desk = desk;
    this.inCall = false;
    this.paused = false;
    byId("call-record").addEventListener("click", () => this.turn());
  }

  async turn() {
    const answer = this.paused
      ? await this.desk.command("resume_recording")
      : await this.desk.command("pause_recording", { reason: say("record_reason") });
    if (answer.ok) this.see(answer);
  }

  /** For a page that was loaded anew, and for a pause that has ended by itself. */
  async ask() {
    const answer = await this.desk.socket.ask("recording");
    if (answer.ok) this.see(answer);
  }

  see({ paused, until }) {
    this.paused = paused;
    clearTimeout(this.timer);
    if (paused) this.timer = setTimeout(() => this.ask(), Math.max(0, new Date(until) - Date.now()) + 1000);
    this.show(this.inCall);
  }

  show(inCall) {
    if (inCall !== this.inCall) {
      this.inCall = inCall;
      this.paused = false;
      clearTimeout(this.timer);
      if (inCall) this.ask();
    }
    const button = byId("call-record");
    button.hidden = !inCall;
    button.setAttribute("aria-pressed", String(this.paused));
    byId("call-unrecorded").hidden = !(inCall && this.paused);
  }
}
