// What a supervisor does: to one agent in a dialog, to all of a queue by a form.

import { element, emptied, write } from "./dom.js";
import { lineOf } from "./questions.js";

const IN_CALL = new Set(["listen", "whisper", "barge"]);

/** The server's refusal in the reader's language; which cell, and where. */
export function inWords(answer, texts) {
  const known = texts.reasons[answer.reason?.code] ?? texts.reasons.other;
  const words = known.replace(/\{(\w+)\}/g, (whole, name) => answer.reason[name] ?? whole);
  const where = answer.url ? `${answer.cell}, ${answer.url}/supervisor` : answer.cell;
  return where ? `${words} ${where}` : words;
}

export class Actions {
  constructor(root, texts, link, board, questions) {
    Object.assign(this, { root, texts, link, board, questions });
    this.unsent = new Map();
    this.dialog = root.querySelector("#act");
    for (const button of this.dialog.querySelectorAll("button[type=button]")) {
      button.addEventListener("click", () => this.carryOut(button.value));
    }
    this.dialog.querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault(); // the Enter key chooses no act
      event.stopImmediatePropagation();
    });
    root.querySelector("#broadcast").addEventListener("submit", (event) => {
      event.preventDefault();
      event.stopImmediatePropagation(); // this form is sent as often as one likes
      this.broadcast(event.target);
    });
  }

  open(agentId) {
    const words = this.dialog.querySelector("#act-help");
    this.unsent.set(this.agentId, words.value); // to them and nobody else
    words.value = this.unsent.get(agentId) ?? "";
    this.agentId = agentId;
    // Who has asked and gone is answered too: they read it when they are back.
    const agent = this.board.agent(agentId) ?? this.questions.of(agentId);
    if (!agent) return;
    this.seen = agent.queues; // who moves the agent meanwhile is not overruled unawares
    write(this.dialog.querySelector("#act-title"), `${agent.name} (${agent.agent})`);
    write(this.dialog.querySelector("#act-problem"), "");
    this.dialog.querySelector("#act-reason").value = "";
    for (const box of this.dialog.querySelectorAll("input[name=queues]")) {
      box.checked = agent.queues.includes(box.value);
    }
    this.refresh();
    this.conversation();
    this.dialog.showModal();
    this.dialog.querySelector("#act-reason").focus();
  }

  /** What can be done follows what the agent does. */
  refresh() {
    if (!this.agentId) return;
    const agent = this.board.agent(this.agentId);
    write(this.dialog.querySelector("#act-state"), agent ? this.texts[agent.status] : "");
    for (const button of this.dialog.querySelectorAll("button[type=button]")) {
      if (button.value === "close" || button.value === "help") button.disabled = false;
      else if (!agent) button.disabled = true;
      else if (button.value === "leave") button.disabled = !this.beside(agent);
      else if (IN_CALL.has(button.value)) button.disabled = agent.status !== "in_call";
      else if (button.value === "force_pause") button.disabled = agent.status === "paused";
      else if (button.value === "force_ready") button.disabled = agent.status !== "paused";
      else button.disabled = false;
    }
  }

  /** Whether the reader's own telephone is in this agent's call. */
  beside(agent) {
    return (agent.beside ?? []).some((one) => one.who === this.questions.me);
  }

  async carryOut(type) {
    const problem = this.dialog.querySelector("#act-problem");
    if (type === "close") return this.dialog.close();
    if (type === "help") return this.write(problem);
    const reason = this.dialog.querySelector("#act-reason").value.trim();
    if (!reason && type !== "leave") {
      write(problem, this.texts.reasons.say_why);
      this.dialog.querySelector("#act-reason").focus();
      return;
    }
    const command = { type, agent: this.agentId, reason };
    const phone = this.dialog.querySelector("#act-phone");
    if (IN_CALL.has(type) && phone) command.phone = phone.value.trim();
    if (type === "move") {
      const boxes = [...this.dialog.querySelectorAll("input[name=queues]:checked")];
      command.queues = boxes.map((box) => box.value);
      command.from = this.seen;
    }
    this.answered(command.agent, await this.link.ask(command), problem);
  }

  /** By then the dialog may be another agent's: that one stays. */
  answered(agent, answer, problem) {
    const here = this.dialog.open && agent === this.agentId;
    if (answer.ok) {
      if (here) this.dialog.close();
      this.tell(this.texts.done);
    } else if (here) write(problem, inWords(answer, this.texts));
    else this.tell(`${agent}: ${inWords(answer, this.texts)}`);
  }

  /** To this agent alone: part of their conversation, no act upon them. */
  async write(problem) {
    const field = this.dialog.querySelector("#act-help");
    const text = field.value.trim();
    const agent = this.agentId;
    const answer = await this.link.ask({ type: "help", agent, text });
    if (answer.ok && agent === this.agentId) emptied(field, text);
    else if (answer.ok && this.unsent.get(agent)?.trim() === text) this.unsent.delete(agent);
    this.answered(agent, answer, problem);
  }

  /** What was written with this agent before, by whomever. */
  async conversation() {
    const log = this.dialog.querySelector("#act-log");
    log.replaceChildren();
    const agent = this.agentId;
    const answer = await this.link.ask({ type: "help_history", agent });
    if (!answer.ok || agent !== this.agentId) return;
    log.replaceChildren(...answer.messages.map((one) => element("li", {}, lineOf(one, this.texts))));
    log.scrollTop = log.scrollHeight;
  }

  /** A new line of a conversation that may be open here. */
  said(told) {
    if (!this.dialog.open || told.agent !== this.agentId) return;
    const log = this.dialog.querySelector("#act-log");
    log.append(element("li", {}, lineOf(told, this.texts)));
    log.scrollTop = log.scrollHeight;
  }

  /** What is done with an agent's question. */
  async answer(what, question) {
    if (what === "answer") {
      this.open(question.agent);
      this.dialog.querySelector("#act-help").focus();
      return;
    }
    const agent = question.agent;
    const command =
      what === "take" ? { type: "help_take", agent, seen: question.by } : { type: "help_close", agent };
    const answer = await this.link.ask(command);
    this.tell(answer.ok ? this.texts.done : inWords(answer, this.texts));
  }

  async broadcast(form) {
    const text = form.text.value.trim();
    const answer = await this.link.ask({
      type: "broadcast",
      queue: form.queue.value,
      text,
      hours: Number(form.hours.value),
    });
    if (answer.ok) emptied(form.text, text);
    this.tell(answer.ok ? this.texts.done : inWords(answer, this.texts));
  }

  tell(text) {
    write(this.root.querySelector("#told"), text);
  }
}
