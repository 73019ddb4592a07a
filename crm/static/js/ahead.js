// The next company, made ready while one talks: locked to me, and its free times fetched, so that they stand there at
// once. And the claim is kept alive as long as somebody is here.

const BEAT = 60_000;
const SILENT_AFTER = 30 * 60_000; // no key, no pointer for this long: let the lease run out
const FRESH = 180_000; // times older than this are fetched again

const warmed = new Map(); // address -> {html, at}
let lastTouch = Date.now();

const token = () => document.querySelector('meta[name="csrf-token"]').content;
const post = (url) => fetch(url, { method: "POST", headers: { "X-CSRFToken": token(), "HX-Request": "true" } });

export function touched() {
  lastTouch = Date.now();
}

/** Reserve the next company and fetch its times; quietly, since nothing is lost when it fails. */
export async function lookAhead(form) {
  if (!form?.isConnected) return;
  try {
    const answer = await post(form.dataset.reserveUrl);
    if (answer.status !== 200 || answer.redirected) return;
    const { slots_url: url } = await answer.json();
    if (Date.now() - (warmed.get(url)?.at ?? 0) < FRESH / 2) return;
    const times = await fetch(url, { headers: { "HX-Request": "true" } });
    if (!times.ok || times.redirected) return;
    warmed.clear();
    warmed.set(url, { html: await times.text(), at: Date.now() });
    document.dispatchEvent(new CustomEvent("call:ahead"));
  } catch {
    // No network: the next company is claimed when it is asked for.
  }
}

/** Times that are here already are shown instead of asked for. */
function useWarmed(event) {
  const panel = event.detail.elt;
  if (panel.id !== "slots") return;
  const ready = warmed.get(panel.getAttribute("hx-get"));
  warmed.delete(panel.getAttribute("hx-get"));
  if (!ready || Date.now() - ready.at > FRESH) return;
  event.preventDefault();
  globalThis.htmx.swap(panel, ready.html, { swapStyle: "innerHTML", swapDelay: 0, settleDelay: 0 });
}

/** onLost: what to do with the answer when the company is no longer mine. */
export function startAhead(currentForm, onLost) {
  document.addEventListener("htmx:beforeRequest", useWarmed);
  setInterval(async () => {
    const form = currentForm();
    if (!form || document.hidden || Date.now() - lastTouch > SILENT_AFTER) return;
    if (document.querySelector("#call-answer [data-lost]")) return;
    try {
      const answer = await post(form.dataset.beatUrl);
      if (!form.isConnected) return;
      if (answer.status === 409) onLost(await answer.text());
      else if (answer.ok) lookAhead(form); // the reserved one is kept as long as the open one
    } catch {
      // No network: the next beat tries again, and saving tells.
    }
  }, BEAT);
}
