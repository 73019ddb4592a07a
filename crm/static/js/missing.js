// What still blocks saving, said beside the button while one types.

export const callForm = () => document.querySelector("[data-call-form]");
export const slot = () => document.querySelector('#slots input[name="slot"]:checked:not(:disabled)');
export const firstSlot = () => document.querySelector('#slots input[name="slot"]:not(:disabled)');
const chosen = (form) => form.querySelector('[name="outcome"]:checked');

/** What the chosen outcome needs: slot, reason, call_back_at or "". */
export const needs = (form) => chosen(form)?.dataset.needs ?? "";

/** [text, where to go] of the first thing that is missing; null when it can be saved. */
export function missing(form) {
  const { sayOutcome, saySlot, sayContact, sayReason, sayWhen, sayLost } = form.dataset;
  const field = (name) => form.elements[name];
  const lost = document.querySelector("#call-answer [data-lost] button");
  if (lost) return [sayLost, lost];
  if (!chosen(form)) return [sayOutcome, form.querySelector('[name="outcome"]')];
  const need = needs(form);
  if (need === "slot" && !slot()) return [saySlot, firstSlot()];
  if (need === "slot" && !field("contact_name").value.trim()) return [sayContact, field("contact_name")];
  if (need === "reason" && !field("reason")?.value) return [sayReason, form.querySelector('[name="reason"]')];
  if (need !== "call_back_at") return null;
  if (!field("call_back_at").value.trim()) return [sayWhen, field("call_back_at")];
  const bad = document.querySelector("#when-answer [data-bad]");
  return bad ? [bad.textContent.trim(), field("call_back_at")] : null;
}

/** "ti. 24. nov. 10.00–11.00 hos Karen Mønster" of the chosen time. */
function slotText(form) {
  const time = slot();
  const label = time.closest("label");
  const part = (name) => label.querySelector(`.slot__${name}`)?.textContent ?? "";
  return form.dataset.sayBooking.replace("{when}", `${part("day")} ${part("time")}`.trim()).replace("{who}", time.dataset.who ?? "");
}

export function refresh() {
  const form = callForm();
  if (!form || form.dataset.sending) return;
  const why = document.getElementById("call-why");
  const lacks = missing(form);
  const waiting = document.querySelector("#call-answer [data-send-again]");
  const text = lacks ? lacks[0] : waiting ? form.dataset.sayOffline : needs(form) === "slot" ? slotText(form) : "";
  if (why.textContent !== text) why.textContent = text;
  why.className = (lacks && chosen(form)) || waiting ? "bad medium" : "";
  form.querySelector("[data-ctrl-enter-button]").setAttribute("aria-disabled", lacks ? "true" : "false");
}
