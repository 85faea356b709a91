// The call: who it is, and what the agent does with it.

import { Keypad } from "./keypad.js";
import { announce, byId, choose, emptied, has, make, moment, named, say } from "./page.js";
import { Playback } from "./playback.js";
import { RecordingSwitch } from "./recording.js";

const COLLEAGUES_MS = 3000;
const JUST_NOW_MS = 1000; // who hangs up now has not seen yet that another call rings

const option = (to, text) => make("option", { value: JSON.stringify(to) }, text);

export class CallPanel {
  constructor(desk) {
    this.desk = desk;
    this.asked = null; // the call whose citizen was last seen to wait
    this.ending = false;
    this.beside = false; // the telephone talks in a call that is no call of ours: a supervisor's
    this.recording = new RecordingSwitch(desk);
    this.playback = new Playback(desk);
    this.keypad = new Keypad(desk);
    const click = (id, act) => byId(id).addEventListener("click", act);
    click("call-answer", () => desk.phone.answer());
    click("call-hold", () => this.hold());
    click("call-mute", () => this.mute());
    click("call-end", () => this.hangUp());
    click("call-emergency", () => this.emergency());
    click("call-transfer", () => this.hand("transfer"));
    click("call-consult", () => this.hand("consult"));
    click("call-conference", () => this.hand("conference"));
    click("call-complete", () => this.ended("consult_complete"));
    click("call-cancel", () => this.ended("consult_cancel"));
    click("call-join", () => this.ended("consult_join"));
    byId("call-out").addEventListener("submit", (event) => {
      event.preventDefault();
      this.callOut();
    });
    byId("call-hand").addEventListener("toggle", () => this.colleagues());
    setInterval(() => this.colleagues(), COLLEAGUES_MS);
  }

  hello(message) {
    this.me = message.agent;
    this.listed = message.targets;
    this.titles = message.queue_titles;
    const group = (label, options) =>
      options.length ? make("optgroup", { label }, ...options) : null;
    const list = byId("call-target");
    const [chosen, first] = [list.value, !list.options.length];
    list.replaceChildren(
      ...[
        group(say("to_numbers"), message.targets.map((one) => option({ listed: one.code }, named(one)))),
        group(say("to_queues"), message.queue_names.map((one) => option({ queue: one }, this.queueTitle(one)))),
        byId("call-agents") ?? make("optgroup", { label: say("to_agents"), id: "call-agents", hidden: true }),
      ].filter(Boolean),
    );
    if (!first) this.chooseTarget(chosen);
  }

  /** Who is there and free changes: asked while the list stands open, and what is chosen stays so. */
  async colleagues() {
    if (!byId("call-hand").open || byId("call-more").hidden || !this.desk.open) return;
    const answer = await this.desk.socket.ask("colleagues");
    const list = byId("call-agents");
    if (!answer.ok || !list) return;
    const told = answer.agents.map((one) => [
      JSON.stringify({ agent: one.agent }),
      `${one.free ? "●" : "○"} ${one.name} (${one.agent}) · ${say(`status_${one.status}`)}`,
    ]);
    const shown = [...list.children].map((one) => [one.value, one.textContent]);
    if (JSON.stringify(told) === JSON.stringify(shown)) return;
    const chosen = byId("call-target").value;
    list.replaceChildren(...told.map(([value, text]) => make("option", { value }, text)));
    list.hidden = !told.length;
    this.chooseTarget(chosen);
  }

  /** Who was chosen and is gone is replaced by nobody: a browser would take the list's first. */
  chooseTarget(chosen) {
    const list = byId("call-target");
    if (choose(list, chosen)) return;
    list.selectedIndex = -1;
    if (chosen) announce(say("choose_target"), true);
  }

  /** What people read for a queue; its name is the key. */
  queueTitle(name) {
    const title = this.titles?.[name];
    return title ? named(title) : name;
  }

  hold() {
    if (!this.beside) this.desk.phone.hold(!this.desk.phone.held);
  }

  mute() {
    const on = !this.desk.phone.muted;
    this.desk.phone.mute(on);
    if (!this.beside) this.desk.command(on ? "mute" : "unmute");
  }

  hangUp() {
    const { phone, inStep } = this.desk;
    if (phone.state === "ringing" && Date.now() - phone.rangAt < JUST_NOW_MS) return;
    if (phone.state === "ringing" || !inStep || this.beside) phone.hangUp();
    else this.desk.command("hang_up");
  }

  emergency() {
    this.desk.command("emergency");
  }

  openHanding() {
    if (byId("call-more").hidden) return;
    byId("call-hand").open = true;
    byId("call-target").focus();
  }

  async hand(how) {
    const chosen = byId("call-target").value;
    if (!chosen) {
      announce(say("choose_target"), true);
      return;
    }
    await this.desk.command(how, { to: JSON.parse(chosen) });
  }

  async ended(how) {
    this.ending = true;
    await this.desk.command(how);
    this.ending = false;
  }

  /** The citizen waits, or hears the agent again though these have done nothing for it. */
  showAsking(inCall) {
    const { asking, call } = this.desk.state;
    const asks = inCall && asking !== null;
    if (asks && this.asked !== call) byId("call-hand").open = true;
    if (!asks && inCall && this.asked && this.asked === call && !this.ending) announce(say("citizen_back"), true);
    this.asked = asks ? call : null;
    byId("call-asking").hidden = !asks;
    byId("call-handing").hidden = asks;
    byId("call-complete").disabled = asking?.step !== "in_room";
  }

