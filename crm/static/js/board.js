// The live board: polls while it is looked at, says what changed, and tells when the figures are old.
const stale = document.getElementById("board-stale");
const said = document.getElementById("board-said");
const parts = [...document.querySelectorAll("[data-poll]")];

function title() {
  return document.querySelector("[data-said]")?.textContent.trim() ?? "";
}

let last = title();
for (const part of parts) {
  // Nothing is swapped under a question that is being read, nor on a page that nobody sees.
  part.addEventListener("htmx:beforeRequest", (event) => {
    if (event.target === part && (document.hidden || document.querySelector("dialog[open]"))) event.preventDefault();
  });
  for (const failure of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
    part.addEventListener(failure, (event) => {
      event.stopPropagation(); // one lasting line, not a toast every ten seconds
      stale.hidden = false;
    });
  }
  part.addEventListener("htmx:afterSwap", () => {
    stale.hidden = true;
    if (title() === last) return;
    last = title();
    said.textContent = last;
  });
}
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) parts.forEach((part) => globalThis.htmx?.trigger(part, "poll"));
});
document.querySelectorAll(".board-filters").forEach((form) => {
  form.classList.add("is-live");
  form.addEventListener("change", (event) => {
    if (event.target.name === "campaign" && form.elements.firm) form.elements.firm.value = "";
    if (event.target.matches("[data-submit]")) form.requestSubmit();
  });
});
