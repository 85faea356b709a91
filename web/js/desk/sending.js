// The form on its way to the server. By the time of the answer another call may have the form: what
// was sent is told of then, and the form is left alone.

import { askNothing, askWhether, faultTexts, reasonText } from "./answered.js";
import { announce, csrf, say } from "./page.js";

export class Sending {
  #underWay = new Set(); // forms' keys
  #registered = new Set();

  constructor(form) {
    this.form = form;
  }

  isUnderWay(key) {
    return this.#underWay.has(key);
  }

  isRegistered(key) {
    return this.#registered.has(key);
  }

  async send(body) {
    if (this.#underWay.has(body.key)) return;
    this.#underWay.add(body.key);
    this.form.show();
    let answer = null;
    try {
      const response = await post(body);
      answer = { status: response.status, ok: response.ok, told: await response.json() };
    } catch {
      // Nobody knows whether it arrived.
    }
    this.#underWay.delete(body.key);
    if (answer?.ok) this.#registered.add(body.key);
    if (this.form.call === body.call && this.form.key === body.key) this.#answered(body, answer);
    else this.#answeredLater(body, answer);
    this.form.show();
  }

  #answered(body, answer) {
    const { form } = this;
    if (!answer) {
      announce(say("not_sent"), true);
      return;
    }
    const { ok, told } = answer;
    form.faults(faultTexts(told.reasons ?? {}));
    askNothing();
    if (asks(answer)) askWhether(told.candidates, (more) => this.send({ ...body, ...more }));
    else if (ok) form.done(told);
    else announce(say("not_registered", { reason: reasonText("error", told.reason) }), true);
  }

  /** The form has left it. */
  #answeredLater(body, answer) {
    const { form } = this;
    if (!answer) announce(say("left_not_sent"), true);
    else if (answer.ok) {
      const { number, result } = answer.told;
      announce(say("left_registered", { number, result: say(`result_${result}`) }));
      form.draft.registered(body.call, body.key);
      form.desk.side.day();
    } else {
      const reason = asks(answer) ? say("left_duplicate") : reasonText("error", answer.told.reason);
      announce(say("left_not_registered", { reason }), true);
    }
    form.drafts.look();
  }
}

/** Is it answered by a question: is it one of these? */
function asks({ status, told }) {
  return status === 409 && Boolean(told.candidates);
}

function post(body) {
  const headers = { "Content-Type": "application/json", "X-CSRF-Token": csrf };
  return fetch("/agent/complaints", { method: "POST", headers, body: JSON.stringify(body) });
}
