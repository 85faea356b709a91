// One recording: its picture, where one is in it, speed, sides. The sound is the browser's own element.

import { lasted, write } from "./supervisor/dom.js";

const WIDTH = 800;
const LANE = 60;
const STEP = 5;
const LEAP = 30;
const AGAIN_MS = 5000; // a new link that fails before anything was heard would be asked for without end
const WHY = { 0: "signed_out", 403: "ended", 404: "gone" }; // 0: led to the sign-in page
const CSRF = document.querySelector("meta[name=csrf]").content;
const SVG = "http://www.w3.org/2000/svg";

function shape(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  return made;
}

export class Player {
  constructor(place) {
    this.place = place;
    this.texts = JSON.parse(place.dataset.texts);
    this.gaps = JSON.parse(place.dataset.gaps);
    this.audio = place.querySelector("audio");
    this.wave = place.querySelector(".wave");
    this.length = 0;
    this.renewedAt = Number.NEGATIVE_INFINITY;
    this.wanted = 0; // where it was, or was to go, when the link ended
    this.heard = 0;
    this.running = false;
    this.audio.addEventListener("error", () => this.broken());
    this.audio.addEventListener("play", () => (this.running = true));
    this.audio.addEventListener("pause", () => (this.running = this.running && this.audio.error !== null));
    this.audio.addEventListener("timeupdate", () => this.passed());
    this.audio.addEventListener("seeking", () => (this.wanted = this.audio.currentTime));
    this.load();
  }

  find(selector) {
    return this.place.querySelector(selector);
  }

  /** Without a picture the browser's own controls stay. */
  async load() {
    let told;
    try {
      let answer = await fetch(this.place.dataset.peaks);
      // A page that the browser kept: its link may have ended before it was shown again.
      if (answer.status === 403 && (await this.renew())) answer = await fetch(this.place.dataset.peaks);
      if (!answer.ok) throw new Error(String(answer.status));
      told = await answer.json();
    } catch {
      this.place.append(Object.assign(document.createElement("p"), { textContent: this.texts.failed }));
      return;
    }
    this.length = told.seconds;
    this.draw(told.levels);
    this.tellGaps();
    this.audio.controls = false;
    this.find(".player-own").hidden = false;
    const stereo = told.levels.length > 1;
    this.find("[name=sides]").closest("label").hidden = !stereo;
    this.find(".side-heard").hidden = !stereo;
    this.listen();
    this.follow();
  }

  draw(levels) {
    this.wave.setAttribute("viewBox", `0 0 ${WIDTH} ${LANE * levels.length}`);
    levels.forEach((lane, number) => {
      const middle = LANE * (number + 0.5);
      const wide = WIDTH / Math.max(1, lane.length);
      const line = lane.map((level, at) => {
        const tall = Math.max(0.5, (Math.sqrt(level / 255) * (LANE - 6)) / 2);
        return `M${(at + 0.5) * wide} ${middle - tall}V${middle + tall}`;
      });
      const name = number ? "lane-heard" : "lane-citizen";
      this.wave.append(shape("path", { d: line.join(""), class: name, "stroke-width": wide * 0.8 }));
    });
    for (const gap of this.gaps) {
      const begin = this.x(gap.begin);
      const wide = Math.max(2, this.x(gap.end ?? this.length) - begin);
      const box = { x: begin, y: 0, width: wide, height: LANE * levels.length, class: "gap" };
      this.wave.append(shape("rect", box));
    }
    this.cursor = shape("line", { y1: 0, y2: LANE * levels.length, class: "cursor" });
    this.wave.append(this.cursor);
  }

  x(second) {
    return this.length ? (Math.min(second, this.length) / this.length) * WIDTH : 0;
  }

  tellGaps() {
    const rows = this.gaps.map((gap) => {
      const words = {
        by: gap.by,
        begin: lasted(gap.begin),
        end: lasted(gap.end ?? this.length),
        why: gap.why,
      };
      const text = this.texts.paused.replace(/\{(\w+)\}/g, (_, name) => words[name]);
      return Object.assign(document.createElement("li"), { textContent: `▨ ${text}` });
    });
    this.find(".gaps").replaceChildren(...rows);
    // The list for those without a script says the same by the clock.
    if (rows.length) this.place.closest(".recording")?.querySelector(".pauses")?.remove();
  }

  listen() {
    const acts = {
      play: () => this.turn(),
      back: () => this.go(this.audio.currentTime - 10),
      on: () => this.go(this.audio.currentTime + 10),
    };
    for (const button of this.place.querySelectorAll(".player-own button")) {
      button.addEventListener("click", () => acts[button.value]());
    }
    this.find("[name=speed]").addEventListener("change", (event) => {
      this.audio.playbackRate = Number(event.target.value);
    });
    this.find("[name=sides]").addEventListener("change", (event) => this.hear(event.target.value));
    this.wave.addEventListener("click", (event) => {
      const box = this.wave.getBoundingClientRect();
      this.go(((event.clientX - box.left) / box.width) * this.length);
    });
    this.wave.addEventListener("keydown", (event) => this.key(event));
    for (const name of ["timeupdate", "seeked", "play", "pause", "ended"]) {
      this.audio.addEventListener(name, () => this.follow());
    }
  }

