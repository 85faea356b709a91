// The wallboard: a socket, a board that it draws, and what supervisors do.

import { Actions } from "../lib/supervisor/actions.js";
import { Board } from "../lib/supervisor/board.js";
import { write } from "../lib/supervisor/dom.js";
import { Questions } from "../lib/supervisor/questions.js";
import { Link } from "../lib/supervisor/socket.js";

const root = document.querySelector("#wall");
const texts = JSON.parse(root.dataset.texts);
const state = root.querySelector("#link");

const board = new Board(root, texts, (agent) => actions.open(agent));
const link = new Link("/supervisor/socket", {
  message(told) {
    if (told.type === "board") {
      board.show(told);
      questions.show(told.questions ?? []);
      actions.refresh();
      const here = told.cells.find((cell) => cell.here);
      write(state, here.state === "up" ? "" : `⚠ ${texts.stale}`);
    } else if (told.type === "hello") {
      questions.me = told.actor;
      questions.show(board.whole?.questions ?? []);
    } else if (told.type === "help") {
      actions.said(told);
    }
  },
  state(now) {
    root.classList.toggle("stale", now !== "up");
    if (now === "out") location.assign("/sign-in?next=/supervisor");
    else if (now === "down") write(state, `⚠ ${texts.away}`);
    else write(state, "");
  },
});
const questions = new Questions(root, texts, (what, question) => actions.answer(what, question));
const actions = new Actions(root, texts, link, board, questions);
