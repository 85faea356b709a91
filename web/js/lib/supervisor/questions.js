// What agents have asked and nobody has closed, as the board tells it: who waits, who looks after it.

import { element, write } from "./dom.js";

/** What is said in a conversation, or done with it; `texts` as the page has them. */
export function lineOf(message, texts) {
  const by = message.from.replace(/^(agent|supervisor|system):/, "");
  const at = clock(message.at);
  if (message.kind === "said") return `${at} · ${by}: ${message.text}`;
  return `${at} · ${texts[`help_${message.kind}`].replace("{by}", by)}`;
}

function clock(iso) {
  return new Date(iso).toLocaleString("en-GB", {
    timeZone: "Asia/Kolkata", day: "2-digit", month: "2-digit", hour: "2-digit", minute: "2-digit",
  });
}

export class Questions {
  /** `act(what, question)`: answer, take or close. */
  constructor(root, texts, act) {
    this.list = root.querySelector("#questions");
    this.texts = texts;
    this.act = act;
    this.rows = new Map();
    this.me = "";
  }

  of(agent) {
    return this.rows.get(agent)?.told;
  }

  /** In place: focus stays, and screen readers hear what is new. */
  show(questions) {
    const there = new Set(questions.map((one) => one.agent));
    for (const [agent, row] of this.rows) {
      if (there.has(agent)) continue;
      row.place.remove();
      this.rows.delete(agent);
    }
    const had = document.activeElement;
    questions.forEach((told, at) => {
      const row = this.rows.get(told.agent) ?? this.row(told);
      row.told = told;
      this.draw(row);
      if (this.list.children[at] !== row.place) this.list.insertBefore(row.place, this.list.children[at] ?? null);
    });
    if (had !== document.activeElement && this.list.contains(had)) had.focus(); // what is moved loses it
  }

  row(told) {
    const who = `${told.name} (${told.agent})`;
    const buttons = ["answer", "take", "close_question"].map((what) => {
      const button = element("button", { type: "button", className: "small other", value: what }, this.texts[what]);
      button.setAttribute("aria-label", `${this.texts[what]}: ${who}`);
      button.addEventListener("click", () => this.act(what, this.of(told.agent)));
      return button;
    });
    const place = element(
      "li", {}, element("strong", {}, `${this.texts.asked} ${who}: `), element("span", { className: "words" }), " ",
      element("span", { className: "state" }), " ", ...buttons,
    );
    place.dataset.agent = told.agent;
    const row = { place, told };
    this.rows.set(told.agent, row);
    return row;
  }

  draw({ place, told }) {
    const waits = `⏳ ${this.texts.waits_since.replace("{at}", clock(told.since))}`;
    const with_ = `✓ ${this.texts.help_taken.replace("{by}", told.by_name)}`;
    const again = told.unanswered ? ` · ${this.texts.not_answered}` : "";
    place.className = told.by ? "taken" : "waits";
    write(place.querySelector(".words"), told.text);
    write(place.querySelector(".state"), told.by ? with_ + again : waits);
    place.querySelector("[value=take]").hidden = told.by === this.me;
    place.querySelector("[value=close_question]").hidden = !told.by;
  }
}
