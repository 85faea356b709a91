// The agent's desk. What it shows of calls and states is what the server tells, which is Asterisk's.

import { Bar, refused } from "../desk/bar.js";
import { CallPanel } from "../desk/call.js";
import { Expected } from "../desk/expected.js";
import { Form } from "../desk/form.js";
import { Guide } from "../desk/guide.js";
import { Notices } from "../desk/notices.js";
import { announce, belongTo, byId, has, isTyping, say, stayWhile } from "../desk/page.js";
import { Pops } from "../desk/pops.js";
import { Ring } from "../desk/ring.js";
import { Side } from "../desk/side.js";
import { DeskSocket } from "../desk/socket.js";
import { Softphone } from "../desk/softphone.js";
import { Told } from "../desk/told.js";

const SIGNED_OUT = {
  status: "signed_out", in_step: false, call: null, reason: "", held: false, since: null, next: null, wrap_up: null,
  asking: null,
};
const ASK_AGAIN_MS = 3000;
const NO_SESSION = 4000; // as in cti/pages.py

class Desk {
  state = SIGNED_OUT;
  pops = new Pops();
  pop = null; // of the call in sight
  open = false;
  ended = false;
  hasPhone = false;
  #wasHeld = false;
  #signingIn = false;
  #unasked = false;
  #asking = false;

  constructor() {
    this.socket = new DeskSocket("/agent/socket");
    this.ring = new Ring();
    this.phone = new Softphone(() => this.credentials(), byId("voice"));
    this.expected = new Expected(this);
    this.bar = new Bar(this);
    this.call = new CallPanel(this);
    this.form = new Form(this);
    this.guide = new Guide(this);
    this.told = new Told(this);
    this.side = new Side(this);
    this.notices = new Notices(this);
    this.socket.addEventListener("message", ({ detail }) => this.take(detail));
    this.socket.addEventListener("lost", ({ detail }) => this.lost(detail));
    this.phone.addEventListener("change", () => this.phoneChanged());
    this.phone.addEventListener("registered", () => this.phoneReady());
    this.phone.addEventListener("trouble", ({ detail }) => this.trouble(detail));
    document.addEventListener("keydown", (event) => this.shortcut(event));
    stayWhile(() => this.phone.calls > 0);
    // Nothing is said to Asterisk when the page goes: it may be a reload.
    window.addEventListener("pagehide", () => this.form.draft.flush());
    this.show();
    this.socket.connect();
  }

  async command(type, more = {}) {
    const answer = await this.socket.ask(type, more);
    refused(answer);
    return answer;
  }

  async credentials() {
    const answer = await this.socket.ask("softphone");
    if (!answer.ok) throw new Error(answer.reason?.code);
    return answer;
  }

  take(message) {
    switch (message.type) {
      case "hello":
        this.hello(message);
        break;
      case "state":
        this.see(message);
        break;
      case "pop":
        this.socket.send({ type: "ack", call: message.call });
        this.pops.take(message);
        this.look();
        if ([null, message.call].includes(this.state.call)) this.form.popped(message);
        break;
      case "drafts":
        this.form.drafts.look();
        break;
      case "help":
        this.side.heard(message);
        break;
      case "broadcast":
        this.notices.heard(message);
        break;
      case "pop_withdrawn":
        this.pops.withdraw(message.call);
        this.form.withdrawn(message.call);
        break;
      case "call_failed":
        this.expected.failed(message.call);
        refused(message);
        break;
      case "released":
        this.pops.release(message.call);
        break;
    }
    this.look();
    this.show();
  }

  /** At who calls: once, when it is known. A key that is typed is no answer: F2 is. */
  look() {
    const pop = this.pops.of(this.state);
    if (pop === this.pop) return;
    this.pop = pop;
    if (pop && this.state.status === "ringing" && !isTyping()) byId("call-answer").focus();
  }

  hello(message) {
    this.open = true;
    this.ended = false;
    this.#signingIn = false;
    this.pops.begin();
    this.hasPhone = message.softphone;
    if (message.csrf) belongTo(message.csrf);
    byId("desk-name").textContent = `${message.name} · ${message.agent}`;
    this.bar.hello(message);
    this.call.hello(message);
    this.told.hello(message);
    this.see(message.state);
    this.side.hello();
    this.notices.look();
    this.form.returned(this.state);
    if (!this.hasPhone) return;
    if (this.phone.registered) {
      this.phone.prove();
      this.phoneReady();
    } else this.phone.start().then(() => this.phone.tryMicrophone());
  }

