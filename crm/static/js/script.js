// The script beside the call: answers by digit, V goes on, Shift+V and clicks go back, chosen times read aloud.
// Walks by the rules of crm/campaigns/rules/script_walk.py.

const STORE = "jobaabner.script.";
const GO_ON = -1; // went on without an answer
const TYPING = 'input:not([type="radio"], [type="checkbox"], [type="button"], [type="submit"]), textarea, select';
const walks = new WeakMap(); // root -> {path: [[key, answer]], current: key or null, proposed: outcome or ""}

const roots = () => [...document.querySelectorAll("[data-script]")];
const visible = (element) => element.getClientRects().length > 0;
const stepsOf = (root) => [...root.querySelectorAll("[data-script-step]")];
const stepOf = (root, key) => stepsOf(root).find((step) => step.dataset.scriptStep === key);
const answersOf = (step) => [...step.querySelectorAll("[data-answer]")];
const keysOf = (walk) => walk.path.map(([key]) => key);

/** One choice on; false when it leads nowhere. Coming back to a step opens it again. */
function take(root, walk, number) {
  const step = walk.current === null ? null : stepOf(root, walk.current);
  if (!step) return false;
  const answers = answersOf(step);
  const answer = answers[number];
  if (number !== GO_ON && !answer) return false;
  const to = answer ? answer.dataset.to : step.dataset.next;
  if (!answer && !to && answers.length > 0) return false; // the end is chosen, never slipped into
  walk.path.push([walk.current, number]);
  const before = keysOf(walk).indexOf(to);
  if (before >= 0) walk.path.length = before;
  walk.current = to || null;
  return true;
}

/** The steps to come when every first answer is given. */
function later(root, walk) {
  const seen = new Set([...keysOf(walk), walk.current]);
  const line = [];
  let key = walk.current === null ? "" : stepOf(root, walk.current).dataset.next;
  while (key && !seen.has(key)) {
    seen.add(key);
    line.push(key);
    key = stepOf(root, key)?.dataset.next ?? "";
  }
  return line;
}

const given = (root, [key, number]) => (number === GO_ON ? null : answersOf(stepOf(root, key))[number]);

/** The outcome the answers so far propose: chosen in the bottom bar, and taken back when the answer is. */
function propose(root, walk) {
  const answers = walk.path.map((taken) => given(root, taken)).filter((answer) => answer?.dataset.outcome);
  const answer = answers.at(-1);
  const wanted = answer?.dataset.outcome ?? "";
  if (wanted === walk.proposed) return;
  const radios = [...document.querySelectorAll('input[name="outcome"]')];
  const chosen = radios.find((radio) => radio.checked);
  const radio = radios.find((one) => one.value === wanted && !one.disabled);
  const mine = !chosen || chosen.value === walk.proposed;
  const target = wanted ? radio : mine ? chosen : null;
  walk.proposed = wanted;
  if (target && target.checked !== Boolean(wanted)) {
    target.checked = Boolean(wanted);
    target.dispatchEvent(new Event("change", { bubbles: true }));
  }
  document.dispatchEvent(new CustomEvent("script:outcome", {
    detail: { outcome: wanted, label: answer?.dataset.outcomeLabel ?? "", root },
  }));
}

function keep(root, walk) {
  try {
    const held = JSON.stringify({ version: root.dataset.scriptVersion, path: walk.path });
    sessionStorage.setItem(STORE + root.dataset.script, held);
  } catch {
    // Without storage the path lasts as long as the page.
  }
}

function kept(root) {
  try {
    const held = JSON.parse(sessionStorage.getItem(STORE + root.dataset.script) ?? "null");
    return held?.version === root.dataset.scriptVersion ? held.path : [];
  } catch {
    return [];
  }
}

function mark(step, state, number, note) {
  for (const name of ["done", "current", "later", "away"]) step.classList.toggle(`is-${name}`, name === state);
  const open = step.querySelector("[data-step-open]");
  open.setAttribute("aria-expanded", String(state === "current"));
  open.disabled = false;
  if (state === "current") {
    step.setAttribute("aria-current", "step");
    open.setAttribute("aria-describedby", open.getAttribute("aria-controls"));
  } else {
    step.removeAttribute("aria-current");
    open.removeAttribute("aria-describedby");
  }
  const check = document.querySelector("template[data-step-check]");
  const place = step.querySelector("[data-step-number]");
  if (state === "done") place.replaceChildren(check.content.cloneNode(true));
  else place.textContent = String(number);
  step.querySelector("[data-step-note]").textContent = note;
}

function draw(root, walk) {
  const done = keysOf(walk);
  const coming = later(root, walk);
  const order = [...done, ...(walk.current === null ? [] : [walk.current]), ...coming];
  const away = stepsOf(root).filter((step) => !order.includes(step.dataset.scriptStep));
  const shown = [...order.map((key) => stepOf(root, key)), ...away];
  shown.forEach((step, n) => {
    const key = step.dataset.scriptStep;
    const state = done.includes(key) ? "done" : key === walk.current ? "current" : coming.includes(key) ? "later" : "away";
    const note = state === "done" ? given(root, walk.path[done.indexOf(key)])?.dataset.note ?? "" : "";
    mark(step, state, n + 1, note);
    if (root.children[n] !== step) root.insertBefore(step, root.children[n]);
  });
  live();
}

