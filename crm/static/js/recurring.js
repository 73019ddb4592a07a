// The page of jobs brings itself up to date. An error that is being read, and a page nobody looks at, are left alone.
const part = document.getElementById("jobs-live");
const stale = document.getElementById("jobs-stale");

part.addEventListener("htmx:beforeRequest", (event) => {
  if (event.target !== part) return;
  if (document.hidden || part.querySelector("details[open]") || document.querySelector("dialog[open]")) event.preventDefault();
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