  see(state) {
    this.state = state;
    this.look();
    if (this.#unasked) this.phoneReady();
    this.form.see(state);
  }

  /** Who was on a call of which this page did not see the screen-pop. */
  shows(pop) {
    this.pops.take(pop);
    if (!this.state.call) this.pops.have(pop.call);
    this.look();
    this.show();
  }

  /** Is what we show what Asterisk has? Else, only our telephone knows of a call. */
  get inStep() {
    return this.open && this.state.in_step;
  }

  /** What the agent does, or why that is not known. */
  get standing() {
    if (!this.open) return "offline";
    return this.state.status === "signed_out" && !this.state.in_step ? "no_link" : this.state.status;
  }

  /**
   * The telephone is registered: the server says whether somebody waits for it, or whether its call
   * is over. Asked until the server knows: before that, a call of which it has not heard would end.
   */
  async phoneReady() {
    this.#unasked = true;
    if (this.#asking || !this.inStep || !this.phone.registered) return;
    this.#unasked = false;
    this.#asking = true;
    const asked = this.phone.current;
    const answer = await this.socket.ask("softphone_ready", { calls: this.phone.calls });
    this.#asking = false;
    if (!answer.ok) {
      this.#unasked = true;
      setTimeout(() => this.#unasked && this.phoneReady(), ASK_AGAIN_MS);
    } else if (answer.stale && this.phone.state === "talking" && this.phone.current === asked) {
      this.phone.drop();
      this.phoneReady();
    } else if (answer.rings) {
      announce(say("ring_back"));
      this.expected.await(answer.call);
    } else if (this.#unasked) this.phoneReady();
  }

  phoneChanged() {
    if (this.ended && !this.phone.calls) this.phone.stop();
    if (this.phone.held !== this.#wasHeld) {
      this.#wasHeld = this.phone.held;
      if (this.state.status === "in_call") this.socket.ask(this.phone.held ? "hold" : "unhold");
    }
    this.expected.look();
    this.show();
  }

  phoneGood() {
    return !this.hasPhone || this.phone.registered;
  }

  phoneText() {
    if (!this.open || !this.hasPhone) return "";
    return say(this.phone.registered ? "phone_ready" : "phone_lost");
  }

  trouble(key) {
    const line = byId("desk-trouble");
    line.hidden = !key;
    line.textContent = key ? say(`trouble_${key}`) : "";
  }

  async callCitizen(complaint) {
    const answer = await this.command("call_citizen", { key: crypto.randomUUID(), complaint });
    if (answer.ok) this.expected.await(answer.call);
    return answer;
  }

  signOut() {
    this.socket.send({ type: "sign_out" });
  }

  signIn() {
    this.ended = false;
    this.#signingIn = true;
    this.socket.connect();
  }

  /** There is no session any more in which they could: it begins on the sign-in page. */
  #noSession() {
    if (this.phone.calls) announce(say("sign_in_elsewhere"), true);
    else location.reload();
  }

  lost({ code, ended }) {
    this.open = false;
    this.ended = ended;
    if (ended) {
      if (!this.phone.calls) this.phone.stop(); // a call goes on until it is over
      this.state = SIGNED_OUT;
      announce(say(`closed_${code}`));
      if (this.#signingIn && code === NO_SESSION) this.#noSession();
      this.#signingIn = false;
    }
    this.show();
  }

  show() {
    this.bar.show();
    this.call.show();
    this.guide.look();
    this.told.look();
    this.ring.set(this.phone.state === "ringing" && !this.phone.answering);
    const ringing = this.state.status === "ringing";
    const title = ringing ? say("title_rings") : say(`status_${this.standing}`);
    document.title = `${title} · ${byId("desk").dataset.title}`;
  }

  shortcut(event) {
    const keys = [event.shiftKey && "Shift", event.ctrlKey && "Ctrl", event.altKey && "Alt", event.key];
    const act = this.shortcuts[keys.filter(Boolean).join("+")];
    if (!act) return;
    event.preventDefault();
    act();
  }

  shortcuts = {
    F2: () => this.phone.answer(),
    F3: () => this.notices.read(),
    F4: () => this.phone.state === "talking" && this.call.mute(),
    F8: () => this.phone.state === "talking" && this.call.hold(),
    F9: () => this.call.hangUp(),
    "Shift+F9": () => this.state.status === "in_call" && this.call.emergency(),
    "Shift+F8": () => this.call.recording.inCall && this.call.recording.turn(),
    "Shift+F6": () => this.call.openHanding(),
    F6: () => {
      this.told.close();
      this.form.field("category").focus();
    },
    F7: () => this.guide.focus(),
    "Shift+F7": () => byId("help-text").focus(),
    "Shift+F3": () => (this.told.isOpen ? this.told.close() : this.told.open()),
    "Shift+F2": () => this.bar.toggle(),
    "Shift+F4": () => this.state.status === "wrap_up" && this.command("end_wrap_up"),
    "Ctrl+Enter": () => (this.told.isOpen ? this.told : this.form).element.requestSubmit(),
  };
}

if (has("status_ready")) new Desk();
