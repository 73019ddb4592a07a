// The phoner's screen: saves, and swaps the next company in without loading the page. Nothing typed is lost: what waits
// for the network is kept, and sent again with the same key, so that it is saved once.

import { startClocks } from "./clocks.js";
import { lookAhead, startAhead, touched } from "./ahead.js";
import * as kept from "./kept.js";
import { texts, toast } from "./messages.js";
import { callForm, firstSlot, missing, needs, refresh, slot } from "./missing.js";

const AGAIN = 5_000; // how long to wait before a lost network is tried again
const PATIENCE = 20_000; // an answer that takes longer is not coming
const desk = () => document.getElementById("call-desk");
let arrowed = false;
let retry = 0;

const token = () => document.querySelector('meta[name="csrf-token"]').content;

function ask(url, body = null) {
  const headers = { "HX-Request": "true", "X-CSRFToken": token() };
  const signal = AbortSignal.timeout(PATIENCE);
  return fetch(url, { method: body ? "POST" : "GET", headers, body, signal, credentials: "same-origin" });
}

/** The fragment's two parts take the place of what they are called after. */
function swap(html) {
  document.activeElement?.blur?.();
  globalThis.htmx.swap(desk(), html, { swapStyle: "outerHTML", swapDelay: 0, settleDelay: 0, ignoreTitle: true });
  arrived();
}

function arrived({ first = false } = {}) {
  clearTimeout(retry);
  const { path, title, say } = desk().dataset;
  const form = callForm();
  if (!first) {
    history.replaceState(history.state, "", path);
    document.title = title;
    const saved = desk().querySelector("[data-saved-text]")?.textContent ?? "";
    document.getElementById("call-said").textContent = `${saved} ${say}`.trim();
    scrollTo(0, 0);
    desk().querySelector("[data-autofocus]")?.focus();
  }
  if (!form) return;
  const record = kept.restore(form);
  refresh();
  if (record?.pending === "yes") send(record.url, record.body);
  else tellUnsent(form);
  const idle = globalThis.requestIdleCallback ?? ((act) => setTimeout(act, 300));
  idle(() => lookAhead(form), { timeout: 2_000 });
}

/** An answer of the server, whatever it is. Where a refusal is shown: box. True when the page went on. */
async function show(answer, box) {
  const target = answer.headers.get("HX-Redirect");
  if (target) {
    const url = new URL(target, location.href);
    if (url.pathname !== "/call") return location.assign(url);
    return show(await ask(url), box);
  }
  const html = await answer.text();
  if (answer.ok && html.includes('id="call-desk"')) {
    swap(html);
    return true;
  }
  if ([409, 422].includes(answer.status) && box) {
    const options = { swapStyle: "innerHTML", swapDelay: 0, settleDelay: 0 };
    globalThis.htmx.swap(document.getElementById(box), html, options);
  } else {
    toast([400, 401, 403].includes(answer.status) ? texts.expired : texts.server, { bad: true });
  }
  return false;
}

/** Pause, next, take back: what is not a call's outcome. */
async function go(url, body) {
  try {
    await show(await ask(url, body), "call-answer");
  } catch {
    toast(texts.net, { bad: true });
  }
  refresh();
}

function forgetNote(entry) {
  for (const key of Object.keys(sessionStorage)) {
    if (key.startsWith(`autosave:/call/${entry}/note`)) sessionStorage.removeItem(key);
  }
}

/** Send the outcome or the booking; without network everything stays, and it is tried again. */
async function send(url, pairs) {
  const form = callForm();
  if (form.dataset.sending) return;
  clearTimeout(retry);
  const entry = form.elements.entry_id.value;
  const booking = url === form.dataset.bookUrl;
  form.dataset.sending = "yes";
  document.getElementById("call-why").textContent = form.dataset.saySending;
  try {
    const answer = await ask(url, new URLSearchParams(pairs));
    if (answer.status >= 500 || answer.status === 429) throw new Error(String(answer.status));
    if (answer.ok) {
      kept.sent(entry);
      forgetNote(entry);
    } else {
      document.getElementById("call-answer").replaceChildren();
    }
    if (answer.ok || [409, 422].includes(answer.status)) settle(entry);
    await show(answer, booking ? "slots" : "call-answer");
  } catch {
    if (form.isConnected) waitForNet(form);
  }
  delete form.dataset.sending;
  refresh();
  if (form.isConnected && booking && !slot()) firstSlot()?.focus();
}

/** The server has answered: nothing waits any longer. */
function settle(entry) {
  const record = kept.read(entry);
  const form = callForm();
  if (record?.pending && form?.elements.entry_id.value === entry) {
    kept.drop(entry);
    kept.keep(form);
  }
}

function waitForNet(form) {
  const box = document.getElementById("call-answer");
  if (!box.querySelector("[data-send-again]")) {
    box.replaceChildren(document.getElementById("call-offline").content.cloneNode(true));
  }
  clearTimeout(retry);
  retry = setTimeout(sendAgain, AGAIN);
}

const waits = () => document.querySelector("#call-answer [data-send-again]") !== null;

