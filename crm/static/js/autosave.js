// Text that saves itself. A copy stays in sessionStorage until the server has acknowledged it,
// so neither a reload nor a lost network loses a word.
// <textarea data-autosave-url="/…"> and <span data-autosave-status="ID OF THE TEXTAREA">

const WAIT = 600;
const RETRY = 5000;
const state = new WeakMap();

function keyOf(field) {
  return `autosave:${field.dataset.autosaveUrl}#${field.name}`;
}

function keep(field) {
  try {
    sessionStorage.setItem(keyOf(field), field.value);
  } catch {
    // Storage may be full or refused: the server copy is then the only one.
  }
}

function clock(date) {
  const two = (number) => String(number).padStart(2, "0");
  return `${date.getHours()}.${two(date.getMinutes())}.${two(date.getSeconds())}`;
}

export function startAutosave(token, texts) {
  function say(field, name, text) {
    if (!field.isConnected) return; // its page has gone on to the next company
    const line = document.querySelector(`[data-autosave-status="${field.id}"]`);
    if (!line) return;
    line.dataset.state = name;
    line.textContent = text;
  }

  async function save(field, { leaving = false } = {}) {
    const sent = field.value;
    const body = new URLSearchParams({ [field.name]: sent });
    try {
      const answer = await fetch(field.dataset.autosaveUrl, {
        method: "POST",
        headers: { "X-CSRFToken": token(), "X-Requested-With": "autosave" },
        body,
        keepalive: leaving,
        credentials: "same-origin",
      });
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      if (field.value === sent) {
        sessionStorage.removeItem(keyOf(field));
        // The server may say when it saved, in its own clock.
        say(field, "saved", `${texts.saved} ${answer.headers.get("X-Saved-At") ?? clock(new Date())}`);
      }
    } catch {
      say(field, "kept", texts.kept);
      later(field, RETRY);
    }
  }

  function later(field, wait) {
    clearTimeout(state.get(field));
    state.set(field, setTimeout(() => field.isConnected && save(field), wait));
  }

  function restore(root) {
    for (const field of root.querySelectorAll?.("textarea[data-autosave-url]") ?? []) {
      let kept = null;
      try {
        kept = sessionStorage.getItem(keyOf(field));
      } catch {
        continue;
      }
      if (kept === null || kept === field.value) continue;
      field.value = kept;
      later(field, WAIT);
    }
  }

  document.addEventListener("input", (event) => {
    const field = event.target;
    if (!field.matches?.("textarea[data-autosave-url]")) return;
    keep(field);
    say(field, "saving", texts.saving);
    later(field, WAIT);
  });
  document.addEventListener("focusout", (event) => {
    const field = event.target;
    if (field.matches?.("textarea[data-autosave-url]") && sessionStorage.getItem(keyOf(field)) !== null) later(field, 0);
  });
  addEventListener("pagehide", () => {
    for (const field of document.querySelectorAll("textarea[data-autosave-url]")) {
      if (sessionStorage.getItem(keyOf(field)) !== null) save(field, { leaving: true });
    }
  });
  document.addEventListener("htmx:load", (event) => restore(event.detail.elt));
  restore(document);
}
