// Draws a board into the page. What is there already is changed in place: focus stays.

import { element, lasted, percent, write } from "./dom.js";

/** A sign beside the word: colour alone says nothing. */
const SIGNS = { ready: "●", ringing: "◔", in_call: "☎", wrap_up: "✎", paused: "❚❚", unreachable: "⚠" };
const ORDER = ["in_call", "ringing", "wrap_up", "ready", "unreachable", "paused"];

export class Board {
  /** `act(agent)`: somebody wants to do something to this agent. */
  constructor(root, texts, act) {
    this.root = root;
    this.texts = texts;
    this.act = act;
    this.cards = new Map();
    this.told = null;
    this.chosen = "";
    this.select = root.querySelector("#cell");
    this.select.addEventListener("change", () => {
      this.chosen = this.select.value;
      if (this.whole) this.show(this.whole);
    });
    setInterval(() => this.tick(), 1000);
  }

  show(told) {
    this.whole = told;
    this.cells();
    this.told = this.ofCell(told);
    this.ahead = Date.now() - Date.parse(told.at);
    this.root.classList.toggle("stale", !told.in_step);
    this.figures();
    this.queues();
    this.agents();
    this.seats();
    this.alarms();
    this.tick();
  }

  agent(id) {
    return this.whole?.agents.find((one) => one.agent === id);
  }

  /** What is shown: all cells together, or one of them. */
  ofCell(told) {
    const cell = told.cells.find((one) => one.name === this.chosen);
    if (!cell) return told;
    const agents = told.agents.filter((agent) => agent.cell === cell.name);
    const counts = {};
    for (const agent of agents) counts[agent.status] = (counts[agent.status] ?? 0) + 1;
    return {
      ...told,
      in_step: cell.state === "up",
      unknown: cell.state === "silent",
      queues: cell.queues,
      agents,
      by_status: counts,
      calls: cell.calls,
      trunk_channels: cell.trunk_channels,
      trunk_limit: null,
      alarms: told.alarms.filter((alarm) => alarm.cell === cell.name),
    };
  }

  /** One line a cell, where there are several. A silent one has no figures: they are not known. */
  cells() {
    const { cells, agents } = this.whole;
    const several = cells.length > 1;
    this.find("#cells").hidden = !several;
    if (!several) this.chosen = "";
    this.options(cells.map((one) => one.name));
    const rows = several ? cells.map((cell) => this.cellRow(cell, agents)) : [];
    this.find("#each-cell").replaceChildren(...rows);
    const silent = cells.filter((cell) => cell.state === "silent");
    const told = silent.map((cell) => `⚠ ${cell.name}: ${this.state(cell)}; ${this.texts.not_counted}`);
    const list = this.find("#cells-silent");
    if (list.textContent !== told.join("")) {
      list.replaceChildren(...told.map((text) => element("li", { textContent: text })));
    }
  }

  options(names) {
    const there = [...this.select.options].slice(1).map((one) => one.value);
    if (there.join("\n") === names.join("\n")) return;
    while (this.select.options.length > 1) this.select.remove(1);
    for (const name of names) this.select.add(new Option(name, name));
    this.select.value = names.includes(this.chosen) ? this.chosen : "";
    this.chosen = this.select.value;
  }

  cellRow(cell, agents) {
    const queues = Object.values(cell.queues);
    const mine = agents.filter((agent) => agent.cell === cell.name);
    const figures =
      cell.state === "silent"
        ? ["?", "?", "?", "?", "?", "?"]
        : [
            queues.reduce((sum, queue) => sum + queue.waiting, 0),
            lasted(queues.reduce((most, queue) => Math.max(most, queue.longest_wait), 0)),
            mine.length,
            mine.filter((agent) => agent.status === "ready").length,
            cell.calls,
            cell.trunk_channels,
          ];
    const cells = [this.state(cell), ...figures].map((text) =>
      element("td", { textContent: String(text) }),
    );
    const row = element("tr", {}, element("th", { scope: "row", textContent: cell.name }), ...cells);
    row.dataset.cell = cell.name;
    row.className = `cell-${cell.state}`;
    return row;
  }

  state(cell) {
    if (cell.state !== "silent") return this.texts[cell.state];
    if (!cell.since) return this.texts.silent_always;
    const at = new Date(cell.since).toLocaleTimeString("en-GB", { timeZone: "Asia/Kolkata" });
    return this.texts.silent.replace("{at}", at);
  }

