// What was told in a call: a citizen's answer, withdrawal, wish or remark, an officer's report. It stands
// where the form stands; both keep what was typed into them, each for its call.

import { faultTexts, reasonText, showFaults } from "./answered.js";
import { announce, byId, csrf, emptied, make, moment, named, redraw, say } from "./page.js";
import { Tellings } from "./tellings.js";

const BY_CITIZEN = ["satisfied", "dissatisfied", "reopen", "withdraw"];
const WITH = {
  reason: ["dissatisfied", "reopen"],
  disposal: ["disposal"],
  text: ["reopen", "withdraw", "disposal", "comment"],
};
const TYPED = ["text", "confirmed", "reason", "disposal"];
const LISTED = 60; // characters of what was typed

export class Told {
  #call = null; // whose telling the panel has, open or not
  #about = null;
  #answered = null;
  #complaints = [];
  #entered = false;
  #underWay = false;
  #drawn = "";

  constructor(desk) {
    this.desk = desk;
    this.panel = byId("told");
    this.element = byId("told-form");
    this.tellings = new Tellings();
    byId("told-open").addEventListener("click", () => this.open());
    byId("told-close").addEventListener("click", () => this.close());
    byId("told-look").addEventListener("click", () => this.#find());
    byId("told-number").addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.ctrlKey) return;
      event.preventDefault();
      this.#find();
    });
    this.element.addEventListener("input", () => this.#keep());
    this.element.addEventListener("change", ({ target }) => this.#changed(target));
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#enter();
    });
    byId("told-sure-yes").addEventListener("click", () => this.#send({ read_out: true }));
    byId("told-sure-no").addEventListener("click", () => this.#notSure());
  }

  hello({ agent }) {
    this.tellings.begin(agent);
  }

  get isOpen() {
    return !this.panel.hidden;
  }

  /** There is a call to tell of: the one in sight, which the agent has, or had last. */
  get #ofSight() {
    return this.desk.state.status === "ringing" ? null : (this.desk.pop?.call ?? null);
  }

  /** A call that rings leaves the panel alone. One that is answered has the desk; the telling of the one before is kept. */
  look() {
    const { state, open } = this.desk;
    byId("told-open").hidden = this.#ofSight === null || !open;
    const answered = state.status === "in_call" ? state.call : null;
    if (answered && answered !== this.#answered) {
      this.#answered = answered;
      this.#leave(answered);
    }
    this.#showOf();
    this.#showKept();
  }

  #leave(answered) {
    if (!this.isOpen || this.#call === answered) return;
    this.close();
    if (this.tellings.of(this.#call)) announce(say("told_left"), true);
  }

  async open(number = null, call = this.#ofSight) {
    if (call === null) return;
    if (call !== this.#call || this.#entered) this.#begin(call);
    this.#show(true);
    this.#result(null);
    this.#draw(number ?? undefined);
    this.#showOf();
    byId("told-number").focus();
    const found = await this.#ask();
    if (call !== this.#call || !found) return;
    this.#complaints = [...found, ...this.#complaints.filter((one) => !found.some((it) => it.number === one.number))];
    const wanted = number ?? this.#kept?.complaint;
    if (wanted && !this.#complaints.some((one) => one.number === wanted)) await this.#more(wanted);
    if (call !== this.#call) return;
    const only = found.length === 1 ? found[0].number : null;
    this.#draw(number ?? this.#of("complaint") ?? this.#kept?.complaint ?? only);
    if (untouched()) this.#focus();
  }

  close() {
    const had = this.panel.contains(document.activeElement);
    this.#show(false);
    this.#showKept();
    if (had && !byId("told-open").hidden) byId("told-open").focus();
  }

  /** The panel is this call's from now on, with what was typed of it before. */
  #begin(call) {
    const { pop } = this.desk;
    this.#call = call;
    this.#entered = false;
    this.#complaints = [];
    this.element.reset();
    this.#faults({});
    this.#about = this.#kept?.about ?? { caller: pop?.call === call ? pop.caller : null, at: pop?.offered_at ?? null };
    for (const name of TYPED) this.element.elements.namedItem(name).value = this.#kept?.[name] ?? "";
  }

  get #kept() {
    return this.tellings.of(this.#call);
  }

  /** What stands in the panel, as it is typed. Who has chosen and typed nothing has told nothing. */
  #keep() {
    if (this.#entered) return;
    const telling = { about: this.#about };
    for (const name of ["complaint", "what", "speaker"]) telling[name] = this.#of(name) ?? this.#kept?.[name] ?? null;
    for (const name of TYPED) telling[name] = this.#of(name);
    if (telling.what || TYPED.some((name) => telling[name])) this.tellings.keep(this.#call, telling);
  }

  /** Whose telling it is, where another call is in sight. */
  #showOf() {
    const other = this.isOpen && this.#call !== this.desk.pop?.call;
    byId("told-of").hidden = !other;
    byId("told-of").textContent = other ? say("told_of", { call: called(this.#about) }) : "";
  }

  /** Every call's of which something was typed and not entered. Drawn anew only where it differs: focus stays. */
  #showKept() {
    const { list } = this.tellings;
    const box = byId("told-kept");
    box.hidden = !list.length || !this.desk.open;
    const shown = JSON.stringify(list);
    if (shown === this.#drawn) return;
    this.#drawn = shown;
    byId("told-kept-list").replaceChildren(...list.map(([call, telling]) => this.#line(call, telling)));
  }

  #line(call, { about, complaint, what, text }) {
    const words = [called(about), complaint, what && say(`told_${what}`), text?.trim().slice(0, LISTED)];
    const open = make("button", { type: "button", className: "plain" }, words.filter(Boolean).join(" · "));
    open.addEventListener("click", () => this.open(null, call));
    const drop = make("button", { type: "button", className: "other small" }, say("draft_drop"));
    drop.setAttribute("aria-label", say("told_drop_of", { call: called(about) }));
    drop.addEventListener("click", () => {
      this.#forget(call);
      this.#showKept();
    });
    return make("li", {}, open, " ", drop);
  }

  /** It is entered, or nobody wants it: the panel begins empty the next time. */
  #forget(call) {
    this.tellings.drop(call);
    if (call === this.#call) this.#entered = true;
  }

  #show(shown) {
    this.panel.hidden = !shown;
    byId("registering").hidden = shown;
    byId("told-open").setAttribute("aria-expanded", String(shown));
  }

  async #ask(complaint = null) {
    const asked = new URLSearchParams({ call: this.#call, ...(complaint && { complaint }) });
    try {
      const answer = await fetch(`/agent/told?${asked}`, { headers: { Accept: "application/json" } });
      const told = await answer.json();
      if (answer.ok) return told.complaints;
      this.#faults(told.reasons ?? {});
      if (!told.reasons) announce(reasonText("error", told.reason), true);
    } catch {
      announce(say("told_not_sent"), true);
    }
    return null;
  }

  async #more(number) {
    const call = this.#call;
    const found = await this.#ask(number);
    if (call !== this.#call || !found) return null;
    const [one] = found;
    this.#complaints = [...this.#complaints.filter((it) => it.number !== one.number), one];
    return one;
  }

  async #find() {
    const number = byId("told-number").value.trim();
    if (!number) return;
    this.#faults({});
    const one = await this.#more(number);
    if (!one) return;
    emptied(byId("told-number"), number);
    this.#draw(one.number);
    this.#keep();
    if (untouched() || document.activeElement === byId("told-look")) this.#focus();
  }

  /** Which complaint; then what can be told of it. */
  #draw(chosen = this.#of("complaint") ?? this.#kept?.complaint) {
    const line = (one) => {
      const where = `${named({ hi: one.subject, en: one.subject_en || one.subject })}, ${named({ hi: one.place, en: one.place_en || one.place })}`;
      return radio("complaint", one.number, one.number === chosen, make("strong", {}, one.number), ` ${where} `,
        make("span", { className: "tag" }, say(`state_${one.state}`)), " ",
        one.theirs ? null : make("span", { className: "tag" }, say("told_not_theirs")));
    };
    redraw(byId("told-complaints"), ...this.#complaints.map(line));
    byId("told-none").hidden = this.#complaints.length > 0;
    this.#drawWhat();
  }

  #drawWhat() {
    const one = this.#chosen;
    const before = this.#of("what") ?? this.#kept?.what;
    byId("told-what").hidden = !one;
    redraw(
      byId("told-deeds"),
      ...(one?.deeds ?? []).map((deed) => radio("what", deed, deed === before, say(`told_${deed}`))),
    );
    this.#drawRest();
  }

  #drawRest() {
    const one = this.#chosen;
    const what = this.#of("what");
    const speaker = this.#of("speaker") ?? this.#kept?.speaker;
    const officer = what === "disposal";
    const said = [
      ...(officer ? [["officer", say("told_officer", { post: post(one) })]] : []),
      ...(BY_CITIZEN.includes(what)
        ? [
            ["complainant", one.citizen ? say("told_complainant", { name: one.citizen }) : say("told_nameless")],
            ["for_complainant", say("told_for_complainant")],
          ]
        : []),
    ];
    byId("told-who").hidden = !said.length;
    redraw(byId("told-speakers"), ...said.map(([value, label]) => radio("speaker", value, value === speaker, label)));
    byId("told-confirming").hidden = !(one && !one.theirs && BY_CITIZEN.includes(what));
    for (const [name, deeds] of Object.entries(WITH)) byId(`told-${name}-field`).hidden = !deeds.includes(what);
    byId("told-enter").disabled = !what || this.#underWay;
    byId("told-reading").hidden = what !== "satisfied" && what !== "dissatisfied";
    byId("told-question").textContent = one ? say("told_question", { subject: one.subject, place: one.place, number: one.number }) : "";
    this.#sure(false);
  }

  #changed(target) {
    this.#keep();
    if (target.name === "complaint") this.#drawWhat();
    else if (target.name === "what") this.#drawRest();
    this.#faults({});
    if (target.name !== "what") this.#sure(false);
  }

  /** Nobody is closed as satisfied by one click. */
  #enter() {
    if (!this.#of("what")) return;
    if (this.#of("what") !== "satisfied") this.#send({});
    else if (!this.#of("speaker")) this.#faults({ speaker: { code: "empty" } });
    else this.#sure(true);
  }

  #sure(asked) {
    byId("told-sure").hidden = !asked;
    byId("told-enter").hidden = asked;
    if (asked) byId("told-sure").focus();
  }

  #notSure() {
    this.#sure(false);
    byId("told-enter").focus();
  }

  #body(more) {
    const what = this.#of("what");
    const body = { call: this.#call, complaint: this.#of("complaint"), what, ...more };
    if (what !== "comment") body.speaker = this.#of("speaker");
    if (!byId("told-confirming").hidden) body.confirmed = byId("told-confirmed").value;
    if (what === "disposal") body.post = this.#chosen.post;
    for (const [name, deeds] of Object.entries(WITH)) {
      if (deeds.includes(what)) body[name] = this.#of(name) || (name === "text" ? "" : null);
    }
    return body;
  }

  async #send(more) {
    if (this.#underWay) return;
    const body = this.#body(more);
    this.#busy(true);
    let answer = null;
    try {
      const headers = { "Content-Type": "application/json", "X-CSRF-Token": csrf };
      const response = await fetch("/agent/told", { method: "POST", headers, body: JSON.stringify(body) });
      answer = { ok: response.ok, told: await response.json() };
    } catch {
      // Nobody knows whether it arrived; sent again, it counts once.
    }
    this.#busy(false);
    const here = this.isOpen && this.#call === body.call && this.#of("complaint") === body.complaint;
    if (answer?.ok && this.#isOf(body)) this.#forget(body.call);
    const reason = answer && !answer.ok ? reasonText("error", answer.told.reason) : "";
    if (!answer) announce(say("told_not_sent"), true);
    else if (!answer.ok) {
      if (here) this.#faults(answer.told.reasons ?? {});
      announce(say("told_not_entered", { reason }), true);
    } else if (here) this.#result(answer.told);
    else announce(say("told_later", { number: body.complaint, result: result(answer.told) }));
  }

  /** Is what is kept of the call still what was sent? */
  #isOf({ call, complaint, what }) {
    const kept = this.tellings.of(call);
    return !kept || (kept.complaint === complaint && kept.what === what);
  }

  #busy(is) {
    this.#underWay = is;
    for (const id of ["told-enter", "told-sure-yes"]) byId(id).disabled = is;
  }

  #result(told) {
    const box = byId("told-result");
    box.hidden = !told;
    this.element.hidden = Boolean(told);
    if (!told) return;
    const again = make("button", { type: "button", className: "other" }, say("told_again"));
    again.addEventListener("click", () => this.open(told.number));
    box.replaceChildren(
      make("p", { className: "number" }, told.number),
      make("p", {}, result(told)),
      told.due_at ? make("p", {}, say("due", { at: moment(told.due_at) })) : "",
      again,
    );
    box.focus();
  }

  #focus() {
    const first = this.element.querySelector("#told-what:not([hidden]) input") ?? this.element.querySelector("input");
    first.focus();
  }

  #faults(reasons) {
    showFaults(this.element, faultTexts(reasons));
    if (Object.keys(reasons).length) this.#sure(false);
  }

  #of(name) {
    return this.element.elements.namedItem(name)?.value || null;
  }

  get #chosen() {
    return this.#complaints.find((one) => one.number === this.#of("complaint")) ?? null;
  }
}

function radio(name, value, checked, ...label) {
  return make("label", { className: "choice" }, make("input", { type: "radio", name, value, checked }), " ", ...label);
}

/** Nobody types in a field by now: the focus may be moved to where one goes on. */
function untouched() {
  const { activeElement } = document;
  if (activeElement === byId("told-number")) return !activeElement.value;
  return activeElement === document.body;
}

/** A call as people know it: by its number and when it came. */
function called({ caller, at }) {
  return [caller ?? say("number_withheld"), at && moment(at)].filter(Boolean).join(", ");
}

function post(one) {
  return named({ hi: one.post_title, en: one.post_title_en || one.post_title }) ?? one.post;
}

function result(told) {
  return say(`told_result_${told.result}`, { level: told.level });
}
