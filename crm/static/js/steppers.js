// − and + beside a number. Without script the number field works alone.

function refresh(box) {
  const field = box.querySelector("input");
  for (const button of box.querySelectorAll("[data-step]")) {
    const next = Number(field.value) + Number(button.dataset.step);
    button.disabled = next < Number(field.min) || next > Number(field.max);
  }
}

export function startSteppers() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-step]");
    if (!button) return;
    const box = button.closest("[data-stepper]");
    const field = box.querySelector("input");
    const next = Number(field.value || 0) + Number(button.dataset.step);
    field.value = Math.min(Number(field.max), Math.max(Number(field.min), next));
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
  });
  document.addEventListener("input", (event) => {
    const box = event.target.closest?.("[data-stepper]");
    if (box) refresh(box);
  });
  const all = (root) => root.querySelectorAll?.("[data-stepper]").forEach(refresh);
  document.addEventListener("htmx:load", (event) => all(event.detail.elt));
  all(document);
}
