// A field that searches as one types (ARIA combobox): categories, places.

import { get, make, say } from "./page.js";

const WAIT_MS = 180;

export class Picker {
  #timer = null;
  #asked = 0;
  #found = [];
  #at = -1;

  /** `show(one)` gives a suggestion's `{label, note}`; `chosen` is the code, or "". */
  constructor(field, path, show, changed) {
    this.field = field;
    this.path = path;
    this.show = show;
    this.changed = changed;
    this.chosen = "";
    this.value = null;
    this.list = make("ul", { role: "listbox", className: "found", id: `${field.id}-found`, hidden: true });
    this.list.setAttribute("aria-label", field.labels[0].textContent);
    field.after(this.list);
    field.setAttribute("role", "combobox");
    field.setAttribute("aria-autocomplete", "list");
    field.setAttribute("aria-expanded", "false");
    field.setAttribute("aria-controls", this.list.id);
    field.addEventListener("input", () => this.#typed());
    field.addEventListener("focus", () => !this.chosen && this.#search());
    field.addEventListener("keydown", (event) => this.#key(event));
    field.addEventListener("blur", () => setTimeout(() => this.#close(), 150));
  }

  /** What a draft kept. */
  set(one) {
    this.value = one;
    this.chosen = one?.code ?? "";
    this.field.value = one ? this.show(one).label : "";
  }

  #typed() {
    this.chosen = "";
    this.value = null;
    this.changed();
    this.#close(); // what it shows does not fit any more: it must not be chosen
    this.#asked++;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#search(), WAIT_MS);
  }

  async #search() {
    const asked = ++this.#asked;
    try {
      const found = await get(`${this.path}?q=${encodeURIComponent(this.field.value.trim())}`);
      if (asked === this.#asked && document.activeElement === this.field) this.#list(found);
    } catch {
      this.#list([]);
    }
  }

  #list(found) {
    this.#found = found;
    this.#at = -1;
    this.list.replaceChildren(
      ...found.map((one, n) => {
        const { label, note } = this.show(one);
        const line = make("li", { role: "option", id: `${this.list.id}-${n}` }, label);
        if (note) line.append(make("small", {}, note));
        line.addEventListener("mousedown", (event) => {
          event.preventDefault();
          this.#choose(n);
        });
        return line;
      }),
    );
    if (!found.length) this.list.append(make("li", { role: "option", "aria-disabled": "true" }, say("none_found")));
    this.list.hidden = false;
    this.field.setAttribute("aria-expanded", "true");
  }

  #key(event) {
    if (event.key === "Escape") {
      this.#close();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (this.list.hidden) this.#search();
      else this.#move(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter" && !event.ctrlKey && !(this.list.hidden && this.chosen)) {
      event.preventDefault();
      if (this.list.hidden) this.#search();
      else this.#choose(this.#at < 0 ? 0 : this.#at);
    } else if (event.key === "Tab" && !this.list.hidden && this.#at >= 0) {
      this.#choose(this.#at);
    }
  }

  #move(by) {
    if (!this.#found.length) return;
    this.#at = (this.#at + by + this.#found.length) % this.#found.length;
    [...this.list.children].forEach((line, n) => line.setAttribute("aria-selected", String(n === this.#at)));
    const line = this.list.children[this.#at];
    line.scrollIntoView({ block: "nearest" });
    this.field.setAttribute("aria-activedescendant", line.id);
  }

  #choose(n) {
    const one = this.#found[n];
    if (!one) return;
    this.set(one);
    this.#close();
    this.changed();
  }

  #close() {
    this.list.hidden = true;
    this.field.setAttribute("aria-expanded", "false");
    this.field.removeAttribute("aria-activedescendant");
  }
}
