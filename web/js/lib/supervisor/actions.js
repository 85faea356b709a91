// What a supervisor does: to one agent in a dialog, to all of a queue by a form.

import { element, write } from "./dom.js";

const MOST_QUESTIONS = 20;
const IN_CALL = new Set(["listen", "whisper", "barge"]);

/** The server's refusal in the reader's language; which cell, and where. */
export function inWords(answer, texts) {
  const known = texts.reasons[answer.reason?.code] ?? texts.reasons.other;
  const words = known.replace(/\{(\w+)\}/g, (whole, name) => answer.reason[name] ?? whole);
  const where = answer.url ? `${answer.cell}, ${answer.url}/supervisor` : answer.cell;
  return where ? `${words} ${where}` : words;
}

export class Actions {
  constructor(root, texts, link, board) {
    Object.assign(this, { root, texts, link, board });
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
    this.agentId = agentId;
    const agent = this.board.agent(agentId);
    if (!agent) return;
    this.seen = agent.queues; // who moves the agent meanwhile is not overruled unawares
    write(this.dialog.querySelector("#act-title"), `${agent.name} (${agent.agent})`);
    write(this.dialog.querySelector("#act-problem"), "");
    this.dialog.querySelector("#act-reason").value = "";
    for (const box of this.dialog.querySelectorAll("input[name=queues]")) {
      box.checked = agent.queues.includes(box.value);
    }
    this.refresh();
    this.dialog.showModal();
    this.dialog.querySelector("#act-reason").focus();
  }

  /** What can be done follows what the agent does. */
  refresh() {
    if (!this.agentId) return;
    const agent = this.board.agent(this.agentId);
    write(this.dialog.querySelector("#act-state"), agent ? this.texts[agent.status] : "");
    for (const button of this.dialog.querySelectorAll("button[type=button]")) {
      if (button.value === "close") button.disabled = false;
      else if (!agent) button.disabled = true;
      else if (IN_CALL.has(button.value)) button.disabled = agent.status !== "in_call";
      else if (button.value === "force_pause") button.disabled = agent.status === "paused";
      else if (button.value === "force_ready") button.disabled = agent.status !== "paused";
      else button.disabled = false;
    }
  }

  async carryOut(type) {
    const problem = this.dialog.querySelector("#act-problem");
    if (type === "close") return this.dialog.close();
    if (type === "help") return this.write(problem);
    const reason = this.dialog.querySelector("#act-reason").value.trim();
    if (!reason) {
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
    const answer = await this.link.ask(command);
    if (answer.ok) {
      this.dialog.close();
      this.tell(this.texts.done);
    } else write(problem, inWords(answer, this.texts));
  }

  /** To this agent alone: part of their conversation, no act upon them. */
  async write(problem) {
    const field = this.dialog.querySelector("#act-help");
    const agent = this.agentId;
    const answer = await this.link.ask({ type: "help", agent, text: field.value.trim() });
    if (!answer.ok) {
      write(problem, inWords(answer, this.texts));
      return;
    }
    field.value = "";
    this.root.querySelector(`#questions [data-agent="${CSS.escape(agent)}"]`)?.remove();
    this.dialog.close();
    this.tell(this.texts.done);
  }

  /** What an agent asks, until somebody answers: the latest question of each. */
  asked(told) {
    const list = this.root.querySelector("#questions");
    list.querySelector(`[data-agent="${CSS.escape(told.agent)}"]`)?.remove();
    if (!told.from.startsWith("agent:")) return;
    const name = this.board.agent(told.agent)?.name ?? "";
    const button = element("button", { type: "button", className: "small other" }, this.texts.answer);
    button.addEventListener("click", () => this.open(told.agent));
    const row = element("li", {}, `${this.texts.asked} ${told.agent} ${name}: ${told.text} `, button);
    row.dataset.agent = told.agent;
    list.append(row);
    while (list.children.length > MOST_QUESTIONS) list.firstChild.remove();
  }

  async broadcast(form) {
    const answer = await this.link.ask({
      type: "broadcast",
      queue: form.queue.value,
      text: form.text.value.trim(),
    });
    if (answer.ok) form.text.value = "";
    this.tell(answer.ok ? this.texts.done : inWords(answer, this.texts));
  }

  tell(text) {
    write(this.root.querySelector("#told"), text);
  }
}
