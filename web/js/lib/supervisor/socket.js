// The supervisor's socket: reconnects by itself; each command has one answer, or none in time.

const ANSWER_MS = 15_000;
const PING_MS = 10_000;
const SILENCE_MS = 25_000;
const LONGEST_PAUSE_MS = 15_000;
const SIGNED_OUT = 4000;

export class Link {
  /** `on`: { message(told), state("up" | "down" | "out") }. */
  constructor(path, on) {
    this.url = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${path}`;
    this.on = on;
    this.asked = new Map();
    this.next = 1;
    this.pause = 500;
    this.connect();
    setInterval(() => this.look(), PING_MS);
  }

  connect() {
    const socket = (this.socket = new WebSocket(this.url, ["helpline.v1"]));
    this.heard = Date.now();
    socket.onopen = () => {
      this.pause = 500;
      this.on.state("up");
    };
    socket.onmessage = (event) => {
      this.heard = Date.now();
      const told = JSON.parse(event.data);
      const waiting = this.asked.get(told.id);
      if (told.type === "answer" && waiting) waiting(told);
      else this.on.message(told);
    };
    socket.onclose = (event) => {
      if (socket !== this.socket) return;
      if (event.code === SIGNED_OUT) {
        this.on.state("out");
        return;
      }
      this.on.state("down");
      setTimeout(() => this.connect(), this.pause * (0.5 + Math.random()));
      this.pause = Math.min(this.pause * 2, LONGEST_PAUSE_MS);
    };
  }

  /** A socket that is open and silent is dead. */
  look() {
    if (this.socket.readyState !== WebSocket.OPEN) return;
    if (Date.now() - this.heard > SILENCE_MS) this.socket.close();
    else this.socket.send('{"type":"ping"}');
  }

  /** The answer to a command; { ok: false, reason: { code: "offline" } } where none came. */
  ask(command) {
    const id = this.next++;
    return new Promise((resolve) => {
      const done = (told) => {
        clearTimeout(timer);
        this.asked.delete(id);
        resolve(told);
      };
      const timer = setTimeout(() => done({ ok: false, reason: { code: "offline" } }), ANSWER_MS);
      this.asked.set(id, done);
      if (this.socket.readyState === WebSocket.OPEN) {
        this.socket.send(JSON.stringify({ ...command, id }));
      } else done({ ok: false, reason: { code: "offline" } });
    });
  }
}