  /** What people read for a queue; its name stays the key. */
  title(name) {
    return this.whole.titles[name]?.[this.root.dataset.language] ?? name;
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  figures() {
    const queues = Object.values(this.told.queues);
    const waiting = queues.reduce((sum, queue) => sum + queue.waiting, 0);
    const decided = queues.reduce((sum, queue) => sum + queue.decided, 0);
    const inTime = queues.reduce((sum, queue) => sum + queue.in_time, 0);
    const level = decided ? inTime / decided : null;
    const { trunk_channels: used, trunk_limit: limit } = this.told;
    if (this.told.unknown) {
      for (const name of ["waiting", "level", "ready", "calls", "trunk"]) this.figure(name, "?");
      return;
    }
    this.figure("waiting", String(waiting));
    this.figure("level", percent(level));
    this.figure("ready", String(this.told.by_status.ready ?? 0));
    this.figure("calls", String(this.told.calls));
    this.figure("trunk", String(used), limit ? ` ${this.texts.of} ${limit}` : "");
  }

  /** `beside`: said smaller, so that the figure itself is read from afar. */
  figure(name, text, beside = "") {
    const place = this.find(`#figure-${name} dd`);
    if (place.textContent === text + beside) return;
    place.replaceChildren(text, ...(beside ? [element("small", { textContent: beside })] : []));
  }

  queues() {
    const rows = Object.entries(this.told.queues).map(([name, queue]) => {
      const cells = [
        queue.waiting, lasted(queue.longest_wait), percent(queue.service_level), queue.agents,
        queue.answered, queue.abandoned,
      ].map((text) => element("td", { textContent: String(text) }));
      const row = element("tr", {}, element("th", { scope: "row", textContent: this.title(name) }), ...cells);
      row.dataset.queue = name;
      return row;
    });
    if (!rows.length) {
      rows.push(element("tr", {}, element("td", { colSpan: 7, textContent: this.texts.no_queues })));
    }
    this.find("#queues").replaceChildren(...rows);
  }

  agents() {
    const place = (agent) => ORDER.indexOf(agent.status);
    const sorted = [...this.told.agents].sort((a, b) => place(a) - place(b));
    for (const [id, card] of this.cards) {
      if (!sorted.some((agent) => agent.agent === id)) {
        card.remove();
        this.cards.delete(id);
      }
    }
    const list = this.find("#agents");
    const had = document.activeElement;
    sorted.forEach((agent, at) => {
      const card = this.card(agent);
      if (list.children[at] !== card) list.insertBefore(card, list.children[at] ?? null);
    });
    if (had !== document.activeElement && list.contains(had)) had.focus(); // what is moved loses it
    const parts = ORDER.filter((status) => this.told.by_status[status]).map(
      (status) => `${SIGNS[status]} ${this.texts[status]} ${this.told.by_status[status]}`,
    );
    write(this.find("#by-status"), parts.join("   ") || this.texts.no_agents);
  }

  /** How many are planned beside how many are here, of all cells and queues together. */
  seats() {
    const { planned, agents } = this.whole;
    const told = this.texts.seats.replace("{here}", agents.length).replace("{planned}", planned);
    write(this.find("#seats"), planned && !this.chosen ? told : "");
  }

  card(agent) {
    let card = this.cards.get(agent.agent);
    if (!card) {
      const button = element(
        "button",
        { type: "button", className: "card-button" },
        element("span", { className: "name" }),
        element("span", { className: "state" }),
        element("span", { className: "since" }),
        element("span", { className: "in" }),
      );
      button.addEventListener("click", () => this.act(agent.agent));
      card = element("li", {}, button);
      this.cards.set(agent.agent, card);
    }
    card.dataset.agent = agent.agent;
    card.className = `agent is-${agent.status}`;
    const why = this.texts.pauses[agent.reason] ?? agent.reason;
    const more = agent.held ? this.texts.held : agent.status === "paused" ? why : "";
    const beside = (agent.beside ?? []).map((one) => this.texts[`is_${one.mode}`].replace("{who}", one.name));
    const known = `${SIGNS[agent.status]} ${this.texts[agent.status]}`;
    const state = [known, more, ...beside].filter(Boolean).join(" · ");
    write(card.querySelector(".name"), `${agent.name} (${agent.agent})`);
    write(card.querySelector(".state"), state);
    const several = this.whole.cells.length > 1;
    write(card.querySelector(".in"), [...agent.queues.map((name) => this.title(name)), ...(several ? [agent.cell] : [])].join(", "));
    card.querySelector("button").title = this.texts.act_on;
    return card;
  }

  alarms() {
    const list = this.find("#alarms");
    const rows = (this.told.alarms ?? []).map((alarm) => {
      const cell = this.whole.cells.length > 1 ? `${alarm.cell}: ` : "";
      const about = cell + (alarm.queue ? `${this.title(alarm.queue)}: ` : "");
      const seen = alarm.acknowledged ? ` · ${this.texts.acknowledged}` : "";
      const text = `⚠ ${about}${this.texts.alarms[alarm.kind]} (${alarm.shown})${seen}`;
      const row = element("li", { className: alarm.acknowledged ? "seen" : "" }, text);
      row.dataset.id = alarm.id;
      return row;
    });
    if (!rows.length) rows.push(element("li", { className: "none" }, `✓ ${this.texts.no_alarms}`));
    const same = list.textContent === rows.map((row) => row.textContent).join("");
    if (!same) list.replaceChildren(...rows);
  }

  /** What grows by itself: waits and times in a state. */
  tick() {
    if (!this.told) return;
    const now = Date.now() - this.ahead;
    const passed = (now - Date.parse(this.told.at)) / 1000;
    let longest = 0;
    for (const [name, queue] of Object.entries(this.told.queues)) {
      const wait = queue.waiting ? queue.longest_wait + (this.told.in_step ? passed : 0) : 0;
      longest = Math.max(longest, wait);
      const cell = this.find(`#queues tr[data-queue="${CSS.escape(name)}"]`)?.children[2];
      if (cell) write(cell, lasted(wait));
    }
    this.figure("longest", this.told.unknown ? "?" : lasted(longest));
    for (const agent of this.told.agents) {
      const cell = this.cards.get(agent.agent)?.querySelector(".since");
      if (cell) write(cell, lasted((now - Date.parse(agent.since)) / 1000));
    }
  }
}
