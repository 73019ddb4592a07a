// The phoner's screen: what still blocks saving, where the focus goes, booking or finishing without losing a word.

const form = document.querySelector("[data-call-form]");
const BEAT = 60_000;
const SILENT_AFTER = 30 * 60_000; // no key, no pointer for this long: let the lease run out

const say = (text) => document.dispatchEvent(new CustomEvent("toast", { detail: { text } }));
const outcome = () => form.elements.outcome.value;
const slot = () => document.querySelector('input[name="slot"]:checked:not(:disabled)');
const firstSlot = () => document.querySelector('input[name="slot"]:not(:disabled)');
const field = (name) => form.elements[name];

/** [text, where to go] of the first thing that is missing; null when it can be saved. */
function missing() {
  const { sayOutcome, saySlot, sayContact, sayReason, sayWhen, sayLost } = form.dataset;
  const chosen = outcome();
  const lost = document.querySelector("#call-answer [data-lost] button");
  if (lost) return [sayLost, lost];
  if (!chosen) return [sayOutcome, form.querySelector('[name="outcome"]')];
  if (chosen === "booked" && !slot()) return [saySlot, firstSlot()];
  if (chosen === "booked" && !field("contact_name").value.trim()) return [sayContact, field("contact_name")];
  if (chosen === "declined" && !field("reason").value) return [sayReason, form.querySelector('[name="reason"]')];
  if (chosen === "call_back" && !field("call_back_at").value.trim()) return [sayWhen, field("call_back_at")];
  const bad = document.querySelector("#when-answer [data-bad]");
  if (chosen === "call_back" && bad) return [bad.textContent.trim(), field("call_back_at")];
  return null;
}

/** "ti. 24. nov. 10.00–11.00 hos Karen Mønster" of the chosen time. */
function slotText() {
  const chosen = slot();
  const label = chosen.closest("label");
  const part = (name) => label.querySelector(`.slot__${name}`)?.textContent ?? "";
  return form.dataset.sayBooking.replace("{when}", `${part("day")} ${part("time")}`.trim()).replace("{who}", chosen.dataset.who ?? "");
}

function refresh() {
  const why = document.getElementById("call-why");
  const button = form.querySelector("[data-ctrl-enter-button]");
  const lacks = missing();
  const text = lacks ? lacks[0] : outcome() === "booked" ? slotText() : "";
  if (why.textContent !== text) why.textContent = text;
  why.className = lacks && outcome() ? "bad medium" : "";
  button.setAttribute("aria-disabled", lacks ? "true" : "false");
}

/** After a key or a click, not while arrowing through the keys. */
function goOn(event) {
  if (event.target.name !== "outcome" || arrowed) return;
  const chosen = outcome();
  const next = chosen === "booked" ? slot() ?? firstSlot() : chosen === "call_back" ? field("call_back_at") : null;
  next?.focus();
}

let arrowed = false;
let lastTouch = Date.now();
document.addEventListener("keydown", (event) => {
  arrowed = event.key.startsWith("Arrow");
  lastTouch = Date.now();
}, true);
document.addEventListener("pointerdown", () => {
  arrowed = false;
  lastTouch = Date.now();
}, true);

function forgetDraft() {
  const note = document.getElementById("note");
  try {
    sessionStorage.removeItem(`autosave:${note.dataset.autosaveUrl}#${note.name}`);
  } catch {
    // Nothing was kept then.
  }
}

async function send(event) {
  if (event.submitter?.hasAttribute("formaction")) {
    if (event.submitter.dataset.carriesNote !== undefined) forgetDraft();
    return;
  }
  event.preventDefault();
  const lacks = missing();
  if (lacks) {
    refresh();
    lacks[1]?.focus();
    return;
  }
  if (form.dataset.sending) return;
  form.dataset.sending = "yes";
  document.getElementById("call-why").textContent = form.dataset.saySending;
  const booking = outcome() === "booked";
  try {
    await globalThis.htmx.ajax("POST", booking ? form.dataset.bookUrl : form.action, {
      source: form, target: booking ? "#slots" : "#call-answer", swap: "innerHTML",
    });
  } finally {
    delete form.dataset.sending;
    refresh();
    if (booking && !slot()) firstSlot()?.focus();
  }
}

