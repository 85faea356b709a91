// The registration form: kept as one types, sent once, asked back where it may be a duplicate.

import { askWhether, faultTexts, reasonText, showFaults, showRegistered, showResult } from "./answered.js";
import { announce, byId, csrf, language, make, named, say } from "./page.js";
import { MoreFields } from "./more.js";
import { Picker } from "./picker.js";

const SAVE_MS = 700;
const PLAIN = ["text", "contact", "citizen_name", "answer"];
const TICKS = ["incident", "confidential", "links_number"];

export class Form {
  constructor(desk) {
    this.desk = desk;
    this.call = null;
    this.version = 0;
    this.timer = null;
    this.key = crypto.randomUUID();
    this.element = byId("form");
    this.more = new MoreFields(desk.call.recording);
    this.scheme = null;
    const changed = () => this.changed();
    this.category = new Picker(this.field("category"), "/desk/categories", category, changed);
    this.place = new Picker(this.field("place"), "/desk/places", place, changed);
    this.element.addEventListener("input", changed);
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    byId("form-clear").addEventListener("click", () => {
      this.clear();
      this.changed();
    });
    this.show();
  }

  field(name) {
    return this.element.elements.namedItem(name);
  }

  /** The form is of this call from now on, with what was typed into it before. */
  async of(call) {
    if (!call || call === this.call) return;
    this.flush();
    this.call = call;
    this.clear();
    const answer = await this.desk.socket.ask("draft_load", { call });
    if (call !== this.call || !answer.ok || !answer.draft) return;
    this.version = answer.draft.version;
    this.fill(answer.draft.form);
    announce(say("draft_restored"));
  }

  clear() {
    this.element.reset();
    this.category.set(null);
    this.place.set(null);
    this.more.clear();
    this.scheme = null;
    this.version = 0;
    this.key = crypto.randomUUID();
    byId("form-asks").hidden = true;
    showResult(false);
    this.faults({});
    this.show();
  }

  /** Who may be speaking: the agent says who it is. */
  candidates(citizens) {
    const radio = (value, label, checked) =>
      make(
        "label",
        { className: "choice" },
        make("input", { type: "radio", name: "citizen", value, checked }),
        ` ${label}`,
      );
    byId("form-citizens").replaceChildren(
      ...citizens.map((one) => radio(one.citizen, one.name || say("no_name"), false)),
      radio("", say("citizen_other"), citizens.length === 0),
    );
    if (this.kept?.citizen !== undefined) this.choose(this.kept.citizen);
    this.show();
  }

  choose(citizen) {
    for (const one of this.element.querySelectorAll("input[name=citizen]")) {
      one.checked = one.value === citizen;
    }
  }