/** What waits is sent as it stands now, once nobody is typing. */
function sendAgain() {
  const form = callForm();
  if (form && waits() && !missing(form)) save();
}

function save() {
  const form = callForm();
  const lacks = missing(form);
  if (lacks) {
    refresh();
    lacks[1]?.focus();
    return;
  }
  const url = needs(form) === "slot" ? form.dataset.bookUrl : form.getAttribute("action");
  kept.pending(form, url, document.querySelector(".call__name").textContent);
  send(url, [...new FormData(form)]);
}

/** An answer to another company that the page left before it heard that it was saved. */
function tellUnsent(form) {
  const left = kept.unsent(form.elements.entry_id.value);
  if (!left) return;
  const box = document.getElementById("call-answer");
  box.replaceChildren(document.getElementById("call-unsent").content.cloneNode(true));
  const title = box.querySelector(".notice__title");
  title.textContent = title.textContent.replace("{name}", left.name);
}

async function sendUnsent(form) {
  const left = kept.unsent(form.elements.entry_id.value);
  if (!left) return;
  try {
    const answer = await ask(left.url, new URLSearchParams(left.body));
    if (answer.ok || answer.status === 409) kept.sent(left.entry);
    if (answer.ok) forgetNote(left.entry);
    await show(answer, "call-answer");
  } catch {
    toast(texts.net, { bad: true });
  }
}

function onSubmit(event) {
  const sender = event.target;
  const inside = sender.closest("#call-desk") || sender.id === "call-form";
  const phones = sender.matches("[data-phone-dial], [data-phone-hangup]"); // phone.js has them
  if (!inside || phones || event.defaultPrevented || sender.method !== "post") return;
  event.preventDefault();
  const other = event.submitter?.getAttribute("formaction");
  if (sender.matches("[data-call-form]") && !other) return save();
  const body = new URLSearchParams([...new FormData(sender, event.submitter)]);
  const mine = callForm()?.dataset.retakeUrl;
  if (other?.endsWith("/retake") && other !== mine) body.delete("note"); // another company's notes are its own
  go(other ?? sender.getAttribute("action"), body);
}

/** After a key or a click, not while arrowing through the keys. */
function goOn(event) {
  const form = callForm();
  if (event.target.name !== "outcome" || event.target.form !== form || arrowed) return;
  const next = { slot: slot() ?? firstSlot(), call_back_at: form.elements.call_back_at }[needs(form)];
  next?.focus();
}

function typed(event) {
  const form = callForm();
  if (!form) return;
  if (event.target.form === form) {
    kept.keep(form);
    if (waits()) {
      clearTimeout(retry);
      retry = setTimeout(sendAgain, AGAIN);
    }
  }
  refresh();
}

function onClick(event) {
  const pressed = (selector) => event.target.closest?.(selector);
  const form = callForm();
  if (pressed("[data-send-again]")) save();
  if (pressed("[data-send-unsent]")) sendUnsent(form);
  if (pressed("[data-drop-unsent]")) {
    kept.drop(kept.unsent(form.elements.entry_id.value)?.entry);
    document.getElementById("call-answer").replaceChildren();
  }
  if (pressed('[data-key="F4"]')) (slot() ?? firstSlot())?.focus();
  if (pressed("[data-slots-again]")) {
    const panel = document.getElementById("slots");
    globalThis.htmx.ajax("GET", panel.getAttribute("hx-get"), { source: panel, target: panel, swap: "innerHTML" });
  }
}

/** Times that never came: say so where they would stand, with a way to ask again. */
function slotsFailed(event) {
  const waiting = event.detail.elt?.id === "slots" && document.querySelector("#slots .call__waiting");
  if (waiting) waiting.replaceWith(document.getElementById("slots-failed").content.cloneNode(true));
}

document.addEventListener("keydown", (event) => {
  arrowed = event.key.startsWith("Arrow");
  touched();
}, true);
document.addEventListener("pointerdown", () => {
  arrowed = false;
  touched();
}, true);
document.addEventListener("submit", onSubmit);
document.addEventListener("change", typed);
document.addEventListener("input", typed);
document.addEventListener("click", goOn);
document.addEventListener("click", onClick);
// The line itself tells how it ended: chosen, unless something is already.
document.addEventListener("phone:proposes", (event) => {
  const form = callForm();
  const radio = [...(form?.querySelectorAll('[name="outcome"]') ?? [])].find((one) => one.value === event.detail.outcome);
  if (!radio || form.querySelector('[name="outcome"]:checked')) return;
  radio.checked = true;
  radio.dispatchEvent(new Event("change", { bubbles: true }));
});
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.elt?.closest?.("#slots") && callForm()) kept.restoreSlot(callForm());
  refresh();
});
for (const name of ["htmx:responseError", "htmx:sendError"]) document.addEventListener(name, slotsFailed);
addEventListener("online", sendAgain);
addEventListener("pageshow", (event) => {
  if (event.persisted) go(desk().dataset.path);
});
startClocks();
startAhead(callForm, (html) => {
  document.getElementById("call-answer").innerHTML = html;
  refresh();
});
arrived({ first: true });
