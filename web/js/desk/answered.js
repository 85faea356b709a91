// What the server answers to the form: the complaint's number, a question back, or what is wrong.

import { byId, has, make, moment, named, say } from "./page.js";

/** It may be one of the citizen's open ones: the agent asks, and says; `send` takes the answer. */
export function askWhether(candidates, send) {
  const box = byId("form-asks");
  const buttons = candidates.map((one) => {
    const text = say("adds_to", { number: one.number, at: moment(one.registered_at) });
    const button = make("button", { type: "button", className: "other" }, text);
    button.addEventListener("click", () => send({ adds_to: one.number }));
    return button;
  });
  const separate = make("button", { type: "button" }, say("separate"));
  separate.addEventListener("click", () => send({ separate: true }));
  box.replaceChildren(make("p", {}, say("duplicate")), ...buttons, separate);
  box.hidden = false;
  buttons[0]?.focus();
}

/** Nothing is asked, or not any more. */
export function askNothing() {
  const box = byId("form-asks");
  box.replaceChildren();
  box.hidden = true;
}

/** The number, and what is to be told; `again` begins another form. */
export function showRegistered(told, again) {
  const box = byId("form-result");
  const lines = [
    make("p", { className: "number" }, told.number),
    make("p", {}, say(`result_${told.result}`)),
    told.officer ? make("p", {}, named({ hi: told.officer, en: told.officer_en || told.officer })) : null,
    told.due_at ? make("p", {}, say("due", { at: moment(told.due_at) })) : null,
    told.words ? make("p", {}, told.words) : null,
    told.sms === false ? make("p", {}, say("no_sms")) : null,
  ].filter(Boolean);
  const another = make("button", { type: "button", className: "other" }, say("another"));
  another.addEventListener("click", again);
  box.replaceChildren(make("h3", {}, say("tell")), ...lines, another);
  showResult(true);
  box.focus();
}

/** Once it is registered, the number is what matters. */
export function showResult(shown) {
  byId("form-result").hidden = !shown;
  byId("form-fields").hidden = shown;
}

/** Beside each field of the form what is wrong with it; the first such field has the focus. */
export function showFaults(form, fields) {
  for (const line of form.querySelectorAll(".fault")) {
    const why = fields[line.dataset.of];
    line.textContent = why ?? "";
    line.hidden = !why;
    const field = form.elements.namedItem(line.dataset.of);
    if (field instanceof Element) field.setAttribute("aria-invalid", String(Boolean(why)));
  }
  form.querySelector("[aria-invalid=true]")?.focus();
}

/** `{code, ...}` of the server in the reader's language. */
export function reasonText(what, reason) {
  const key = `${what}_${reason?.code}`;
  return has(key) ? say(key, reason) : say(what === "fault" ? "fault_invalid" : "error_other");
}

export function faultTexts(reasons) {
  return Object.fromEntries(Object.entries(reasons).map(([field, one]) => [field, reasonText("fault", one)]));
}
