// The draft of the form: kept by the server for each call as one types, and asked for until it answers.

import { announce, byId, say } from "./page.js";

const SAVE_MS = 700;
const AGAIN_MS = 3000;
const MOST_OWED = 50;
const AWAY = new Set(["offline", "database_away", "not_in_time", "too_much_at_once"]);

/** What is typed for one call: from the form while it has it, then as it was `left`. */
class Kept {
  #version = 0;
  #asked = 0;
  #timer = null;
  loaded = false;
  left = null;

  constructor(call, draft) {
    this.call = call;
    this.draft = draft;
  }

  get unsaved() {
    return this.#timer !== null || this.#asked > 0;
  }

  /** The server has this one, or none. */
  found(version = 0) {
    this.loaded = true;
    this.#version = Math.max(this.#version, version);
  }

  later(after) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.save(), after);
  }

  flush() {
    if (this.#timer !== null) this.save();
  }

  /** What the server still answers is not asked for any more. */
  stop() {
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#asked = 0;
  }

  async save() {
    this.stop();
    if (!this.loaded && !this.left) {
      this.later(AGAIN_MS);
      return;
    }
    const version = ++this.#version;
    this.#asked = version;
    const form = this.left ?? this.draft.values();
    const answer = await this.draft.desk.socket.ask("draft", { call: this.call, version, form });
    if (version !== this.#asked) return;
    this.#asked = 0;
    const why = answer.reason?.code;
    if (answer.ok) this.draft.saved(this);
    else if (AWAY.has(why)) this.later(AGAIN_MS);
    else if (why === "newer_draft") this.#overtake();
    else this.draft.refused(this);
  }

  /** Another page of this agent has kept a later one: what is typed here is the newest. */
  async #overtake() {
    this.later(AGAIN_MS);
    const answer = await this.draft.desk.socket.ask("draft_load", { call: this.call });
    if (!answer.ok || !this.unsaved) return;
    this.found(answer.draft?.version);
    this.save();
  }
}

/** A draft, and what was typed into the empty form before it had come; the newer stands where there is one place. */
export function together(kept, newer) {
  const filled = Object.entries(newer).filter(([, value]) => value && value !== true && value.length !== 0);
  const form = { ...kept, ...Object.fromEntries(filled), key: kept.key, kind: kept.kind };
  form.text = [kept.text, newer.text].filter((one) => one?.trim()).join("\n");
  form.citizen = newer.citizen ?? kept.citizen;
  for (const tick of ["incident", "confidential"]) form[tick] = kept[tick] || newer[tick];
  form.more = { ...kept.more, ...newer.more };
  return form;
}

export class Draft {
  #kept = null;
  #owed = new Map(); // of calls that the form has left: what the server does not have yet

  /** `values()` gives what is in the form now. */
  constructor(desk, values) {
    this.desk = desk;
    this.values = values;
  }

  get call() {
    return this.#kept?.call ?? null;
  }

  /** The call's from now on (null: nobody's); what was kept of it, or null. */
  async of(call) {
    this.#leave();
    const owed = this.#owed.get(call);
    this.#kept = owed ?? (call ? new Kept(call, this) : null);
    if (owed) return this.#takeBack(owed);
    if (!call) return null;
    const kept = this.#kept;
    const answer = await this.ask("draft_load");
    if (!answer) return null;
    kept.found(answer.draft?.version);
    return answer.draft?.form ?? null;
  }

  /** About this call, again and again while the server or its database is away; null: of another call by now. */
  async ask(type) {
    const kept = this.#kept;
    for (;;) {
      const answer = await this.desk.socket.ask(type, { call: kept?.call ?? null });
      if (kept !== this.#kept) return null;
      if (answer.ok || !AWAY.has(answer.reason?.code)) return answer;
      await new Promise((done) => setTimeout(done, AGAIN_MS));
      if (kept !== this.#kept) return null;
    }
  }

  changed() {
    byId("form-saved").textContent = "";
    this.#kept?.later(SAVE_MS);
  }

  /** The page goes: what can still be sent is. */
  flush() {
    this.#kept?.flush();
    for (const owed of this.#owed.values()) owed.flush();
  }

  /** It was registered: there is nothing to be kept. */
  stop() {
    this.#kept?.stop();
    byId("form-saved").textContent = "";
  }

  /** What the form has left was registered: it is not sent any more. */
  registered(call, key) {
    const owed = this.#owed.get(call);
    if (owed?.left.key !== key) return;
    owed.stop();
    this.#owed.delete(call);
  }

  saved(kept) {
    if (kept === this.#kept) byId("form-saved").textContent = say("draft_saved");
    else this.#settled(kept);
  }

  refused(kept) {
    announce(say("draft_not_saved"), true);
    if (kept !== this.#kept) this.#settled(kept);
  }

  /** The form is another call's: what was typed for this one is sent until the server has it. */
  #leave() {
    const kept = this.#kept;
    if (!kept?.unsaved) return;
    kept.left = this.values();
    this.#owed.set(kept.call, kept);
    kept.save();
    if (this.#owed.size <= MOST_OWED) return;
    const [oldest] = this.#owed.values();
    oldest.stop();
    this.refused(oldest);
  }

  #takeBack(kept) {
    const form = kept.left;
    kept.left = null;
    kept.loaded = true;
    this.#owed.delete(kept.call);
    kept.later(SAVE_MS); // by then the form has it
    return form;
  }

  #settled(kept) {
    this.#owed.delete(kept.call);
    this.desk.form.drafts.look();
  }
}
