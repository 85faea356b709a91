// Keys towards who is on the line, in the order in which they are pressed: those that are pressed
// while others are on their way go together after them. Each takes its tenth of a second to sound.

import { byId, make } from "./page.js";

const KEYS = "123456789*0#";
const AT_ONCE = 8; // are sounded long before the server gives a command up

export class Keypad {
  #pressed = ""; // and not sent
  #towards = null; // whom these are for
  #sending = false;

  constructor(desk) {
    this.desk = desk;
    byId("call-keys").append(
      ...[...KEYS].map((key) => {
        const button = make("button", { type: "button", className: "other key" }, key);
        button.addEventListener("click", () => this.press(key));
        return button;
      }),
    );
    byId("call-keypad").addEventListener("keydown", (event) => this.#typed(event));
  }

  async press(key) {
    this.#forOthers();
    this.#pressed += key;
    if (this.#sending) return;
    this.#sending = true;
    while (this.#pressed) {
      const keys = this.#pressed.slice(0, AT_ONCE);
      this.#pressed = this.#pressed.slice(AT_ONCE);
      const { ok } = await this.desk.command("keys", { keys });
      if (!ok) this.#pressed = ""; // half a number with a hole is worse than none
      this.#forOthers();
    }
    this.#sending = false;
  }

  /** What was meant for somebody else, perhaps a PIN, is not sounded to who is there now. */
  #forOthers() {
    const { call, asking } = this.desk.state;
    const towards = `${call} ${asking?.step === "in_room" ? asking.who : ""}`;
    if (towards !== this.#towards) this.#pressed = "";
    this.#towards = towards;
  }

  #typed(event) {
    if (!KEYS.includes(event.key) || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    this.press(event.key);
  }
}
