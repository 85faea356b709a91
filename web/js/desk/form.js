// The registration form: kept as one types, sent once, asked back where it may be a duplicate.

import { askNothing, showFaults, showRegistered, showResult } from "./answered.js";
import { Draft, together } from "./draft.js";
import { Drafts } from "./drafts.js";
import { MoreFields } from "./more.js";
import { announce, byId, language, named, say } from "./page.js";
import { Picker } from "./picker.js";
import { Sending } from "./sending.js";
import { Speaker } from "./speaker.js";

const PLAIN = ["text", "contact", "citizen_name", "answer"];
const TICKS = ["incident", "confidential"];
const KEPT = "helpline.call";

export class Form {
  #answered = null;
  #offer = null;
  #before = null;

  constructor(desk) {
    this.desk = desk;
    this.key = crypto.randomUUID();
    this.element = byId("form");
    this.more = new MoreFields(desk.call.recording);
    this.draft = new Draft(desk, () => this.values());
    this.drafts = new Drafts(desk);
    this.sending = new Sending(this);
    this.scheme = null;
    this.spoken = "hi";
    const changed = () => this.changed();
    this.speaker = new Speaker(desk, changed);
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

  get call() {
    return this.draft.call;
  }

  /** A call that is answered has the form; one that rings, only where nothing is typed yet. */
  see({ status, call }) {
    const answered = status === "in_call" ? call : null;
    if (call && !answered) this.#offered(call);
    if (answered && answered !== this.#answered) {
      this.#offer = null;
      sessionStorage.setItem(KEPT, answered);
      if (answered !== this.call) this.of(answered);
      else if (!this.speaker.isMet) this.#meet();
    }
    this.#answered = answered;
    this.show();
  }

  popped(pop) {
    if (this.call === pop.call) this.#met(pop);
    else if (this.#answered === null) this.#offered(pop.call);
  }

  /** The page is there again: in the wrap-up of a call, or with what it was before. */
  returned({ call, wrap_up: wrapUp }) {
    if (!call && !this.call) this.of(wrapUp?.call ?? sessionStorage.getItem(KEPT));
    this.drafts.look();
  }

  #offered(call) {
    if (call === this.call || this.typed) return;
    this.#before = this.call === this.#offer ? this.#before : this.call;
    this.#offer = call;
    this.#begin(call);
  }

  /** It rings no more, and was not answered here. */
  withdrawn(call) {
    if (call !== this.#offer) return;
    this.#offer = null;
    if (call === this.call) this.#begin(this.#before);
  }

  /** The form is of this call from now on, with what was typed into it before. */
  of(call) {
    if (!call || call === this.call) return;
    sessionStorage.setItem(KEPT, call);
    this.#begin(call);
  }

  async #begin(call) {
    const loading = this.draft.of(call); // which sends what was typed for the call before
    this.speaker.met(null);
    this.spoken = "hi";
    this.clear();
    this.#meet();
    const kept = await loading;
    if (call !== this.call) return;
    if (kept && !this.sending.isRegistered(kept.key)) this.#restore(kept);
    this.drafts.look();
  }

  /** What was typed before it came is the newer: nothing of either is dropped. */
  #restore(kept) {
    const since = this.typed;
    if (since && this.sending.isUnderWay(this.key)) return;
    this.fill(since ? together(kept, this.values()) : kept);
    if (since) this.changed();
    announce(say("draft_restored"));
  }

