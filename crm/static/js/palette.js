// Ctrl+K: one field that finds companies, CVR numbers, contacts and commands.
// The address in data-url answers with a list fragment; each hit is an element with
// role="option" holding (or being) a link: <a role="option" href="…">…</a>. What the page itself can do is found too:
// elements with data-command="words", and everything that has a key with a name.

import { keyName, keysHere, use } from "./keys.js";

const WAIT = 120;

/** What this page can do, by words: [{label, key, element}]. */
function commandsHere(text) {
  const named = [...document.querySelectorAll("[data-command]")].filter((one) => !one.disabled);
  const all = [...named.map((element) => ({ element, label: element.dataset.command, key: element.dataset.key ?? "" })), ...keysHere()];
  all.sort((one, other) => Boolean(other.key) - Boolean(one.key)); // what has a key belongs to this page
  const wanted = text.toLocaleLowerCase();
  const seen = new Set();
  return all.filter(({ label }) => {
    const words = label.toLocaleLowerCase();
    if (!words.includes(wanted) || seen.has(words)) return false;
    return seen.add(words);
  });
}

function optionOf({ label, key, element }) {
  const option = document.createElement("button");
  option.type = "button";
  option.setAttribute("role", "option");
  option.append(Object.assign(document.createElement("span"), { textContent: label }));
  if (key) option.append(Object.assign(document.createElement("kbd"), { className: "kbd", textContent: keyName(key) }));
  option.addEventListener("click", () => {
    option.closest("dialog").close(); // behind an open dialog nothing takes the focus
    use(element);
  });
  return option;
}

export function startPalette() {
  const dialog = document.getElementById("palette");
  if (!dialog) return;
  const field = dialog.querySelector("input");
  const list = dialog.querySelector('[role="listbox"]');
  const status = dialog.querySelector("[data-palette-status]");
  let timer = 0;
  let asked = 0;

  const options = () => [...list.querySelectorAll('[role="option"]')];
  const chosen = () => list.querySelector('[aria-selected="true"]');

  function choose(option) {
    chosen()?.setAttribute("aria-selected", "false");
    if (!option) return field.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    field.setAttribute("aria-activedescendant", option.id);
  }

  function none(text) {
    list.replaceChildren(Object.assign(document.createElement("p"), { className: "palette__none", textContent: text }));
    status.textContent = text;
  }

  async function look() {
    const mine = ++asked;
    try {
      const address = new URL(dialog.dataset.url, location.href);
      address.searchParams.set("q", field.value.trim());
      const answer = await fetch(address, { headers: { "HX-Request": "true" }, credentials: "same-origin" });
      if (mine !== asked) return;
      if (!answer.ok || answer.redirected) return none(dialog.dataset.failed);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const pages = [...page.querySelectorAll('[role="option"]')];
      const names = new Set(pages.map((one) => one.textContent.trim().toLocaleLowerCase()));
      const own = commandsHere(field.value.trim()).filter(({ label }) => !names.has(label.toLocaleLowerCase())).map(optionOf);
      const hits = pages.filter((one) => one.matches("[href^='/companies/']"));
      list.replaceChildren(...hits, ...own, ...pages.filter((one) => !hits.includes(one)));
      options().forEach((option, index) => {
        option.id = `palette-option-${index}`;
        option.tabIndex = -1;
        option.setAttribute("aria-selected", "false");
      });
      if (!options().length) return none(dialog.dataset.empty);
      choose(options()[0]);
      status.textContent = String(options().length);
    } catch {
      if (mine === asked) none(dialog.dataset.failed);
    }
  }

  function open() {
    if (dialog.open) return;
    field.value = "";
    list.replaceChildren();
    dialog.showModal();
    field.focus();
    look();
  }

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      open();
    }
  });
  list.addEventListener("click", (event) => {
    if (event.target.closest("[role=option]")) dialog.close();
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest?.("[data-open-palette]")) open();
    if (event.target === dialog) dialog.close();
  });
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, WAIT);
  });
  field.addEventListener("keydown", (event) => {
    const all = options();
    const at = all.indexOf(chosen());
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && all.length) {
      event.preventDefault();
      choose(all[(at + step + all.length) % all.length]);
    }
    if (event.key === "Enter" && chosen()) {
      event.preventDefault();
      const link = chosen().matches("a, button") ? chosen() : chosen().querySelector("a, button");
      link?.click(); // closes the palette
    }
  });
}