  changed() {
    this.show();
    if (!this.call || byId("form-result").hidden === false) return;
    byId("form-saved").textContent = "";
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), SAVE_MS);
  }

  flush() {
    if (this.timer) this.save();
  }

  async save() {
    clearTimeout(this.timer);
    this.timer = null;
    if (!this.call) return;
    const version = ++this.version;
    const answer = await this.desk.socket.ask("draft", { call: this.call, version, form: this.kept = this.values() });
    if (version !== this.version) return;
    if (answer.ok) byId("form-saved").textContent = say("draft_saved");
    else if (answer.reason?.code === "offline") this.timer = setTimeout(() => this.save(), 3000);
  }

  values() {
    const form = { key: this.key, kind: this.field("kind").value, citizen: this.citizen() };
    for (const name of PLAIN) form[name] = this.field(name).value;
    for (const name of TICKS) form[name] = this.field(name).checked;
    form.category = this.category.value;
    form.place = this.place.value;
    form.more = this.more.values(false);
    form.scheme = this.scheme;
    return form;
  }

  fill(form) {
    this.kept = form;
    this.key = form.key ?? this.key;
    for (const one of this.element.querySelectorAll("input[name=kind]")) one.checked = one.value === form.kind;
    for (const name of PLAIN) this.field(name).value = form[name] ?? "";
    for (const name of TICKS) this.field(name).checked = form[name] ?? false;
    this.category.set(form.category);
    this.place.set(form.place);
    this.more.fill(form.more);
    this.scheme = form.scheme ?? null;
    this.choose(form.citizen);
    this.show();
  }

  citizen() {
    return this.element.querySelector("input[name=citizen]:checked")?.value ?? null;
  }

  kind() {
    return this.element.querySelector("input[name=kind]:checked")?.value ?? "complaint";
  }

  /** A scheme was told: the form says so, and only what it leaves open is still to be filled in. */
  tell(scheme, state) {
    for (const one of this.element.querySelectorAll("input[name=kind]")) one.checked = one.value === "information";
    const { code, version, hi, en } = scheme;
    this.scheme = { code, version, hi, en };
    if (scheme.category && !this.category.chosen) this.category.set(scheme.category);
    if (state && !this.place.chosen) this.place.set(state);
    const text = this.field("text");
    if (!text.value.trim()) text.value = say("scheme_text", { name: hi });
    this.field("answer").value = scheme.told;
    this.changed();
  }

  show() {
    byId("form-answer").hidden = this.kind() !== "information";
    byId("form-scheme").hidden = !this.scheme;
    byId("form-scheme").textContent = this.scheme ? say("scheme_named", { name: named(this.scheme) }) : "";
    this.desk.guide?.look();
    byId("form-new").hidden = this.citizen() !== "";
    const advice = this.category.value?.advice;
    byId("form-advice").hidden = !advice;
    byId("form-advice").textContent = advice ? say("advice", { advice }) : "";
    byId("form-send").disabled = !this.call;
  }

  async send(more = {}) {
    if (this.sending || !this.call) return;
    if (this.citizen() === null) {
      this.faults({ citizen: say("choose_citizen") });
      return;
    }
    this.sending = true;
    byId("form-send").disabled = true;
    try {
      await this.answer(await this.post({ ...this.body(), ...more }));
    } catch {
      announce(say("not_sent"), true);
    } finally {
      this.sending = false;
      this.show();
    }
  }

  body() {
    const given = this.values();
    const body = {
      call: this.call,
      key: given.key,
      kind: given.kind,
      category: this.category.chosen || this.field("category").value.trim() || "-",
      place: this.place.chosen || this.field("place").value.trim() || "-",
      text: given.text,
      incident: given.incident,
      confidential: given.confidential,
    };
    if (given.citizen) body.citizen = given.citizen;
    else if (given.citizen_name) body.citizen_name = given.citizen_name;
    if (!given.citizen && given.links_number) body.links_number = true;
    if (given.contact) body.contact = given.contact;
    if (given.kind === "information" && given.answer) {
      body.answer = given.answer;
      if (given.scheme) body.scheme = { code: given.scheme.code, version: given.scheme.version };
    }
    body.fields = this.more.values();
    return body;
  }

  post(body) {
    const headers = { "Content-Type": "application/json", "X-CSRF-Token": csrf };
    return fetch("/agent/complaints", { method: "POST", headers, body: JSON.stringify(body) });
  }

  async answer(response) {
    const told = await response.json();
    this.faults(faultTexts(told.reasons ?? {}));
    byId("form-asks").hidden = true;
    if (response.status === 409 && told.candidates) askWhether(told.candidates, (more) => this.send(more));
    else if (response.ok) this.done(told);
    else announce(say("not_registered", { reason: reasonText("error", told.reason) }), true);
  }

  done(told) {
    this.more.clear();
    byId("form-saved").textContent = "";
    clearTimeout(this.timer);
    this.timer = null;
    showRegistered(told, () => this.again());
    this.desk.side.day();
  }

  /** Another complaint in the same call. */
  again() {
    this.kept = null;
    this.clear();
    this.candidates(this.desk.pop?.history?.citizens ?? []);
    this.field("category").focus();
  }

  faults(fields) {
    showFaults(this.element, fields);
  }
}

function category(one) {
  const label = language === "hi" ? one.hi : one.en;
  const note = [...(one.path ?? []), one.advice ? say("out_of_scope") : ""].filter(Boolean).join(" › ");
  return { label, note };
}

function place(one) {
  const hindi = language === "hi";
  const around = hindi ? one.around_hi : one.around_en;
  return { label: hindi ? one.hi : one.en, note: [say(`kind_${one.kind}`), around].filter(Boolean).join(" · ") };
}
