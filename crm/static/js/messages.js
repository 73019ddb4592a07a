// Lines at the bottom and questions before the irrevocable. Rooms import this file, never app.js:
// app.js is loaded under a versioned address, and a second copy of it would act twice.

export const texts = document.getElementById("app-texts")?.dataset ?? {};

/** Show a line at the bottom for a while; screen readers hear it. */
export function toast(text, { bad = false, seconds = 6, action = null } = {}) {
  const box = document.getElementById("toasts");
  if (!box || !text) return null;
  const line = document.createElement("div");
  line.className = bad ? "toast-line toast-line--bad" : "toast-line";
  line.append(Object.assign(document.createElement("span"), { textContent: text }));
  if (action) line.append(action);
  box.replaceChildren(line);
  if (!bad) setTimeout(() => line.remove(), seconds * 1000);
  else line.addEventListener("click", () => line.remove());
  return line;
}

/** Ask before something that cannot be undone. Resolves to true or false. */
export function confirmed(question, detail = "", yes = "") {
  const dialog = document.getElementById("confirm-dialog");
  const note = dialog.querySelector("[data-confirm-detail]");
  const button = dialog.querySelector("[data-confirm-yes]");
  button.dataset.label ??= button.textContent;
  dialog.querySelector("#confirm-text").textContent = question;
  note.textContent = detail;
  note.hidden = !detail;
  button.textContent = yes || button.dataset.label;
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}
