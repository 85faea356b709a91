// The citizen's last calls, heard at the desk: never while the agent's own call is heard.

import { announce, byId, csrf, has, make, moment, say } from "./page.js";

const HEARD_SECONDS = 1; // so much of a link was heard: the next one that fails is asked for anew

export class Playback {
  #one = null; // the call that is heard
  #parts = [];
  #part = -1;
  #at = 0; // how far it was heard
  #from = 0; // where a new link in its place begins
  #heard = 0; // of this link, without jumps
  #running = false;
  #renewed = false;

  constructor(desk) {
    this.desk = desk;
    this.voice = byId("past-voice");
    this.voice.addEventListener("ended", () => this.#next());
    this.voice.addEventListener("play", () => {
      this.#running = true;
      this.look();
    });
    this.voice.addEventListener("pause", () => (this.#running = this.#running && this.voice.error !== null));
    this.voice.addEventListener("loadedmetadata", () => {
      if (this.#from) this.voice.currentTime = this.#from;
    });
    this.voice.addEventListener("timeupdate", () => this.#passed());
    this.voice.addEventListener("error", () => this.#broken());
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
    const { parts, why } = await this.#ask(one);
    if (why) {
      announce(why, true);
      return;
    }
    this.#one = one;
    this.#parts = parts;
    this.#part = -1;
    byId("past").hidden = false;
    announce("");
    byId("past-word").textContent = say("play_at", { at: moment(one.at) });
    this.#next();
  }

  /** Links to what was recorded of a call, or why there is none. */
  async #ask(one) {
    const headers = { "X-CSRF-Token": csrf, Accept: "application/json" };
    let answer;
    try {
      answer = await fetch(`/desk/calls/${one.call}/listen`, { method: "POST", headers, redirect: "manual" });
    } catch {
      return { why: say("refused_offline") };
    }
    if (answer.type === "opaqueredirect" || answer.status === 401) return { why: say("play_signed_out") };
    const told = await answer.json().catch(() => ({}));
    if (told.parts) return told;
    const key = `play_${told.reason?.code ?? (answer.status === 403 ? "not_yours" : "")}`;
    return { why: say(has(key) ? key : "play_not_now") };
  }

  #next() {
    this.#part += 1;
    this.#renewed = false;
    this.#load(0, true);
  }

  #load(from, running) {
    const part = this.#parts[this.#part];
    if (!part) return;
    this.#from = from;
    this.#at = from;
    this.#heard = 0;
    this.voice.src = part.url;
    if (running) this.voice.play().catch(() => {}); // stopped before it began
  }

  #passed() {
    if (this.voice.error || !this.voice.currentTime) return;
    const step = this.voice.currentTime - this.#at;
    if (step > 0 && step < HEARD_SECONDS) this.#heard += step;
    if (this.#heard >= HEARD_SECONDS) this.#renewed = false;
    this.#at = this.voice.currentTime;
  }

  /** The element only knows that it gets no sound. The server, asked again, says why; or the link
      had ended, and the sound goes on by the one that it gives. */
  async #broken() {
    const one = this.#one;
    if (!one || !this.voice.getAttribute("src")) return;
    const [at, running, again] = [this.#at, this.#running, this.#renewed];
    this.#renewed = true;
    const { parts, why } = await this.#ask(one);
    if (one !== this.#one) return;
    if (why || again || !parts[this.#part]) {
      this.stop();
      announce(why ?? say("play_broken"), true);
      return;
    }
    this.#parts = parts;
    this.#load(at, running);
  }

  /** The own call comes first: what plays, stops. */
  look() {
    if (!this.#ownCall() || this.voice.paused) return;
    this.voice.pause();
    announce(say("play_stopped"));
  }

  /** Another citizen, or closed by hand. */
  stop() {
    this.#one = null;
    this.#parts = [];
    this.voice.pause();
    this.voice.removeAttribute("src");
    this.voice.load();
    byId("past").hidden = true;
  }
}
