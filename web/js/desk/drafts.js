// What was typed and not registered: a list from which one goes on.

import { announce, byId, make, moment, named, say } from "./page.js";

export class Drafts {
  constructor(desk) {
    this.desk = desk;
    byId("form-back").addEventListener("click", () => desk.form.of(desk.state.call));
  }

  async look() {
    const answer = await this.desk.socket.ask("drafts");
    if (!answer.ok) return;
    const { form } = this.desk;
    const others = answer.drafts.filter((one) => one.call !== form.call);
    byId("drafts").hidden = !others.length;
    byId("drafts-count").textContent = others.length;
    byId("drafts-list").replaceChildren(...others.map((one) => this.#line(one)));
  }

  show() {
    const { state, form } = this.desk;
    byId("form-back").hidden = state.status !== "in_call" || state.call === form.call;
  }

  #line(one) {
    const about = [one.caller ?? say("number_withheld"), one.category && named(one.category), one.text];
    if (one.missed) about.push(say("draft_missed"));
    const open = make("button", { type: "button", className: "plain" }, about.filter(Boolean).join(" · "));
    open.addEventListener("click", () => {
      byId("drafts").open = false;
      this.desk.form.of(one.call);
    });
    const drop = make("button", { type: "button", className: "other small" }, say("draft_drop"));
    drop.setAttribute("aria-label", say("draft_drop_of", { at: moment(one.at) }));
    drop.addEventListener("click", () => this.#drop(one));
    return make("li", {}, `${moment(one.at)} `, open, " ", drop);
  }

  async #drop(one) {
    const answer = await this.desk.command("draft_drop", { call: one.call });
    if (answer.ok) announce(say("draft_dropped"));
    this.look();
  }
}
