// What the agent says and tells: the script of the call, and government schemes to search.

import { announce, byId, get, language, make, say } from "./page.js";

const WAIT_MS = 200;
const PARTS = ["who", "how", "documents", "where"];

export class Guide {
  #timer = null;
  #asked = 0;
  #of = null;
  #found = null;

  constructor(desk) {
    this.desk = desk;
    this.language = language;
    this.script = null;
    this.shown = null;
    byId("guide-language").addEventListener("click", () => this.#turn());
    byId("scheme-q").addEventListener("input", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.search(), WAIT_MS);
    });
    byId("scheme-q").addEventListener("keydown", (event) => this.#key(event));
    this.#say();
  }

  /** The script and the fields are of this queue, kind and category from now on. */
  async look() {
    const { form, pop } = this.desk;
    const of = new URLSearchParams({ queue: pop?.queue ?? "", kind: form.kind(), category: form.category.chosen });
    if (this.#of === String(of)) return;
    this.#of = String(of);
    try {
      const told = await get(`/desk/guidance?${of}`);
      if (this.#of !== String(of)) return; // another was asked for meanwhile
      this.script = told.script;
      form.more.ask(told.fields);
      this.#say();
    } catch {
      this.#of = null; // asked again with the next change
    }
  }

  focus() {
    byId("scheme-q").focus();
    byId("scheme-q").select();
    if (!this.#found) this.search();
  }

  async search() {
    const asked = ++this.#asked;
    try {
      const found = await get(`/desk/schemes?q=${encodeURIComponent(byId("scheme-q").value.trim())}`);
      if (asked !== this.#asked) return;
      this.#found = found;
      this.shown = null;
      this.#list();
    } catch {
      announce(say("refused_offline"), true);
    }
  }

  async #key(event) {
    if (event.key !== "Enter") return;
    event.preventDefault();
    clearTimeout(this.#timer);
    await this.search(); // what is listed may be of the words before
    byId("scheme-found").querySelector("button")?.click();
  }

  #turn() {
    this.language = this.language === "hi" ? "en" : "hi";
    this.#say();
  }

  #say() {
    byId("guide-language").textContent = this.language === language ? say("other_language") : named(language);
    const box = byId("script");
    box.lang = this.language;
    box.replaceChildren(...this.#lines());
    if (this.shown) this.#tell(this.shown);
    else if (this.#found) this.#list();
  }

  #lines() {
    const { script } = this;
    if (!script) return [make("p", { lang: language }, say("script_none"))];
    const titled = (key) => make("strong", { lang: language }, say(`script_${key}`), " ");
    const line = (key) => make("p", {}, titled(key), script[key][this.language], key === "greeting" ? sample(script) : null);
    const questions = script.questions.map((one) => make("li", {}, one[this.language]));
    return [line("greeting"), make("p", {}, titled("questions")), make("ol", {}, ...questions), line("closing")];
  }

  #list() {
    byId("scheme").hidden = true;
    const lines = this.#found.schemes.map((one) => {
      const button = make("button", { type: "button", className: "plain", lang: this.language }, one[this.language]);
      button.addEventListener("click", () => {
        this.#tell(one);
        byId("scheme").focus();
      });
      return make("li", {}, button, sample(one));
    });
    byId("scheme-found").replaceChildren(...(lines.length ? lines : [make("li", {}, say("schemes_none"))]));
    byId("scheme-found").hidden = false;
  }

  #tell(one) {
    this.shown = one;
    const box = byId("scheme");
    const parts = PARTS.flatMap((part) => [
      make("dt", {}, say(`scheme_${part}`)),
      make("dd", { lang: this.language }, one[part][this.language]),
    ]);
    const told = make("button", { type: "button", className: "go" }, say("scheme_told"));
    told.addEventListener("click", () => this.#told(one));
    const back = make("button", { type: "button", className: "other" }, say("scheme_back"));
    back.addEventListener("click", () => {
      this.shown = null;
      this.#list();
      byId("scheme-q").focus();
    });
    box.replaceChildren(
      make("h3", { lang: this.language }, one[this.language], sample(one)),
      one.until ? make("p", {}, say("scheme_until", { day: one.until })) : "",
      make("dl", {}, ...parts),
      make("div", { className: "buttons" }, told, back),
    );
    box.tabIndex = -1;
    box.hidden = false;
    byId("scheme-found").hidden = true;
  }

  #told(one) {
    const { form } = this.desk;
    if (!form.call) {
      announce(say("no_call_yet"), true);
      return;
    }
    form.tell(one, this.#found.place);
    form.send();
  }
}

function sample(one) {
  return one.sample ? make("span", { className: "tag", lang: language }, say("sample")) : null;
}

function named(code) {
  return code === "hi" ? "हिन्दी" : "English";
}
