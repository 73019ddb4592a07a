// A text field that suggests while one types: WAI-ARIA's editable combobox with a list, chosen by hand. The field
// fetches its options by htmx into the list named by data-combobox (components: openings/_occupation.html); what is
// typed stays free text, and without this script it is a plain field.
// Down and Up walk the options (Alt+Down opens alone), Enter takes the one marked, Escape closes, Tab goes on.

const listOf = (field) => document.getElementById(field.dataset.combobox);
const fieldOf = (list) => document.querySelector(`[data-combobox="${CSS.escape(list.id)}"]`);
const optionsOf = (list) => [...list.querySelectorAll('[role="option"]')];
const isOpen = (field) => field.getAttribute("aria-expanded") === "true";

function setUp(root) {
  for (const field of root.querySelectorAll?.("[data-combobox]:not([role])") ?? []) {
    field.setAttribute("role", "combobox");
    field.setAttribute("aria-autocomplete", "list");
    field.setAttribute("aria-controls", field.dataset.combobox);
    field.setAttribute("aria-expanded", "false");
  }
}

function mark(field, option) {
  for (const one of optionsOf(listOf(field))) one.setAttribute("aria-selected", String(one === option));
  if (!option) return field.removeAttribute("aria-activedescendant");
  field.setAttribute("aria-activedescendant", option.id);
  option.scrollIntoView({ block: "nearest" });
}

function say(field, words) {
  const status = document.getElementById(`${field.dataset.combobox}-status`);
  if (status) status.textContent = words;
}

function open(field) {
  const list = listOf(field);
  if (!optionsOf(list).length) return close(field);
  list.hidden = false;
  field.setAttribute("aria-expanded", "true");
  mark(field, null);
}

function close(field) {
  listOf(field).hidden = true;
  field.setAttribute("aria-expanded", "false");
  mark(field, null);
  say(field, "");
}

function choose(field, option) {
  field.value = option.textContent.trim();
  field.dataset.chosen = field.value; // an answer that is still on its way opens nothing
  close(field);
  field.focus();
  field.setSelectionRange(field.value.length, field.value.length);
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

function walk(field, step) {
  const list = listOf(field);
  const options = optionsOf(list);
  const here = options.findIndex((one) => one.getAttribute("aria-selected") === "true");
  const next = here < 0 ? (step > 0 ? 0 : options.length - 1) : here + step;
  mark(field, options[next] ?? null); // beyond the ends lies the field itself
}

function pressed(event) {
  const field = event.target.closest?.("[data-combobox]");
  if (!field || event.isComposing) return;
  const marked = listOf(field).querySelector('[aria-selected="true"]');
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    const alone = event.altKey;
    if (alone && event.key === "ArrowUp") return close(field);
    if (!isOpen(field)) {
      delete field.dataset.chosen;
      if (!optionsOf(listOf(field)).length) return field.dispatchEvent(new Event("suggest"));
      open(field);
    }
    if (!alone) walk(field, event.key === "ArrowDown" ? 1 : -1);
  } else if (event.key === "Enter" && isOpen(field) && marked) {
    event.preventDefault();
    event.stopPropagation();
    choose(field, marked);
  } else if (event.key === "Escape" && isOpen(field)) {
    event.preventDefault();
    event.stopPropagation();
    close(field);
  }
}

/** The options have come: number them, so that they can be pointed at, and show them to who still types. */
function filled(event) {
  const list = event.target.closest?.("[data-combobox-list]");
  const field = list && fieldOf(list);
  if (!field) return;
  optionsOf(list).forEach((option, number) => {
    option.id = `${list.id}-${number}`;
    option.setAttribute("aria-selected", "false");
  });
  if (document.activeElement !== field || field.value === field.dataset.chosen) return close(field);
  open(field);
  say(field, list.querySelector("[data-said]")?.dataset.said ?? "");
}

export function startComboboxes() {
  setUp(document);
  document.addEventListener("htmx:load", (event) => setUp(event.detail.elt.parentElement ?? document));
  document.addEventListener("htmx:afterSwap", filled);
  document.addEventListener("keydown", pressed, true);
  document.addEventListener("input", (event) => {
    const field = event.target.closest?.("[data-combobox]");
    if (field) delete field.dataset.chosen;
    if (field && !field.value.trim()) close(field);
  });
  document.addEventListener("focusout", (event) => {
    if (event.target.matches?.("[data-combobox]")) close(event.target);
  });
  // the field keeps the cursor while an option is pressed
  document.addEventListener("pointerdown", (event) => event.target.closest?.("[data-combobox-list]") && event.preventDefault());
  document.addEventListener("mousedown", (event) => event.target.closest?.("[data-combobox-list]") && event.preventDefault());
  document.addEventListener("click", (event) => {
    const option = event.target.closest?.('[data-combobox-list] [role="option"]');
    if (option) choose(fieldOf(option.closest("[data-combobox-list]")), option);
  });
}
