// The script editor: fields put in at the caret, the preview at the step being written, nothing left by accident.

let field = null; // where a field button writes
// What a refused page brings back is not saved either.
let dirty = Boolean(document.querySelector(".script-conflict, .error-summary"));

const form = () => document.querySelector("[data-script-form]");

/** Write into the text last worked in, at its caret. */
function insert(text) {
  const place = field?.isConnected ? field : form()?.querySelector("details[open] textarea");
  if (!place) return;
  place.focus();
  place.setRangeText(text, place.selectionStart ?? place.value.length, place.selectionEnd ?? place.value.length, "end");
  place.dispatchEvent(new Event("input", { bubbles: true }));
}

/** The preview follows the pen. */
function follow(target) {
  const step = target.closest?.("[data-step-key]");
  if (step) document.dispatchEvent(new CustomEvent("script:go", { detail: { key: step.dataset.stepKey } }));
}

document.addEventListener("click", (event) => {
  const chip = event.target.closest?.("[data-insert]");
  if (chip) insert(chip.dataset.insert);
  const link = event.target.closest?.('.script-flow a, .script-lacks a, .error-summary a');
  const there = link && document.getElementById(link.hash.slice(1));
  if (!there) return;
  event.preventDefault();
  const step = there.closest("details");
  if (step) step.open = true;
  there.focus();
  there.scrollIntoView({ block: "center" });
});
document.addEventListener("focusin", (event) => {
  if (!event.target.closest?.("[data-script-form]")) return;
  if (event.target.matches('textarea, input[name^="label-"], input[name^="note-"], input[name^="title-"]')) field = event.target;
  follow(event.target);
});
document.addEventListener("toggle", (event) => {
  if (event.target.open && event.target.matches?.("[data-step-key]")) follow(event.target);
}, true);
document.addEventListener("input", (event) => {
  if (event.target.form === form()) dirty = true;
  const title = event.target.name?.startsWith("title-") && event.target.closest("details")?.querySelector(".script-step__title");
  if (title && event.target.value.trim()) title.textContent = event.target.value.trim();
});
document.addEventListener("change", (event) => {
  if (event.target.matches?.("[data-script-whose]")) event.target.form.requestSubmit();
});
document.addEventListener("submit", (event) => {
  if (event.target.method === "post") dirty = false;
});
addEventListener("beforeunload", (event) => {
  if (dirty) event.preventDefault();
});

// Steps that stood open stay open when a button has swapped the form; what it did is not saved yet.
let stood = [];
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target?.id !== "script-editor") return;
  dirty = true;
  stood = [...document.querySelectorAll("[data-step-key][open]")].map((step) => step.dataset.stepKey);
});
document.addEventListener("htmx:afterSwap", () => {
  for (const step of document.querySelectorAll("[data-step-key]")) if (stood.includes(step.dataset.stepKey)) step.open = true;
  stood = [];
});
document.addEventListener("script:step", (event) => {
  const walked = document.querySelector("[data-script-walked]");
  if (walked) walked.value = event.detail.path.map(([, number]) => number).join(".");
});
document.addEventListener("script:outcome", (event) => {
  const line = document.querySelector("[data-script-outcome]");
  const { label } = event.detail;
  if (line) line.textContent = label ? line.dataset.scriptOutcome.replace("{label}", label) : "";
});
