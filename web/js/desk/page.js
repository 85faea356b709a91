// Small helpers of the desk's page.

const texts = JSON.parse(document.getElementById("desk-texts").textContent);
export const language = document.documentElement.lang;

/** A text by its key; `{name}` in it is filled in. */
export function say(key, values = {}) {
  const text = texts[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

export function has(key) {
  return key in texts;
}

export const byId = (id) => document.getElementById(id);

/** An element with properties, attributes (`aria-...`, `data-...`) and children. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-") || name === "role" || name === "for") element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** What people write into: it keeps the focus, whatever happens beside it. */
export function isTyping() {
  return Boolean(document.activeElement?.matches("input, textarea, select"));
}

/** Choices drawn anew: the one that has the focus keeps it. */
export function redraw(box, ...choices) {
  const { name, value } = box.contains(document.activeElement) ? document.activeElement : {};
  box.replaceChildren(...choices);
  if (name) [...box.querySelectorAll("input")].find((one) => one.name === name && one.value === value)?.focus();
}

/** What was chosen stays so in a list that was filled anew; false: it is not in it any more. */
export function choose(select, value) {
  const there = [...select.options].some((one) => one.value === value);
  if (there) select.value = value;
  return there;
}

/** What was sent is taken out of its field; not what was typed there since. */
export function emptied(field, sent) {
  if (field.value.trim() === sent) field.value = "";
}

export function named(one) {
  return language === "hi" ? one.hi : one.en;
}

/** 0:07, 12:34, 1:02:03 */
export function length(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (!parts[0]) parts.shift();
  return parts.map((part, n) => (n ? String(part).padStart(2, "0") : part)).join(":");
}

const moments = new Intl.DateTimeFormat(language === "hi" ? "hi-IN" : "en-IN", {
  timeZone: "Asia/Kolkata",
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
  numberingSystem: "latn",
});

export const moment = (iso) => moments.format(new Date(iso));

let stays = () => false;

/** While `asked()` says so nobody leaves the page unasked: the citizen's sound would end with it. */
export function stayWhile(asked) {
  stays = asked;
  window.addEventListener("beforeunload", (event) => {
    if (!stays()) return;
    event.preventDefault();
    event.returnValue = true; // what older browsers look at
  });
}

/** GET as JSON; a session that ended leads to the sign-in page, once it may. */
export async function get(path) {
  const answer = await fetch(path, { headers: { Accept: "application/json" }, redirect: "manual" });
  const signedOut = answer.type === "opaqueredirect" || answer.status === 401;
  if (signedOut && !stays()) location.reload();
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

/** What is sent shows that it comes from a page of this session. */
export let csrf = document.querySelector("meta[name=csrf]").content;

/** The session is another than the one with which the page was loaded: who signed in again has a new one. */
export function belongTo(token) {
  csrf = token;
  for (const field of document.querySelectorAll("header.site input[name=csrf]")) field.value = token;
}

/** Said by screen readers, and shown for a while. */
export function announce(text, bad = false) {
  const line = byId("desk-said");
  line.textContent = text;
  line.className = bad ? "said bad" : "said";
  clearTimeout(announce.timer);
  announce.timer = setTimeout(() => {
    line.textContent = "";
    line.className = "said";
  }, 12000);
}
