// Small helpers: elements without strings of HTML, times as people read them.

/** An element with properties and children; strings become text. */
export function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/** Set the text only where it differs: screen readers and selections are left alone. */
export function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** What was sent is taken out of its field; not what was typed there since. */
export function emptied(field, sent) {
  if (field.value.trim() === sent) field.value = "";
}

/** Seconds as m:ss, from an hour on as h:mm:ss. */
export function lasted(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (part) => String(part).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${two(whole % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}

/** A share of one as whole per cent; a dash where nothing is known. */
export function percent(share) {
  return share === null || share === undefined ? "–" : `${Math.round(share * 100)} %`;
}
