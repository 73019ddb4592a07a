// The page of jobs brings itself up to date. An error that is being read, a page nobody looks at and a link that has the
// focus (a swap would drop it; what has an id keeps it) are left alone.
const part = document.getElementById("jobs-live");
const stale = document.getElementById("jobs-stale");

part.addEventListener("htmx:beforeRequest", (event) => {
  if (event.target !== part) return;
  const dropped = part.contains(document.activeElement) && !document.activeElement.id;
  const open = part.querySelector("details[open]") || document.querySelector("dialog[open]");
  if (document.hidden || dropped || open) event.preventDefault();
});
for (const failure of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  part.addEventListener(failure, (event) => {
    event.stopPropagation(); // one lasting line, not a toast every three seconds
    stale.hidden = false;
  });
}
part.addEventListener("htmx:afterSwap", () => {
  stale.hidden = true;
});
