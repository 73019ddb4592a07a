// Holds the chosen time while the phoner talks. Works on the panel that templates/visits/_slots.html fills into #slots,
// however often it is swapped; import it once, its listeners stand on document.
// Hears: change of input[name="slot"], Escape in the panel, submit of #call-form, htmx:afterSettle.
// Tells (on document): slots:held {left, total} when the chosen time is held, slots:lapsed when it no longer is,
// slots:released when it was let go, slots:lost when somebody else has it and three others are shown.

import { texts, toast } from "./messages.js";

const WAIT = 400; // arrowing past a time does not hold it
const PROLONG = 30; // seconds left
const ACTIVE = 180_000; // a key or a click so lately: the phoner still talks about this time
const SECOND = 1000;

let ends = 0; // performance.now() at which the hold lapses; 0 = nothing is held
let total = 180;
let soon = 0;
let busy = false;
let again = null; // what was chosen while an answer was on its way
let touched = performance.now();

const panel = () => document.getElementById("slots");
const head = () => panel()?.querySelector("[data-holds]");
const chosen = () => panel()?.querySelector('input[name="slot"]:checked:not(:disabled)') ?? null;
const tell = (name, detail = {}) => document.dispatchEvent(new CustomEvent(name, { detail }));
const saving = () => document.getElementById("call-form")?.dataset.sending !== undefined;
const left = () => Math.max(0, Math.ceil((ends - performance.now()) / SECOND));

function say(text) {
  const line = panel()?.querySelector("[data-hold-said]");
  if (line) line.textContent = text;
}

function draw() {
  const seconds = left();
  const root = panel();
  const some = root?.querySelector("[data-hold-some]");
  if (!some) return;
  some.hidden = seconds === 0;
  root.querySelector("[data-hold-none]").hidden = seconds > 0;
  root.querySelector("[data-hold-left]").textContent = `${Math.floor(seconds / 60)}.${String(seconds % 60).padStart(2, "0")}`;
  const bar = root.querySelector(".hold-bar");
  bar.max = total;
  bar.value = seconds;
}

/** Hold this time in a moment; null: nothing any more. */
function later(value) {
  clearTimeout(soon);
  soon = value === null ? 0 : setTimeout(() => chosen()?.value === value ? hold(value) : later(null), WAIT);
}

/** What the server has written into a panel that has just come. */
function read() {
  const bar = panel()?.querySelector(".hold-bar");
  if (!bar || bar.dataset.read) return;
  bar.dataset.read = "yes";
  later(null);
  total = bar.max;
  ends = bar.value > 0 ? performance.now() + bar.value * SECOND : 0;
  draw();
}

async function send(url, body) {
  const token = document.querySelector('meta[name="csrf-token"]').content;
  const headers = { "HX-Request": "true", "X-CSRFToken": token };
  return fetch(url, { method: "POST", headers, body: new URLSearchParams(body), credentials: "same-origin" });
}

/** Hold the time with this value; without one prolong what is held. One request at a time, the last choice wins. */
async function hold(value) {
  later(null);
  const at = head();
  if (!at || saving()) return;
  if (busy) {
    again = value ?? again;
    return;
  }
  busy = true;
  const entry = at.dataset.holds;
  try {
    const answer = await send(at.dataset.holdUrl, value ? { entry_id: entry, slot: value } : { entry_id: entry });
    if (head()?.dataset.holds === entry && !saving()) await show(answer, Boolean(value));
  } catch {
    if (value) toast(texts.net, { bad: true });
  }
  busy = false;
  const next = again;
  again = null;
  if (next && chosen()?.value === next) hold(next);
}

async function show(answer, anew) {
  if (answer.ok) {
    const kept = await answer.json();
    total = kept.total;
    ends = performance.now() + kept.left * SECOND;
    draw();
    if (anew) say(head().dataset.sayHeld);
    tell("slots:held", kept);
  } else if ([409, 422].includes(answer.status)) {
    globalThis.htmx.swap(panel(), await answer.text(), { swapStyle: "innerHTML", swapDelay: 0, settleDelay: 0 });
    read();
    panel().querySelector("[data-autofocus]")?.focus();
    tell("slots:lost");
  } else {
    toast([400, 401, 403].includes(answer.status) ? texts.expired : texts.server, { bad: true });
  }
}

async function release() {
  const at = head();
  const radio = chosen();
  if (!at || !radio) return;
  later(null);
  again = null;
  radio.checked = false;
  ends = 0;
  draw();
  say(at.dataset.sayFree);
  radio.dispatchEvent(new Event("change", { bubbles: true }));
  tell("slots:released");
  try {
    await send(at.dataset.releaseUrl, { entry_id: at.dataset.holds });
  } catch {
    // It lapses by itself.
  }
}

function tick() {
  if (ends === 0) return;
  const seconds = left();
  draw();
  if (seconds === 0) {
    ends = 0;
    say(head()?.dataset.sayLapsed ?? "");
    tell("slots:lapsed");
  } else if (seconds <= PROLONG && !busy && !document.hidden && performance.now() - touched < ACTIVE) {
    hold(null);
  }
}

/** Back after a pause: the time that is still chosen is held again, or the phoner learns at once that it is gone. */
function touch() {
  touched = performance.now();
  if (ends === 0 && !busy && !soon && chosen()) later(chosen().value);
}

document.addEventListener("change", (event) => {
  if (event.target.name !== "slot" || !panel()?.contains(event.target) || !event.target.checked) return;
  later(event.target.value);
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && event.target.name === "slot" && panel()?.contains(event.target)) release();
});
document.addEventListener("submit", () => later(null), true);
document.addEventListener("htmx:afterSettle", read);
for (const name of ["keydown", "pointerdown"]) document.addEventListener(name, touch, { capture: true, passive: true });
setInterval(tick, SECOND);
read();
