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

/** A form is sent once, and what cannot be undone only after a question. */
function guardForms() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const question = event.submitter?.dataset.confirm;
    if (form.dataset.sent || (question && !window.confirm(question))) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
  });
  // A page that comes back from the browser's memory can send its forms again.
  window.addEventListener("pageshow", () => {
    for (const form of document.forms) delete form.dataset.sent;
  });
}

addShowButtons();
guardForms();
