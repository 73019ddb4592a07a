// The page frame: htmx and CSRF, focus after swaps, messages, confirmation, copy, menus.
import { startKeys } from "./keys.js";
import { startAutosave } from "./autosave.js";
import { startSteppers } from "./steppers.js";
import { startPalette } from "./palette.js";
import { startComboboxes } from "./combobox.js";
import { confirmed, texts, toast } from "./messages.js";

function focusIn(root) {
  const target = root.matches?.("[data-autofocus]") ? root : root.querySelector?.("[data-autofocus]");
  target?.focus({ preventScroll: false });
}

function asksFirst(element) {
  const holder = element?.closest?.("[data-confirm]");
  return holder && holder.dataset.confirmed !== "yes" ? holder : null;
}

async function ask(event) {
  const pressed = event.type === "submit" ? event.submitter ?? event.target : event.target;
  const form = event.type === "submit" ? event.target : null;
  const holder = asksFirst(pressed) ?? asksFirst(form);
  if (!holder || (event.type === "click" && holder.tagName === "FORM")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const { confirm, confirmDetail, confirmYes } = holder.dataset;
  if (!(await confirmed(confirm, confirmDetail, confirmYes))) return holder.focus();
  holder.dataset.confirmed = "yes";
  if (form) form.requestSubmit(event.submitter ?? undefined);
  else holder.click();
  delete holder.dataset.confirmed;
}

async function copy(event) {
  const button = event.target.closest?.("[data-copy]");
  if (!button) return;
  const source = button.dataset.copy.startsWith("#") && document.querySelector(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source ? source.value ?? source.textContent.trim() : button.dataset.copy);
    toast(texts.copied, { seconds: 2 });
  } catch {
    toast(texts.copyFailed, { bad: true });
  }
}

function closeMenus(event) {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (event.type === "keydown" ? event.key === "Escape" : !menu.contains(event.target)) {
      menu.open = false;
      if (event.type === "keydown") menu.querySelector("summary").focus();
    }
  }
  if (event.key === "Escape") {
    document.activeElement?.closest?.(".tip")?.classList.add("is-closed");
  }
}

// What scrolls must be reachable by keyboard; what does not should cost no stop on the way.
function scrollers() {
  for (const box of document.querySelectorAll("[data-scroll]")) {
    const scrolls = box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1;
    if (!scrolls) {
      box.removeAttribute("tabindex");
      continue;
    }
    box.tabIndex = 0;
    if (box.dataset.scroll) {
      box.setAttribute("role", "group");
      box.setAttribute("aria-label", box.dataset.scroll);
    }
  }
}

function token() {
  return document.querySelector('meta[name="csrf-token"]')?.content ?? "";
}

document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = token();
});
document.addEventListener("htmx:confirm", async (event) => {
  const question = event.detail.elt.getAttribute("hx-confirm");
  if (!question) return;
  event.preventDefault();
  if (await confirmed(question)) event.detail.issueRequest(true);
});
// A refused form (409, 422) carries its own page: show it instead of an error.
document.addEventListener("htmx:beforeSwap", (event) => {
  if ([409, 422].includes(event.detail.xhr.status)) {
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  }
});
document.addEventListener("htmx:afterSettle", (event) => focusIn(event.detail.elt));
document.addEventListener("htmx:load", (event) => {
  if (event.detail.elt !== document.body) globalThis.DKFDS?.init({ scope: event.detail.elt });
});
document.addEventListener("htmx:sendError", (event) => {
  const byItself = event.detail.elt?.getAttribute?.("hx-trigger")?.includes("every"); // it asks again soon
  if (!byItself) toast(texts.net, { bad: true });
});
document.addEventListener("htmx:responseError", (event) => {
  const expired = [401, 403].includes(event.detail.xhr.status);
  toast(expired ? texts.expired : texts.server, { bad: true });
});
// A response may carry HX-Trigger: {"toast": "…"}.
document.addEventListener("toast", (event) => toast(event.detail.value ?? event.detail.text));

document.addEventListener("click", ask, true);
document.addEventListener("submit", ask, true);
document.addEventListener("click", copy);
document.addEventListener("click", closeMenus);
document.addEventListener("keydown", closeMenus);
document.addEventListener("focusin", (event) => event.target.closest(".tip")?.classList.remove("is-closed"));
document.addEventListener("mouseover", (event) => event.target.closest?.(".tip")?.classList.remove("is-closed"));

startKeys();
startAutosave(token, texts);
startSteppers();
startPalette();
startComboboxes();
focusIn(document);
scrollers();
addEventListener("resize", scrollers);
document.addEventListener("htmx:afterSettle", scrollers);
document.addEventListener("toggle", scrollers, true);
globalThis.DKFDS?.init();
