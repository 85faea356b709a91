// The citizen's last calls, heard at the desk: never while the agent's own call is heard.

import { announce, byId, csrf, has, make, moment, say } from "./page.js";

export class Playback {
  #parts = [];

  constructor(desk) {
    this.desk = desk;
    this.voice = byId("past-voice");
    this.voice.addEventListener("ended", () => this.#next());
    this.voice.addEventListener("play", () => this.look());
    this.voice.addEventListener("error", () => this.voice.src && announce(say("play_not_now"), true));
    byId("past-close").addEventListener("click", () => this.stop());
  }

  /** The agent hears the citizen, or is about to. */
  #ownCall() {
    const { phone, state } = this.desk;
    const held = phone.held || state.held;
    return phone.state === "ringing" || ((phone.state === "talking" || state.status === "in_call") && !held);
  }

  button(one) {
    const label = `${say("play")}: ${say("play_at", { at: moment(one.at) })}`;
    const button = make("button", { type: "button", className: "other small", "aria-label": label }, `▶ ${say("play")}`);
    button.addEventListener("click", () => this.play(one));
    return button;
  }

  async play(one) {
    if (this.#ownCall()) {
      announce(say("play_hold_first"), true);
      return;
    }
    const headers = { "X-CSRF-Token": csrf, Accept: "application/json" };
    let told;
    try {
      const answer = await fetch(`/desk/calls/${one.call}/listen`, { method: "POST", headers });
      told = await answer.json();
    } catch {
      announce(say("refused_offline"), true);
      return;
    }
    if (!told.parts) {
      const key = `play_${told.reason?.code}`;
      announce(say(has(key) ? key : "play_not_now"), true);
      return;
    }
    this.#parts = told.parts;
    byId("past").hidden = false;
    announce("");
    byId("past-word").textContent = say("play_at", { at: moment(one.at) });
    this.#next();
  }

  #next() {
    const part = this.#parts.shift();
    if (!part) return;
    this.voice.src = part.url;
    this.voice.play().catch(() => {}); // stopped before it began
  }

  /** The own call comes first: what plays, stops. */
  look() {
    if (!this.#ownCall() || this.voice.paused) return;
    this.voice.pause();
    announce(say("play_stopped"));
  }

  /** Another citizen, or closed by hand. */
  stop() {
    this.#parts = [];
    this.voice.pause();
    this.voice.removeAttribute("src");
    this.voice.load();
    byId("past").hidden = true;
  }
}