/** Where the eyes and the screen reader go on: the step to read, or the last one when the call is over. */
function show(root, walk) {
  const step = stepOf(root, walk.current ?? keysOf(walk).at(-1));
  step?.querySelector("[data-step-open]").focus({ preventScroll: true });
  step?.scrollIntoView({ block: "nearest" });
}

function changed(root, walk) {
  keep(root, walk);
  draw(root, walk);
  propose(root, walk);
  show(root, walk);
  document.dispatchEvent(new CustomEvent("script:step", { detail: { path: walk.path, root } }));
}

function choose(root, number) {
  const walk = walks.get(root);
  if (take(root, walk, number)) changed(root, walk);
}

function back(root) {
  const walk = walks.get(root);
  if (walk.path.length === 0) return;
  [walk.current] = walk.path.pop();
  changed(root, walk);
}

/** A step that was done is opened again; one of the main line is gone on to. */
function open(root, key) {
  const walk = walks.get(root);
  const before = keysOf(walk).indexOf(key);
  if (before >= 0) {
    walk.path.length = before;
    walk.current = key;
  } else {
    if (!later(root, walk).includes(key)) return;
    while (walk.current !== key && take(root, walk, GO_ON));
  }
  changed(root, walk);
}

/** The shortest way of answers to a step, wherever it stands; the editor asks for the step that is being written. */
function go(key) {
  for (const root of roots()) {
    const walk = walks.get(root);
    if (!walk || walk.current === key || !stepOf(root, key)) continue;
    const ways = [{ path: [], current: root.dataset.scriptFirst, proposed: walk.proposed }];
    const seen = new Set([root.dataset.scriptFirst]);
    while (ways.length > 0 && ways[0].current !== key) {
      const from = ways.shift();
      const count = Math.max(answersOf(stepOf(root, from.current)).length, 1);
      for (let n = 0; n < count; n += 1) {
        const next = { ...from, path: [...from.path] };
        const number = answersOf(stepOf(root, from.current)).length > 0 ? n : GO_ON;
        if (!take(root, next, number) || next.current === null || seen.has(next.current)) continue;
        seen.add(next.current);
        ways.push(next);
      }
    }
    if (ways.length === 0) continue;
    Object.assign(walk, ways[0]);
    keep(root, walk);
    draw(root, walk);
    propose(root, walk);
    document.dispatchEvent(new CustomEvent("script:step", { detail: { path: walk.path, root } }));
  }
}

/** Names and times that the chosen slot gives. */
function live() {
  const slot = document.querySelector('input[name="slot"]:checked:not(:disabled)');
  const values = { when: slot?.dataset.when, consultant: slot?.dataset.who };
  for (const place of document.querySelectorAll("[data-live]")) {
    const value = values[place.dataset.live];
    const text = value || place.dataset.liveElse;
    if (place.textContent !== text) place.textContent = text;
    place.classList.toggle("is-filled", Boolean(value));
  }
}

/** Digits that something else on the page answers to (the reasons of a refusal) are left to it. */
function digits() {
  for (const root of roots()) {
    const others = [...document.querySelectorAll("[data-key]")].filter((one) => !root.contains(one) && visible(one));
    const taken = others.some((one) => /^[1-9]$/.test(one.dataset.key));
    root.classList.toggle("steps--quiet", taken);
    for (const step of stepsOf(root)) {
      answersOf(step).forEach((answer, n) => {
        if (taken) delete answer.dataset.key;
        else answer.dataset.key = String(n + 1);
      });
    }
  }
}

function start() {
  for (const root of roots()) {
    if (walks.has(root)) continue;
    const walk = { path: [], current: root.dataset.scriptFirst || null, proposed: "" };
    walks.set(root, walk);
    for (const [key, number] of kept(root)) if (key !== walk.current || !take(root, walk, number)) break;
    draw(root, walk);
    if (!document.querySelector('input[name="outcome"]:checked')) propose(root, walk);
  }
  live();
  digits();
}

function onClick(event) {
  const pressed = event.target.closest?.("[data-answer], [data-step-open], [data-step-on], [data-step-back]");
  if (!pressed) return;
  const root = pressed.closest("[data-script]") ?? roots().find(visible);
  if (!root) return;
  event.preventDefault(); // in the editor they are buttons of the form, for a page without scripts
  if (pressed.matches("[data-step-on]")) choose(root, GO_ON);
  else if (pressed.matches("[data-step-back]")) back(root);
  else if (pressed.matches("[data-answer]")) choose(root, answersOf(pressed.closest("[data-script-step]")).indexOf(pressed));
  else open(root, pressed.closest("[data-script-step]").dataset.scriptStep);
}

function onKey(event) {
  if (/^[1-9]$/.test(event.key)) digits();
  const plain = event.shiftKey && !event.ctrlKey && !event.altKey && !event.metaKey && event.key.toLowerCase() === "v";
  if (!plain || event.target.matches?.(TYPING) || document.querySelector("dialog[open]")) return;
  if (document.documentElement.classList.contains("single-keys-off")) return;
  const root = roots().find(visible);
  if (!root) return;
  event.preventDefault();
  if (!event.repeat) back(root);
}

document.addEventListener("click", onClick);
document.addEventListener("keydown", onKey, true);
document.addEventListener("script:go", (event) => go(event.detail.key));
document.addEventListener("change", (event) => {
  if (event.target.matches?.('input[name="slot"]')) live();
  digits();
});
for (const name of ["htmx:load", "htmx:afterSettle"]) document.addEventListener(name, start);
start();
