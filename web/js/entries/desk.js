// The agent's desk. What it shows of calls and states is what the server tells, which is Asterisk's.

import { Bar, refused } from "../desk/bar.js";
import { CallPanel } from "../desk/call.js";
import { Form } from "../desk/form.js";
import { Guide } from "../desk/guide.js";
import { Notices } from "../desk/notices.js";
import { announce, byId, has, say } from "../desk/page.js";
import { Ring } from "../desk/ring.js";
import { Side } from "../desk/side.js";
import { DeskSocket } from "../desk/socket.js";
import { Softphone } from "../desk/softphone.js";

const SIGNED_OUT = { status: "signed_out", call: null, reason: "", held: false, since: null, next: null, wrap_up: null };
const KEPT = "helpline.call";

class Desk {
  state = SIGNED_OUT;
  pop = null;
  open = false;
  ended = false;
  hasPhone = false;
  #wasHeld = false;

  constructor() {
    this.socket = new DeskSocket("/agent/socket");
    this.ring = new Ring();
    this.phone = new Softphone(() => this.credentials(), byId("voice"));
    this.bar = new Bar(this);
    this.call = new CallPanel(this);
    this.form = new Form(this);
    this.guide = new Guide(this);
    this.side = new Side(this);
    this.notices = new Notices(this);
    this.socket.addEventListener("message", ({ detail }) => this.take(detail));
    this.socket.addEventListener("lost", ({ detail }) => this.lost(detail));
    this.phone.addEventListener("change", () => this.phoneChanged());
    this.phone.addEventListener("registered", () => this.phoneReady());
    this.phone.addEventListener("trouble", ({ detail }) => this.trouble(detail));
    document.addEventListener("keydown", (event) => this.shortcut(event));
    // Nothing is said to Asterisk when the page goes: it may be a reload.
    window.addEventListener("pagehide", () => this.form.flush());
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
        this.popped(message);
        break;
      case "help":
        this.side.heard(message);
        break;
      case "broadcast":
        this.notices.heard(message);
        break;
      case "pop_withdrawn":
        if (this.pop?.call === message.call && this.state.call !== message.call) this.pop = null;
        break;
    }
    this.show();
  }

  hello(message) {
    this.open = true;
    this.ended = false;
    this.hasPhone = message.softphone;
    byId("desk-name").textContent = `${message.name} · ${message.agent}`;
    this.bar.hello(message);
    this.call.hello(message);
    this.see(message.state);
    this.side.hello();
    this.notices.look();
    if (!this.state.call) this.form.of(sessionStorage.getItem(KEPT));
    if (!this.hasPhone) return;
    if (this.phone.registered) {
      this.phone.prove();
      this.phoneReady();
    } else this.phone.start().then(() => this.phone.tryMicrophone());
  }

  see(state) {
    this.state = state;
    if (!state.call) return;
    sessionStorage.setItem(KEPT, state.call);
    this.form.of(state.call);
  }

  popped(message) {
    this.pop = message;
    sessionStorage.setItem(KEPT, message.call);
    this.form.of(message.call);
    if (this.state.status === "ringing") byId("call-answer").focus();
  }

  /** The telephone is registered: the server says whether somebody waits for it. */
  async phoneReady() {
    if (!this.open) return;
    const stale = !this.state.call && this.phone.state === "talking";
    if (stale) this.phone.drop();
    const answer = await this.socket.ask("softphone_ready", { calls: this.phone.calls });
    if (answer.ok && answer.rings) {
      announce(say("ring_back"));
      this.phone.expect();
    }
  }

  phoneChanged() {
    if (this.ended && !this.phone.calls) this.phone.stop();
    if (this.phone.held !== this.#wasHeld) {
      this.#wasHeld = this.phone.held;
      if (this.state.status === "in_call") this.socket.ask(this.phone.held ? "hold" : "unhold");
    }
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
    this.phone.expect();
    await this.command("call_citizen", { key: crypto.randomUUID(), complaint });
  }

  signOut() {
    this.socket.send({ type: "sign_out" });
  }

  signIn() {
    this.ended = false;
    this.socket.connect();
  }

  lost({ code, ended }) {
    this.open = false;
    this.ended = ended;
    if (ended) {
      if (!this.phone.calls) this.phone.stop(); // a call goes on until it is over
      this.state = SIGNED_OUT;
      announce(say(`closed_${code}`));
    }
    this.show();
  }

  show() {
    this.bar.show();
    this.call.show();
    this.guide.look();
    this.ring.set(this.phone.state === "ringing" && !this.phone.answering);
    const ringing = this.state.status === "ringing";
    const title = ringing ? say("title_rings") : say(`status_${this.open ? this.state.status : "offline"}`);
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
    F6: () => this.form.field("category").focus(),
    F7: () => this.guide.focus(),
    "Shift+F7": () => byId("help-text").focus(),
    "Shift+F2": () => this.bar.toggle(),
    "Shift+F4": () => this.state.status === "wrap_up" && this.command("end_wrap_up"),
    "Ctrl+Enter": () => this.form.element.requestSubmit(),
  };
}

if (has("status_ready")) new Desk();