  show() {
    const { desk } = this;
    const { phone } = desk;
    const { status } = desk.state;
    // Signed out by somebody, without connection, or before the server knows: the call goes on.
    const inCall = status === "in_call" || (!desk.inStep && phone.state === "talking");
    const ringing = status === "ringing" || (phone.state === "ringing" && !inCall);
    this.beside = desk.hasPhone && !inCall && !ringing && phone.state === "talking";
    const talks = inCall || this.beside;
    const panel = byId("call");
    panel.dataset.state = ringing ? "ringing" : talks ? "in_call" : "none";
    byId("call-answer").hidden = !(ringing && desk.hasPhone);
    byId("call-answer").disabled = phone.state !== "ringing";
    byId("call-hold").hidden = !(inCall && desk.hasPhone);
    byId("call-mute").hidden = !(talks && desk.hasPhone);
    for (const id of ["call-hold", "call-mute"]) byId(id).disabled = phone.state !== "talking";
    byId("call-hold").setAttribute("aria-pressed", String(phone.held || desk.state.held));
    byId("call-mute").setAttribute("aria-pressed", String(phone.muted));
    byId("call-end").hidden = !(talks || (ringing && desk.hasPhone));
    byId("call-more").hidden = !inCall || !desk.open;
    byId("call-emergency").hidden = !inCall || !this.listed?.some((one) => one.emergency);
    byId("call-out").hidden = talks || ringing || !desk.open || status === "signed_out";
    this.showAsking(inCall);
    this.recording.show(desk.open && status === "in_call");
    byId("call-word").textContent = this.word(inCall, ringing);
    this.caller(desk.pop);
    this.playback.look();
  }

  word(inCall, ringing) {
    const { phone, state } = this.desk;
    if (ringing) return say("call_rings");
    if (this.beside) return say("call_beside");
    if (!inCall) return this.desk.pop ? say("call_over") : say("call_none");
    if (phone.held || state.held) return say("call_held");
    return state.asking ? this.askingWord(state.asking) : say("call_on");
  }

  askingWord({ step, who }) {
    if (step === "nobody") return say("call_asking");
    const [kind, agent] = who.split(":");
    return say(`call_asking_${step}`, { who: say(`asked_${kind}`, { agent }) });
  }

  /** About a complaint that is known by its number alone. */
  async callOut() {
    const field = byId("call-out-number");
    const number = field.value.trim();
    if (!number) return;
    const answer = await this.desk.callCitizen(number);
    if (answer.ok) emptied(field, number);
  }

  /** The screen-pop, drawn once for each call. */
  caller(pop) {
    if (this.drawn === pop) return;
    this.drawn = pop;
    byId("caller").hidden = !pop;
    this.playback.stop();
    if (!pop) return;
    byId("caller-number").textContent = pop.caller ?? say("number_withheld");
    byId("caller-queue").parentElement.hidden = !pop.queue; // a call by click waited in none
    byId("caller-queue").textContent = this.queueTitle(pop.queue);
    byId("caller-language").parentElement.hidden = !pop.language;
    byId("caller-language").textContent = spoken(pop.language);
    const { complaints = [], calls = [] } = pop.history ?? {};
    byId("caller-late").hidden = pop.history !== null;
    byId("caller-complaints").replaceChildren(...complaints.map((one) => this.complaint(one)));
    byId("caller-no-complaints").hidden = complaints.length > 0;
    byId("caller-calls").replaceChildren(...calls.filter((one) => one.call !== pop.call).map((one) => this.lastCall(one)));
    byId("caller-first").hidden = calls.some((one) => one.call !== pop.call);
    const mine = calls.find((one) => one.call !== pop.call && one.agents?.includes(this.me));
    byId("caller-mine").hidden = !mine;
    byId("caller-mine").textContent = mine ? say("spoke_with_you", { at: moment(mine.at) }) : "";
  }

  lastCall(one) {
    const told = `${moment(one.at)} · ${say(`outcome_${one.outcome ?? "open"}`)} `;
    return make("li", {}, told, one.recorded ? this.playback.button(one) : null);
  }

  complaint(one) {
    const call = make("button", { type: "button", className: "other small call" }, say("call_citizen"));
    call.setAttribute("aria-label", say("call_citizen_about", { number: one.number }));
    call.addEventListener("click", () => this.desk.callCitizen(one.number));
    const told = make("button", { type: "button", className: "other small" }, say("told_short"));
    told.setAttribute("aria-label", say("told_about", { number: one.number }));
    told.addEventListener("click", () => this.desk.told.open(one.number));
    return make(
      "li",
      {},
      make("strong", {}, one.number),
      ` ${named({ hi: one.category, en: one.category_en })} `,
      make("span", { className: "tag" }, say(`state_${one.state}`)),
      ` ${one.level ? `L${one.level} · ` : ""}${moment(one.registered_at)} `,
      call,
      " ",
      told,
    );
  }
}

/** A language as people read it; one of which we have no word, by its code. */
function spoken(code) {
  return has(`language_${code}`) ? say(`language_${code}`) : (code ?? "");
}
