// What a category asks besides. While a sensitive field is typed nothing is recorded, and no draft keeps it.

import { announce, byId, make, named, say } from "./page.js";

export class MoreFields {
  #fields = [];
  #kept = {};

  /** `recording` is the call's switch; a draft keeps `values(false)`. */
  constructor(recording) {
    this.recording = recording;
    this.box = byId("form-more");
    this.box.addEventListener("focusin", ({ target }) => this.#entered(target));
    this.box.addEventListener("focusout", (event) => this.#left(event));
    // A call begins, or the page is in it again: in a field, it is quiet; else a pause of one is over.
    recording.addEventListener("call", () => {
      if (sensitive(document.activeElement)) this.#entered(document.activeElement);
      else recording.unhush();
    });
    recording.addEventListener("again", () => {
      if (sensitive(document.activeElement)) announce(say("record_again"), true);
    });
  }

  ask(fields) {
    if (JSON.stringify(fields) === JSON.stringify(this.#fields)) return;
    this.#kept = { ...this.#kept, ...this.values(false) };
    this.#fields = fields;
    this.box.replaceChildren(...fields.map((one) => this.#field(one)));
    this.box.hidden = !fields.length;
  }

  #field(one) {
    const id = `f-more-${one.code}`;
    const field = make("input", { id, name: `fields.${one.code}`, maxLength: 200, autocomplete: "off" });
    field.spellcheck = false;
    field.value = one.sensitive ? "" : (this.#kept[one.code] ?? "");
    field.dataset.sensitive = one.sensitive;
    const about = [`${id}-fault`, one.sensitive ? `${id}-note` : ""].filter(Boolean).join(" ");
    field.setAttribute("aria-describedby", about);
    const fault = make("p", { className: "fault", id: `${id}-fault`, hidden: true });
    fault.dataset.of = field.name;
    const note = one.sensitive ? make("p", { className: "rule", id: `${id}-note` }, `🔒 ${say("sensitive_note")}`) : null;
    return make("div", { className: "field" }, make("label", { for: id }, named(one)), field, note, fault);
  }

  values(all = true) {
    const filled = [...this.box.querySelectorAll("input")].filter((one) => one.value && (all || !sensitive(one)));
    return Object.fromEntries(filled.map((one) => [one.name.slice("fields.".length), one.value]));
  }

  fill(values = {}) {
    this.#kept = values;
    for (const one of this.box.querySelectorAll("input")) {
      if (!sensitive(one)) one.value = values[one.name.slice("fields.".length)] ?? "";
    }
  }

  clear() {
    this.#kept = {};
    for (const one of this.box.querySelectorAll("input")) one.value = "";
  }

  /** Nothing can be typed before Asterisk says that nothing is recorded. */
  async #entered(field) {
    if (!sensitive(field)) return;
    field.readOnly = true;
    const quiet = await this.recording.hush(field.labels[0].textContent);
    field.readOnly = !quiet;
    if (!quiet && document.activeElement === field) announce(say("record_not_paused"), true);
  }

  #left({ target, relatedTarget }) {
    if (sensitive(target) && !sensitive(relatedTarget)) this.recording.unhush();
  }
}

/** Whether such a field has the focus now. */
export function typesSensitive() {
  return sensitive(document.activeElement);
}

function sensitive(element) {
  return element?.dataset?.sensitive === "true";
}
