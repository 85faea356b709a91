// Who is speaking: one of those known on the number, somebody found by another, or somebody else.

import { announce, byId, make, redraw, say } from "./page.js";

export class Speaker {
  #known = null;
  #found = [];
  #picked = null;

  /** `changed` is told when somebody was found. */
  constructor(desk, changed) {
    this.desk = desk;
    this.changed = changed;
    this.box = byId("form-citizens");
    this.box.addEventListener("input", ({ target }) => {
      this.#picked = target.value;
    });
    byId("find-go").addEventListener("click", () => this.#find());
    byId("find-q").addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.ctrlKey) return;
      event.preventDefault();
      this.#find();
    });
    this.#draw();
  }

  /** Those of the call's number; null: not known yet, and nobody is chosen for the agent. */
  met(citizens) {
    this.#known = citizens;
    this.#draw();
  }

  get isMet() {
    return this.#known !== null;
  }

  /** A citizen; "": somebody else; null: not said. */
  get chosen() {
    return this.box.querySelector("input:checked")?.value ?? null;
  }

  /** Is it somebody of whom the call's number was not known? */
  get isElsewhere() {
    return this.#elsewhere().some((one) => one.citizen === this.chosen);
  }

  get found() {
    return this.#found;
  }

  /** As a draft kept it. */
  fill(citizen, found) {
    this.#picked = citizen ?? null;
    this.#found = found ?? [];
    this.#draw();
  }

  clear() {
    this.fill(null, []);
  }

  #elsewhere() {
    return this.#found.filter((one) => !this.#known?.some((known) => known.citizen === one.citizen));
  }

  #draw() {
    const radio = (value, label, checked) =>
      make(
        "label",
        { className: "choice" },
        make("input", { type: "radio", name: "citizen", value, checked }),
        ` ${label}`,
      );
    const label = ({ name, by }) => [name || say("no_name"), by].filter(Boolean).join(" · ");
    const people = [...(this.#known ?? []), ...this.#elsewhere()];
    const nobody = this.isMet && !people.length;
    const picked = this.#picked ?? (nobody ? "" : null);
    redraw(
      this.box,
      ...people.map((one) => radio(one.citizen, label(one), picked === one.citizen)),
      radio("", say("citizen_other"), picked === ""),
    );
  }

  /** By a complaint's number, or by a telephone where they are known. */
  async #find() {
    const by = byId("find-q").value.trim();
    if (!by) return;
    const answer = await this.desk.command("find_citizens", { by });
    if (!answer.ok) return;
    const known = new Set(this.#found.map((one) => one.citizen));
    const found = answer.citizens.filter((one) => !known.has(one.citizen));
    this.#found = [...this.#found, ...found.map((one) => ({ ...one, by }))];
    this.#draw();
    if (!answer.citizens.length) announce(say("none_found"), true);
    else {
      const first = answer.citizens[0].citizen;
      [...this.box.querySelectorAll("input")].find((one) => one.value === first)?.focus();
    }
    this.changed();
  }
}
