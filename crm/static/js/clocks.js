// Clocks that run on the page: time gone by (data-elapsed, seconds at arrival) and the seconds left to take an outcome
// back (data-saved with data-seconds), after which that line goes away by itself.

const QUIET = 6; // seconds a line without a way back is shown
const began = new WeakMap();

const two = (number) => String(number).padStart(2, "0");

function since(element) {
  if (!began.has(element)) began.set(element, Date.now());
  return Math.floor((Date.now() - began.get(element)) / 1000);
}

function tick() {
  for (const clock of document.querySelectorAll("[data-elapsed]")) {
    const seconds = Number(clock.dataset.elapsed) + since(clock);
    const hours = Math.floor(seconds / 3600);
    const minutes = Math.floor(seconds / 60) % 60;
    clock.textContent = hours ? `${hours}.${two(minutes)}.${two(seconds % 60)}` : `${minutes}.${two(seconds % 60)}`;
  }
  for (const line of document.querySelectorAll("[data-saved]")) {
    const left = Number(line.dataset.seconds ?? QUIET) - since(line);
    const count = line.querySelector("[data-countdown]");
    if (count) count.textContent = String(Math.max(left, 0));
    if (left > 0 || (left > -30 && line.matches(":focus-within"))) continue;
    line.remove();
  }
}

export function startClocks() {
  tick();
  setInterval(tick, 250);
}