/** Open step n of the script; the ones before it are done. */
function openStep(steps, wanted) {
  const mark = document.querySelector("[data-step-done]");
  steps.forEach((step, n) => {
    step.classList.toggle("is-current", n === wanted);
    step.classList.toggle("is-done", n < wanted);
    step.querySelector("[data-step-open]").setAttribute("aria-expanded", String(n === wanted));
    step.querySelector(".steps__say").hidden = n !== wanted;
    const number = step.querySelector("[data-step-number]");
    if (n < wanted) number.replaceChildren(mark.content.cloneNode(true));
    else number.textContent = String(n + 1);
  });
}

function startScript() {
  const steps = [...document.querySelectorAll("[data-step]")];
  steps.forEach((step, n) => step.querySelector("[data-step-open]").addEventListener("click", () => openStep(steps, n)));
  document.querySelector("[data-step-on]")?.addEventListener("click", () => {
    const now = steps.findIndex((step) => step.classList.contains("is-current"));
    openStep(steps, Math.min(now + 1, steps.length - 1));
  });
}

function startDial() {
  document.querySelector("[data-dial]")?.addEventListener("click", () => {
    const line = document.querySelector("[data-dialled]");
    if (!line.hidden) return;
    const began = Date.now();
    const tick = () => {
      const seconds = Math.floor((Date.now() - began) / 1000);
      line.querySelector("[data-dialled-since]").textContent = `· ${Math.floor(seconds / 60)}.${String(seconds % 60).padStart(2, "0")}`;
    };
    tick();
    line.hidden = false;
    setInterval(tick, 1000);
  });
}

/** Times that never came: say so where they would stand, with a way to ask again. */
function slotsFailed(event) {
  const panel = document.getElementById("slots");
  if (event.detail.elt !== panel || !panel.querySelector(".call__waiting")) return;
  panel.querySelector(".call__waiting").replaceWith(document.getElementById("slots-failed").content.cloneNode(true));
}

function slotsAgain(event) {
  if (!event.target.closest?.("[data-slots-again]")) return;
  const panel = document.getElementById("slots");
  globalThis.htmx.ajax("GET", panel.getAttribute("hx-get"), { source: panel, target: panel, swap: "innerHTML" });
}

async function beat() {
  if (document.hidden || Date.now() - lastTouch > SILENT_AFTER) return;
  if (document.querySelector("#call-answer [data-lost]")) return;
  const token = document.querySelector('meta[name="csrf-token"]').content;
  try {
    const answer = await fetch(form.dataset.beatUrl, { method: "POST", headers: { "X-CSRFToken": token, "HX-Request": "true" } });
    if (answer.status === 409) {
      document.getElementById("call-answer").innerHTML = await answer.text();
      refresh();
    }
  } catch {
    // No network: the next beat tries again, and saving tells.
  }
}

if (form) {
  form.addEventListener("submit", send);
  document.addEventListener("change", refresh);
  document.addEventListener("input", refresh);
  form.addEventListener("click", goOn);
  document.addEventListener("htmx:afterSettle", refresh);
  for (const name of ["htmx:responseError", "htmx:sendError"]) document.addEventListener(name, slotsFailed);
  document.addEventListener("click", slotsAgain);
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    if (event.detail.xhr.getResponseHeader("HX-Redirect")) forgetDraft();
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest?.('[data-key="F4"]')) (slot() ?? firstSlot())?.focus();
  });
  startScript();
  startDial();
  setInterval(beat, BEAT);
  refresh();
}
for (const line of document.querySelectorAll("template[data-said]")) say(line.content.textContent);
