// The bar at the top: what the agent is doing as Asterisk has it, since when, and what may follow.

import { announce, byId, choose, has, length, make, named, say } from "./page.js";

export class Bar {
  constructor(desk) {
    this.desk = desk;
    this.reasons = [];
    this.ours = [];
    this.seen = "";
    byId("desk-ready").addEventListener("click", () => desk.command("ready"));
    byId("desk-pause").addEventListener("click", () => this.pause());
    byId("desk-wrap-end").addEventListener("click", () => desk.command("end_wrap_up"));
    byId("desk-wrap-more").addEventListener("click", () => desk.command("extend_wrap_up"));
    byId("desk-out").addEventListener("click", () => desk.signOut());
    byId("desk-in").addEventListener("click", () => desk.signIn());
    setInterval(() => this.tick(), 500);
  }

  hello(message) {
    this.reasons = message.pause_reasons;
    this.ours = message.our_pauses;
    const list = byId("desk-reason");
    const chosen = list.value;
    list.replaceChildren(
      ...this.reasons.map((one) => make("option", { value: one.code }, named(one))),
    );
    choose(list, chosen);
  }

  pause() {
    this.desk.command("pause", { reason: byId("desk-reason").value });
  }

  toggle() {
    const { status, next } = this.desk.state;
    if (status === "paused" || next) this.desk.command("ready");
    else this.pause();
  }

  show() {
    const { desk } = this;
    const { status, reason, next, wrap_up: wrapUp } = desk.state;
    const shown = desk.standing;
    const box = byId("desk-bar");
    if (box.dataset.status !== shown) {
      box.dataset.status = shown;
      byId("desk-status").textContent = say(`status_${shown}`);
    }
    this.warn(shown, reason);
    byId("desk-why").textContent = status === "unreachable" ? say("unreachable") : this.why(reason, next);
    byId("desk-phone").textContent = desk.phoneText();
    byId("desk-phone").dataset.good = String(desk.phoneGood());
    const out = !desk.open || status === "signed_out";
    byId("desk-ready").hidden = out || !(status === "paused" || next);
    byId("desk-pausing").hidden = out || status === "paused";
    byId("desk-wrapping").hidden = !desk.open || status !== "wrap_up";
    byId("desk-wrap-more").disabled = wrapUp?.extended ?? true;
    byId("desk-out").hidden = !desk.open;
    this.stay(status === "in_call" || status === "ringing");
    byId("desk-in").hidden = !desk.ended;
    this.tick();
  }

  /** Nobody signs out of a call, nor goes to this page in another language, by one wrong click. */
  stay(inCall) {
    byId("desk-out").disabled = inCall;
    const header = document.querySelectorAll("header.site button");
    for (const button of header) button.disabled = inCall || this.desk.phone.calls > 0;
  }

  /** What has happened to the agent without their doing is said aloud, once. */
  warn(shown, reason) {
    const now = `${shown} ${reason}`;
    if (now === this.seen) return;
    // A browser's telephone is never there at once: only who was ready is told.
    if (shown === "unreachable" && this.seen.startsWith("ready")) announce(say("unreachable"), true);
    if (now === "paused no_answer") announce(say("no_answer_pause"), true);
    this.seen = now;
  }

  why(reason, next) {
    if (reason === "no_answer") return say("no_answer_pause");
    const code = reason || next;
    const found = [...this.reasons, ...this.ours].find((one) => one.code === code);
    if (!found) return "";
    return reason ? named(found) : say("then_pause", { reason: named(found) });
  }

  tick() {
    const { since, status, wrap_up: wrapUp } = this.desk.state;
    byId("desk-since").textContent =
      since && this.desk.open ? length((Date.now() - Date.parse(since)) / 1000) : "";
    byId("desk-wrap-left").textContent =
      status === "wrap_up" && wrapUp ? length((Date.parse(wrapUp.until) - Date.now()) / 1000) : "";
  }
}

/** A refusal as the agent reads it. */
export function refused(answer) {
  if (answer.ok) return;
  const key = `refused_${answer.reason?.code}`;
  announce(has(key) ? say(key, answer.reason) : say("refused_other"), true);
}
