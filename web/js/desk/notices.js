// What supervisors tell the whole queue: it stays until the agent says that they have read it.

import { announce, byId, make, moment, say } from "./page.js";

const LOOK_MS = 60000; // what was told while this page was not connected, or in a queue they were moved to

export class Notices {
  #unread = new Map();

  constructor(desk) {
    this.desk = desk;
    setInterval(() => this.look(), LOOK_MS);
  }

  /** What is unread, as the server has it. */
  async look() {
    const answer = await this.desk.socket.ask("notices");
    if (!answer.ok) return;
    this.#unread = new Map(answer.notices.map((one) => [one.notice, one]));
    this.#show();
  }

  heard(message) {
    this.#unread.set(message.notice, message);
    this.#show();
  }

  /** The oldest, by its key; or the one whose button it is. It goes when the server has written that down. */
  async read(id = this.#unread.keys().next().value) {
    if (!id) return;
    const answer = await this.desk.command("notice_read", { notice: id });
    if (!answer.ok) return;
    this.#unread.delete(id);
    announce(say("notice_done"));
    this.#show();
  }

  #show() {
    const list = byId("notices");
    for (const row of [...list.children]) if (!this.#unread.has(row.dataset.id)) row.remove();
    for (const [id, one] of this.#unread) {
      if (![...list.children].some((row) => row.dataset.id === id)) list.append(this.#row(id, one));
    }
    for (const [at, row] of [...list.children].entries()) row.querySelector("kbd").hidden = at > 0;
    list.hidden = !list.children.length;
  }

  #row(id, one) {
    const about = `${one.from} · ${this.desk.call.queueTitle(one.queue)} · ${moment(one.at)}`;
    const text = make("strong", { id: `notice-${id}` }, one.text);
    const button = make("button", { type: "button", className: "small" }, `${say("notice_read")} `, make("kbd", {}, "F3"));
    button.setAttribute("aria-describedby", text.id);
    button.addEventListener("click", () => this.read(id));
    const row = make("li", {}, make("span", {}, text, " ", make("small", {}, about)), button);
    row.dataset.id = id;
    return row;
  }
}