  key(event) {
    const at = this.audio.currentTime;
    const acts = {
      " ": () => this.turn(),
      ArrowLeft: () => this.go(at - STEP),
      ArrowDown: () => this.go(at - STEP),
      ArrowRight: () => this.go(at + STEP),
      ArrowUp: () => this.go(at + STEP),
      PageDown: () => this.go(at - LEAP),
      PageUp: () => this.go(at + LEAP),
      Home: () => this.go(0),
      End: () => this.go(this.length),
      "<": () => this.faster(-1),
      ">": () => this.faster(1),
    };
    if (!acts[event.key] || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    acts[event.key]();
  }

  turn() {
    if (this.audio.error) this.broken();
    else if (this.audio.paused) this.audio.play().catch((error) => this.notPlayed(error));
    else this.audio.pause();
  }

  passed() {
    const step = this.audio.currentTime - this.wanted;
    if (step > 0 && step < 1) this.heard += step;
    if (this.heard >= 1) this.renewedAt = Number.NEGATIVE_INFINITY;
    this.wanted = this.audio.currentTime;
  }

  /** Stopped again before it began is no fault; what is wrong with the sound comes as `error`. */
  notPlayed(error) {
    if (error.name === "NotAllowedError") this.say(this.texts.not_started);
  }

  /** The link ends after a while, and what the browser has not fetched by then cannot be heard. */
  async broken() {
    if (this.renewing) return;
    if (Date.now() - this.renewedAt < AGAIN_MS) {
      this.say(this.texts.broken);
      return;
    }
    const { running, wanted } = this;
    if (!(await this.renew())) return;
    this.audio.addEventListener(
      "loadedmetadata",
      () => {
        this.audio.currentTime = wanted;
        this.audio.playbackRate = Number(this.find("[name=speed]").value);
        if (running) this.audio.play().catch((error) => this.notPlayed(error));
      },
      { once: true },
    );
  }

  /** A new link, for the reason that was given for the old one; whether there is one. */
  async renew() {
    this.renewing = true;
    this.renewedAt = Date.now();
    this.heard = 0;
    const body = new URLSearchParams({ link: this.audio.getAttribute("src") });
    const headers = { "X-CSRF-Token": CSRF, Accept: "application/json" };
    try {
      const answer = await fetch("/recordings/renew", { method: "POST", headers, body, redirect: "manual" });
      if (!answer.ok) {
        this.say(this.texts[WHY[answer.status] ?? "broken"]);
        return false;
      }
      const told = await answer.json();
      this.place.dataset.peaks = told.peaks;
      this.audio.src = told.url;
      this.say("");
      return true;
    } catch {
      this.say(this.texts.broken);
      return false;
    } finally {
      this.renewing = false;
    }
  }

  say(text) {
    write(this.find(".player-said"), text);
  }

  go(second) {
    this.audio.currentTime = Math.max(0, Math.min(second, this.length));
  }

  faster(by) {
    const speeds = this.find("[name=speed]");
    const next = speeds.selectedIndex + by;
    if (next < 0 || next >= speeds.options.length) return;
    speeds.selectedIndex = next;
    this.audio.playbackRate = Number(speeds.value);
  }

  /** One side alone, in both ears; the graph is made when it is first wanted. */
  hear(side) {
    if (!this.gains) {
      const context = new AudioContext();
      const split = context.createChannelSplitter(2);
      const joined = context.createChannelMerger(2);
      context.createMediaElementSource(this.audio).connect(split);
      this.gains = [0, 1].map((from) =>
        [0, 1].map((to) => {
          const gain = context.createGain();
          split.connect(gain, from);
          gain.connect(joined, 0, to);
          return gain;
        }),
      );
      joined.connect(context.destination);
      context.resume();
    }
    this.gains.forEach((ears, from) =>
      ears.forEach((gain, to) => {
        gain.gain.value = side === "" ? Number(from === to) : Number(String(from) === side);
      }),
    );
  }

  follow() {
    const at = this.audio.currentTime;
    const x = this.x(at);
    this.cursor.setAttribute("x1", String(x));
    this.cursor.setAttribute("x2", String(x));
    const words = { at: lasted(at), of: lasted(this.length) };
    const text = this.texts.position.replace(/\{(\w+)\}/g, (_, name) => words[name]);
    this.wave.setAttribute("aria-valuemax", this.length.toFixed(1));
    this.wave.setAttribute("aria-valuenow", at.toFixed(1));
    this.wave.setAttribute("aria-valuetext", text);
    write(this.find(".time"), text);
    const button = this.find("[value=play]");
    write(button, this.audio.paused ? `▶ ${this.texts.play}` : `❚❚ ${this.texts.stop}`);
  }
}
