// Keyboard shortcuts. An element with data-key="n" is pressed (or, when it is a field, focused)
// by that key, unless the person is typing. data-key-label names it in the overlay that "?" opens.
// Single keys can be switched off (WCAG 2.1.4); F-keys and Ctrl combinations stay.

const STORE = "jobaabner.single-keys-off";
const TYPING = 'input:not([type="radio"], [type="checkbox"], [type="button"], [type="submit"]), textarea, select, [contenteditable="true"]';

function isOff() {
  try {
    return localStorage.getItem(STORE) === "1";
  } catch {
    return false;
  }
}

function setOff(off) {
  try {
    localStorage.setItem(STORE, off ? "1" : "0");
  } catch {
    // Private windows may refuse; the choice then lasts for this page.
  }
  document.documentElement.classList.toggle("single-keys-off", off);
}

function nameOf(event) {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  return `${event.ctrlKey || event.metaKey ? "Ctrl+" : ""}${event.altKey ? "Alt+" : ""}${key}`;
}

function shown(element) {
  return !element.disabled && element.getClientRects().length > 0;
}

function find(name) {
  const root = document.querySelector("dialog[open]") ?? document;
  return [...root.querySelectorAll("[data-key]")].find(
    (element) => element.dataset.key.toLowerCase() === name.toLowerCase() && shown(element),
  );
}

function use(element) {
  if (element.matches(TYPING)) {
    element.focus();
    return;
  }
  const inner = element.matches("label") ? element.control : element;
  inner.focus();
  inner.click();
}

function openOverlay() {
  const dialog = document.getElementById("keys-dialog");
  if (!dialog || dialog.open) return;
  const rows = [...document.querySelectorAll("[data-key][data-key-label]")].filter(shown).map((element) => {
    const row = document.createElement("div");
    const term = document.createElement("dt");
    const key = Object.assign(document.createElement("kbd"), { className: "kbd" });
    key.textContent = element.dataset.key.length === 1 ? element.dataset.key.toUpperCase() : element.dataset.key;
    term.append(key);
    row.append(term, Object.assign(document.createElement("dd"), { textContent: element.dataset.keyLabel }));
    return row;
  });
  dialog.querySelector("[data-key-list]").replaceChildren(...rows);
  dialog.querySelector("[data-key-none]").hidden = rows.length > 0;
  dialog.querySelector("[data-keys-off]").checked = isOff();
  dialog.showModal();
}

function submitForm(event) {
  const inside = document.activeElement?.closest?.("form[data-ctrl-enter]");
  const form = inside ?? document.querySelector("form[data-ctrl-enter]");
  if (!form) return;
  event.preventDefault();
  const parts = [...form.elements]; // also those that stand outside of it and name it by form="…"
  const button =
    parts.find((part) => part.matches("[data-ctrl-enter-button]")) ??
    parts.find((part) => part.matches('[type="submit"]:not([disabled])'));
  form.requestSubmit(button ?? undefined);
}

function onKey(event) {
  if (event.defaultPrevented || event.isComposing) return;
  const name = nameOf(event);
  const typing = event.target.matches?.(TYPING);
  if (name === "Ctrl+Enter" && !document.querySelector("dialog[open]")) return submitForm(event);
  if (typing && name === "Escape" && !event.target.closest("dialog")) return event.target.blur();
  const single = name.length === 1;
  if (single && (typing || isOff() || event.repeat)) return;
  if (name === "?") {
    event.preventDefault();
    return openOverlay();
  }
  const element = find(name);
  if (!element) return;
  event.preventDefault();
  use(element);
}

export function startKeys() {
  setOff(isOff());
  document.addEventListener("keydown", onKey);
  document.addEventListener("click", (event) => {
    if (event.target.closest?.("[data-open-keys]")) openOverlay();
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches?.("[data-keys-off]")) setOff(event.target.checked);
  });
}
