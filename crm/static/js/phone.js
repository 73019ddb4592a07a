// The telephone on the phoner's screen: F2 rings and hangs up, the state line follows what the provider tells the
// product, and the browser's own line (the provider's SDK) is opened only when that is how calls are placed.
import { texts, toast } from "./messages.js";
import { connect, hangUp as hangUpHere, mute, sendDigit, troubleText } from "./phone-sdk.js";

const PAUSE = 1_500; // after a call: F2 pressed to hang up what the other side just hung up does not ring anew
const POLL = { before: 1_000, talking: 3_000 };
const box = () => document.querySelector("[data-phone]");
const line = () => document.querySelector("[data-phone-line]");
const token = () => document.querySelector('meta[name="csrf-token"]').content;

/** The call this page is in: its entry and where to hang it up; null when there is none. */
let live = null;
let asking = false;
let polled = 0;
let ending = false;
let endedAt = 0;
let shown = null; // the line whose count runs, and when it came
let shownAt = 0;

export function clock(seconds) {
  const two = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  return hours ? `${hours}.${two(minutes)}.${two(seconds % 60)}` : `${minutes}.${two(seconds % 60)}`;
}

function post(url) {
  return fetch(url, { method: "POST", headers: { Accept: "application/json", "X-CSRFToken": token(), "HX-Request": "true" } });
}

/** Put a new state line in; the focus stays on the button when it was there. */
function put(html, { propose = true } = {}) {
  const old = line();
  if (!old || !html) return;
  const wasOn = old.hasAttribute("data-on");
  const focused = old.contains(document.activeElement);
  const template = document.createElement("template");
  template.innerHTML = html;
  const fresh = template.content.querySelector("[data-phone-line]");
  if (!fresh) return;
  carryOver(old, fresh);
  old.replaceWith(fresh);
  if (focused) fresh.querySelector("[data-phone-button]")?.focus();
  count();
  const on = fresh.hasAttribute("data-on");
  if (!on) live = null;
  ending &&= on;
  if (wasOn && !on) endedAt = Date.now();
  const outcome = fresh.dataset.proposes;
  if (propose && wasOn && !on && outcome) document.dispatchEvent(new CustomEvent("phone:proposes", { detail: { outcome } }));
}

/** A microphone that is off stays off, an open keypad open, when the state line is swapped. */
function carryOver(old, fresh) {
  const off = old.querySelector("[data-phone-mute]")?.getAttribute("aria-pressed") ?? "false";
  fresh.querySelector("[data-phone-mute]")?.setAttribute("aria-pressed", off);
  const keys = fresh.querySelector(".phone-call__keys");
  if (keys) keys.open = old.querySelector(".phone-call__keys")?.open ?? false;
}

function complain(text) {
  const place = line()?.querySelector("[data-phone-error]");
  if (!place) return toast(text, { bad: true });
  place.textContent = text;
  place.hidden = false;
}

async function dial() {
  const phone = box();
  if (asking || !phone || Date.now() - endedAt < PAUSE) return;
  asking = true;
  try {
    const trouble = phone.dataset.provider === "twilio" ? await troubleText(phone.dataset) : "";
    if (trouble) return complain(trouble);
    const answer = await post(phone.dataset.dialUrl);
    if (!answer.headers.get("Content-Type")?.includes("json")) return complain([400, 401, 403].includes(answer.status) ? texts.expired : texts.server);
    const told = await answer.json();
    put(told.html, { propose: false });
    if (!answer.ok) return;
    live = { entry: phone.dataset.entry, hangupUrl: phone.dataset.hangupUrl };
    polled = Date.now();
    if (told.tel) location.href = told.tel;
    if (told.access_token) await talk(phone, told);
  } catch {
    complain(phone.dataset.sayNet);
  } finally {
    asking = false;
  }
}

async function talk(phone, told) {
  try {
    await connect(phone.dataset, told, { changed: poll, failed: complain });
  } catch {
    await hangUp();
    complain(phone.dataset.sayLine);
  }
}

async function hangUp() {
  hangUpHere();
  ending = true;
  try {
    const answer = await post(box().dataset.hangupUrl);
    if (answer.ok) put(await answer.text());
  } catch {
    complain(box().dataset.sayNet);
  }
}

async function poll() {
  const phone = box();
  polled = Date.now();
  try {
    const answer = await fetch(`${phone.dataset.stateUrl}?seen=${line().dataset.state}`, { headers: { "HX-Request": "true" } });
    if (answer.status === 200 && box() === phone) put(await answer.text());
  } catch {
    // No network: the next second asks again.
  }
}

/** The phoner went on to another company while a call was on: nobody is left hanging on the line. */
function leave() {
  const { hangupUrl } = live;
  live = null;
  hangUpHere();
  post(hangupUrl).catch(() => {});
}

function count() {
  const place = line()?.querySelector("[data-phone-count]");
  if (place !== shown) {
    shown = place;
    shownAt = Date.now();
  }
  if (place) place.textContent = clock(Number(place.dataset.phoneCount) + Math.floor((Date.now() - shownAt) / 1000));
}

function tick() {
  const phone = box();
  if (live && phone?.dataset.entry !== live.entry) leave();
  count();
  if (!phone?.hasAttribute("data-reports") || !line()?.hasAttribute("data-on") || asking) return;
  live ??= { entry: phone.dataset.entry, hangupUrl: phone.dataset.hangupUrl };
  const wait = line().dataset.state === "in-progress" && !ending ? POLL.talking : POLL.before;
  if (Date.now() - polled >= wait - 50) poll();
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches?.("[data-phone-dial], [data-phone-hangup]")) return;
  event.preventDefault();
  if (form.matches("[data-phone-dial]")) dial();
  else hangUp();
});

document.addEventListener("click", (event) => {
  const muting = event.target.closest?.("[data-phone-mute]");
  if (muting) {
    const off = muting.getAttribute("aria-pressed") !== "true";
    muting.setAttribute("aria-pressed", String(off));
    mute(off);
  }
  const digit = event.target.closest?.("[data-phone-digit]");
  if (digit) sendDigit(digit.dataset.phoneDigit);
});

document.addEventListener("keydown", (event) => {
  const keys = event.target.closest?.(".phone-call__keys[open]");
  if (event.key !== "Escape" || !keys) return;
  keys.open = false;
  keys.querySelector("summary").focus();
});

// The window closes: the browser's own line falls by itself, a call on the server is hung up.
addEventListener("pagehide", () => {
  if (!live || !box()?.hasAttribute("data-reports")) return;
  const form = new FormData();
  form.set("csrf_token", token());
  navigator.sendBeacon(live.hangupUrl, form);
});

setInterval(tick, 1_000);
count();
