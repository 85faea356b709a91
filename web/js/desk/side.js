// Beside the call: questions to the supervisor, the agent's own day.

import { announce, byId, emptied, get, length, make, moment, say } from "./page.js";

const DAY_MS = 60000;
const FIGURES = ["talked", "wrapped_up", "ready", "paused"];

export class Side {
  constructor(desk) {
    this.desk = desk;
    byId("help-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.say();
    });
    setInterval(() => this.day(), DAY_MS);
  }

  async hello() {
    this.day();
    const answer = await this.desk.socket.ask("help_history");
    if (answer.ok) byId("help-log").replaceChildren(...answer.messages.filter((one) => step(one) !== "").map(line));
    this.toEnd();
  }

  async say() {
    const field = byId("help-text");
    const text = field.value.trim();
    if (!text) return;
    const answer = await this.desk.command("help", { text });
    if (answer.ok) emptied(field, text);
  }

  heard(message) {
    byId("help-log").append(line(message));
    this.toEnd();
    if (message.from.startsWith("agent:")) return;
    announce(message.kind === "said" ? say("help_new", { text: message.text }) : step(message));
  }

  toEnd() {
    const log = byId("help-log");
    log.scrollTop = log.scrollHeight;
  }

  async day() {
    try {
      const day = await get("/desk/day");
      byId("day-calls").textContent = day.calls;
      byId("day-short").textContent = `${day.calls} · ${length(day.talked)}`;
      for (const name of FIGURES) byId(`day-${name}`).textContent = length(day[name]);
      byId("day-average").textContent = day.calls ? length((day.talked + day.wrapped_up) / day.calls) : "–";
    } catch {
      // Shown again in a minute.
    }
  }
}

/** Who has taken the question, or closed it; null: it is somebody's words. Empty: nobody did. */
function step(message) {
  if (message.kind === "said") return null;
  const by = message.from.startsWith("supervisor:") ? message.from.slice("supervisor:".length) : "";
  return by && say(`help_${message.kind}`, { by });
}

function line(message) {
  if (message.kind !== "said") return make("li", { className: "step" }, `${step(message)} · ${moment(message.at)}`);
  const own = message.from.startsWith("agent:");
  return make(
    "li",
    { className: own ? "own" : "" },
    make("small", {}, `${own ? say("help_you") : message.from.replace("supervisor:", "")} · ${moment(message.at)}`),
    ` ${message.text}`,
  );
}
