// The page's live socket: commands that are answered, messages in order, reconnected for ever.

const ENDED = new Set([4000, 4001, 4002]); // signed out; another page took over; no agent here any more
const ANSWER_MS = 25000;
const HELLO_MS = 4000; // a connection begun while there is no network would be tried again after 15 s, or 31
const LONGEST_PAUSE_MS = 3000; // a network that is back finds the agent back within 5 s

export class DeskSocket extends EventTarget {
  #socket = null;
  #asked = new Map();
  #next = 1;
  #pause = 500;
  #last = 0;

  constructor(path) {
    super();
    this.url = new URL(path, location.href);
    this.url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    this.open = false;
  }

  connect() {
    const socket = new WebSocket(this.url, ["helpline.v1"]);
    this.#socket = socket;
    socket.onopen = () => {
      this.#last = Date.now();
    };
    socket.onmessage = (event) => this.#take(JSON.parse(event.data));
    socket.onclose = (event) => this.#lost(socket, event.code);
    setTimeout(() => this.#greeted(socket), HELLO_MS);
    this.#watch(socket);
  }

  close() {
    this.#socket?.close();
  }

  send(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  /** The answer of the server; it has `ok`. Never rejects. */
  ask(type, more = {}) {
    const id = String(this.#next++);
    if (!this.open) return Promise.resolve({ ok: false, reason: { code: "offline" } });
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#settle(id, { ok: false, reason: { code: "offline" } }), ANSWER_MS);
      this.#asked.set(id, { resolve, timer });
      this.send({ type, id, ...more });
    });
  }

  #take(message) {
    this.#last = Date.now();
    if (message.type === "hello") {
      this.open = true;
      this.#pause = 500;
    }
    if (message.type === "answer") this.#settle(message.id, message);
    else this.dispatchEvent(new CustomEvent("message", { detail: message }));
  }

  #settle(id, answer) {
    const asked = this.#asked.get(id);
    if (!asked) return;
    this.#asked.delete(id);
    clearTimeout(asked.timer);
    asked.resolve(answer);
  }

  #lost(socket, code) {
    if (socket !== this.#socket) return;
    this.open = false;
    for (const id of [...this.#asked.keys()]) this.#settle(id, { ok: false, reason: { code: "offline" } });
    this.dispatchEvent(new CustomEvent("lost", { detail: { code, ended: ENDED.has(code) } }));
    if (ENDED.has(code)) return;
    setTimeout(() => this.connect(), this.#pause * (0.75 + Math.random() / 2));
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE_MS);
  }

  #greeted(socket) {
    if (socket === this.#socket && !this.open && socket.readyState < WebSocket.CLOSING) this.#giveUp(socket);
  }

  #giveUp(socket) {
    socket.onclose = null;
    socket.onmessage = null;
    socket.close();
    this.#lost(socket, 0);
  }

  /** A network that is gone says nothing: the server answers a ping, or the socket is dead. */
  #watch(socket) {
    const timer = setInterval(() => {
      if (socket !== this.#socket || socket.readyState >= WebSocket.CLOSING) {
        clearInterval(timer);
      } else if (this.open && Date.now() - this.#last > 12000) {
        clearInterval(timer);
        this.#giveUp(socket);
      } else if (this.open) {
        this.send({ type: "ping" });
      }
    }, 4000);
  }
}
