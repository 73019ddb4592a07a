// Keyboard shortcuts. An element with data-key="n" is pressed (or, when it is a field, focused)
// by that key, unless the person is typing. data-key-label names it in the overlay that "?" opens.
// Where several share a key, the one inside [data-keys-over] goes first, and radio buttons take turns.
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
  for (const command of document.querySelectorAll("[data-toggle-keys]")) {
    command.dataset.command = off ? command.dataset.sayOn : command.dataset.sayOff;
  }
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
  const found = [...root.querySelectorAll("[data-key]")].filter(
    (element) => element.dataset.key.toLowerCase() === name.toLowerCase() && shown(element),
  );
  const over = found.filter((element) => element.closest("[data-keys-over]"));
  const asked = over.length ? over : found;
  return asked.find((element) => !element.control?.checked) ?? asked[0];
}

/** Press it; a field gets the focus. */
export function use(element) {
  if (element.matches(TYPING)) {
    element.focus();
    return;
  }
  const inner = element.matches("label") ? element.control : element;
  inner.focus();
  inner.click();
}

/** As it stands on the keyboard: "Ctrl+Z", "P". */
export const keyName = (key) => key.replace(/(^|\+)[a-z]$/, (end) => end.toUpperCase());

/** The page's keys as they can be pressed now: [label, key, group]. */
export function keysHere() {
  const found = [...document.querySelectorAll("[data-key][data-key-label]")].filter(shown);
  return found.map((element) => {
    const { key, keyLabel } = element.dataset;
    return { element, label: keyLabel, key, group: element.closest("[data-key-group]")?.dataset.keyGroup ?? "" };
  });
}

function made(tag, text, className = "") {
  return Object.assign(document.createElement(tag), { textContent: text, className });
}

function openOverlay() {
  const dialog = document.getElementById("keys-dialog");
  if (!dialog || dialog.open) return;
  const list = dialog.querySelector("[data-key-list]");
  const groups = Map.groupBy ? Map.groupBy(keysHere(), (one) => one.group) : new Map([["", keysHere()]]);
  const parts = [...groups].map(([group, keys]) => {
    const rows = made("dl", "", "key-list");
    for (const { label, key } of keys) {
      const row = document.createElement("div");
      const term = document.createElement("dt");
      term.append(made("kbd", keyName(key), "kbd"));
      row.append(term, made("dd", label));
      rows.append(row);
    }
    const part = document.createElement("section");
    part.append(made("h3", group || list.dataset.here, "key-list__title"), rows);
    return part;
  });
  list.replaceChildren(...parts, list.querySelector("[data-key-everywhere]"));
  dialog.querySelector("[data-key-none]").hidden = parts.length > 0;
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
  const element = typing && name === "Ctrl+z" ? null : find(name); // in a field it is the field's own undo
  if (!element) return;
  event.preventDefault();
  use(element);
}

export function startKeys() {
  setOff(isOff());
  document.addEventListener("keydown", onKey);
  document.addEventListener("click", (event) => {
    if (event.target.closest?.("[data-open-keys]")) openOverlay();
    if (event.target.closest?.("[data-toggle-keys]")) setOff(!isOff());
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches?.("[data-keys-off]")) setOff(event.target.checked);
  });
}