  /** Who may be speaking: by the screen-pop, or asked for where the page did not see it. */
  async #meet() {
    const { call, desk } = this;
    if (!call) return;
    if (desk.pop?.call === call) this.#met(desk.pop);
    if (this.speaker.isMet || (desk.state.status === "ringing" && desk.state.call === call)) return;
    const answer = await this.draft.ask("caller");
    if (call !== this.call || !answer?.ok) return;
    this.#met(answer.pop);
    if (!desk.state.call || desk.state.call === call) desk.shows(answer.pop);
  }

  #met(pop) {
    this.speaker.met(citizensOf(pop));
    this.spoken = pop.language === "en" ? "en" : "hi";
    this.show();
  }

  /** Is something in it that is not registered yet? */
  get typed() {
    if (!byId("form-result").hidden) return false;
    const fields = [...PLAIN.map((name) => this.field(name)), this.category.field, this.place.field];
    return fields.some((one) => one.value.trim()) || Object.keys(this.more.values()).length > 0;
  }

  clear() {
    this.element.reset();
    this.category.set(null);
    this.place.set(null);
    this.more.clear();
    this.speaker.clear();
    this.scheme = null;
    this.key = crypto.randomUUID();
    askNothing();
    showResult(false);
    this.faults({});
    this.show();
  }

  changed() {
    askNothing(); // it was asked about what was there before
    this.show();
    if (!this.call || byId("form-result").hidden === false) return;
    this.draft.changed();
  }

  values() {
    const { speaker } = this;
    const form = { key: this.key, kind: this.field("kind").value, citizen: speaker.chosen, found: speaker.found };
    for (const name of PLAIN) form[name] = this.field(name).value;
    for (const name of TICKS) form[name] = this.field(name).checked;
    form.category = this.category.value;
    form.place = this.place.value;
    form.more = this.more.values(false);
    form.scheme = this.scheme;
    return form;
  }

  fill(form) {
    this.key = form.key ?? this.key;
    for (const one of this.element.querySelectorAll("input[name=kind]")) one.checked = one.value === form.kind;
    for (const name of PLAIN) this.field(name).value = form[name] ?? "";
    for (const name of TICKS) this.field(name).checked = form[name] ?? false;
    this.category.set(form.category);
    this.place.set(form.place);
    this.more.fill(form.more);
    this.scheme = form.scheme ?? null;
    this.speaker.fill(form.citizen, form.found);
    this.show();
  }

  kind() {
    return this.element.querySelector("input[name=kind]:checked")?.value ?? "complaint";
  }

  /** A scheme was told: the form says so, and only what it leaves open is still to be filled in. */
  tell(scheme, state) {
    this.desk.told.close();
    for (const one of this.element.querySelectorAll("input[name=kind]")) one.checked = one.value === "information";
    const { code, version, hi, en } = scheme;
    this.scheme = { code, version, hi, en };
    if (scheme.category && !this.category.chosen) this.category.set(scheme.category);
    if (state && !this.place.chosen) this.place.set(state);
    const text = this.field("text");
    if (!text.value.trim()) text.value = say("scheme_text", { name: hi });
    this.field("answer").value = scheme.told[this.spoken];
    this.changed();
  }

  show() {
    byId("form-answer").hidden = this.kind() !== "information";
    byId("form-scheme").hidden = !this.scheme;
    byId("form-scheme").textContent = this.scheme ? say("scheme_named", { name: named(this.scheme) }) : "";
    this.desk.guide?.look();
    byId("form-new").hidden = this.speaker.chosen !== "";
    const advice = advised(this.category.value, this.spoken);
    byId("form-advice").hidden = !advice;
    byId("form-advice").textContent = advice ? say("advice", { advice }) : "";
    const { state } = this.desk;
    const rings = state.status === "ringing" && state.call === this.call;
    byId("form-send").disabled = !this.call || rings || this.sending.isUnderWay(this.key);
    this.drafts.show();
  }

  send() {
    if (!this.call) return;
    if (this.speaker.chosen === null) this.faults({ citizen: say("choose_citizen") });
    else this.sending.send(this.body());
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
    if (given.citizen && this.speaker.isElsewhere) body.links_number = true;
    if (given.contact) body.contact = given.contact;
    if (given.kind === "information" && given.answer) {
      body.answer = given.answer;
      if (given.scheme) body.scheme = { code: given.scheme.code, version: given.scheme.version };
    }
    body.fields = this.more.values();
    return body;
  }

  done(told) {
    this.more.clear();
    this.draft.stop();
    showRegistered(told, () => this.again());
    this.desk.side.day();
  }

  /** Another complaint in the same call. */
  again() {
    this.clear();
    this.field("category").focus();
  }

  faults(fields) {
    showFaults(this.element, fields);
  }
}

/** null: what is known of the number could not be had. */
function citizensOf(pop) {
  return pop.history && (pop.history.citizens ?? []);
}

/** What is told, and kept as told: in the citizen's language, else in Hindi. */
function advised(category, spoken) {
  return (spoken === "en" && category?.advice_en) || category?.advice;
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
