// What every page has beyond its forms; each page also works without it.

/** A button that shows what is typed into a password field. */
function addShowButtons() {
  for (const field of document.querySelectorAll("input[type=password][data-show]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "other";
    button.textContent = field.dataset.show;
    button.setAttribute("aria-controls", field.id);
    button.addEventListener("click", () => {
      const shown = field.type === "text";
      field.type = shown ? "password" : "text";
      button.textContent = shown ? field.dataset.show : field.dataset.hide;
    });
    const line = document.createElement("div");
    line.className = "shown";
    field.replaceWith(line);
    line.append(field, button);
  }
}

const SENT_MS = 5000;

/**
 * What changes something is not sent by a second click, and what cannot be undone only after a question.
 * The page may stay: the answer was a file, or the browser's stop was pressed, of which no page is told.
 */
function guardForms() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const question = event.submitter?.dataset.confirm;
    if (form.dataset.sent || (question && !window.confirm(question))) {
      event.preventDefault();
      return;
    }
    if ((event.submitter?.formMethod || form.method) === "get") return;
    const sent = (form.dataset.sent = String(Date.now()));
    setTimeout(() => form.dataset.sent === sent && again(form), SENT_MS);
  });
  document.addEventListener("input", ({ target }) => target.form && again(target.form));
  // A page that comes back from the browser's memory can send its forms again.
  window.addEventListener("pageshow", () => {
    for (const form of document.forms) again(form);
  });
}

function again(form) {
  delete form.dataset.sent;
}

addShowButtons();
guardForms();
