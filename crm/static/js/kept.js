// What is typed during a call stays in this window until it is saved: a reload, a crash or a lost network loses
// nothing. One record an entry: {fields, key, url, name, at, pending, sent}. Notes are kept by autosave.js.

const STORE = "call:";
const FORGET = 15_000; // an outcome can be taken back for ten seconds, and then it stands there again
const STALE = 3_600_000; // what was left lying for longer is no longer this call's
const FIELDS = ["outcome", "reason", "call_back_at", "mine", "contact_name", "contact_title", "contact_phone", "contact_email", "slot"];

export function read(entry) {
  try {
    const record = JSON.parse(sessionStorage.getItem(STORE + entry) ?? "null");
    const old = record && Date.now() - record.at > (record.sent ? FORGET : STALE);
    return old && !record.pending ? null : record;
  } catch {
    return null;
  }
}

function write(entry, record) {
  try {
    sessionStorage.setItem(STORE + entry, JSON.stringify({ ...record, at: Date.now() }));
  } catch {
    // Storage may be full or refused: the page itself is then the only copy.
  }
}

export function drop(entry) {
  try {
    sessionStorage.removeItem(STORE + entry);
  } catch {
    // Nothing was kept then.
  }
}

function entries() {
  try {
    return Object.keys(sessionStorage).filter((key) => key.startsWith(STORE)).map((key) => key.slice(STORE.length));
  } catch {
    return [];
  }
}

function valuesOf(form) {
  const data = new FormData(form);
  return Object.fromEntries(FIELDS.filter((name) => data.has(name)).map((name) => [name, data.get(name)]));
}

/** What stands in the form now; what waits to be sent is no longer what is meant. */
export function keep(form) {
  const entry = form.elements.entry_id.value;
  write(entry, { fields: valuesOf(form), key: form.elements.key.value, pending: read(entry)?.pending ? "edited" : undefined });
}

/** About to be sent to url: kept until the server has answered. */
export function pending(form, url, name) {
  const body = [...new FormData(form)];
  write(form.elements.entry_id.value, { fields: valuesOf(form), key: form.elements.key.value, url, name, body, pending: "yes" });
}

/** The server has it. For a few seconds it may be taken back, and then everything stands there as it was. */
export function sent(entry) {
  const record = read(entry);
  if (record) write(entry, { fields: record.fields, sent: true });
  for (const other of entries()) if (!read(other)) drop(other);
}

/** Something that was being sent when the page went away, of another company than the open one. */
export function unsent(open) {
  const entry = entries().find((one) => one !== open && read(one)?.pending === "yes");
  return entry ? { entry, ...read(entry) } : null;
}

/** Put back what was typed. The key of an answer that may have arrived is used again; else the page's new one. */
export function restore(form) {
  const record = read(form.elements.entry_id.value);
  if (!record) return null;
  for (const [name, value] of Object.entries(record.fields)) {
    const field = form.elements[name];
    if (field && name !== "slot") field.value = value;
  }
  if (record.pending && record.key) form.elements.key.value = record.key;
  return record;
}

/** The time that was chosen, when it is still offered. */
export function restoreSlot(form) {
  const wanted = read(form.elements.entry_id.value)?.fields?.slot;
  if (!wanted || document.querySelector('#slots input[name="slot"]:checked')) return;
  const found = [...document.querySelectorAll('#slots input[name="slot"]:not(:disabled)')].find((radio) => radio.value === wanted);
  if (!found) return;
  found.checked = true;
  found.dispatchEvent(new Event("change", { bubbles: true }));
}
