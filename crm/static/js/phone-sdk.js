// The provider's Voice SDK: loaded from our own files when the first call is placed through the browser, never before.

let device = null;
let connection = null;
let loading = null;
let lost = () => {};

const PATIENCE = 15_000; // for the provider to be reached and the other end to ring

function load(src) {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = src;
    script.addEventListener("load", resolve);
    script.addEventListener("error", () => {
      loading = null;
      reject(new Error("the SDK did not load"));
    });
    document.head.append(script);
  });
  return loading;
}

/** What to tell the person about the microphone; empty when it may be used. */
export async function troubleText(says) {
  if (!navigator.mediaDevices?.getUserMedia) return says.sayInsecure;
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    for (const track of stream.getTracks()) track.stop();
    return "";
  } catch (error) {
    if (error.name === "NotAllowedError" || error.name === "SecurityError") return says.sayDenied;
    if (error.name === "NotFoundError" || error.name === "OverconstrainedError") return says.sayNone;
    return says.sayTaken;
  }
}

/** The device of this page; its own errors end the call that is just being opened. */
function deviceFor(says, accessToken) {
  if (device) {
    device.updateToken(accessToken);
    return device;
  }
  device = new globalThis.Twilio.Device(accessToken, { edge: says.edge, logLevel: "silent", codecPreferences: ["opus", "pcmu"] });
  device.on("error", (error) => lost(error));
  return device;
}

/** Open the line with our own one-time token; the number is looked up on the server. Settles when the other end rings
 *  or is done with; rejects when the provider is not reached in time. */
export async function connect(says, told, { changed, failed }) {
  await load(says.sdk);
  const opening = deviceFor(says, told.access_token).connect({ params: { call: told.call } });
  const broken = new Promise((_resolve, reject) => {
    lost = reject;
    setTimeout(() => reject(new Error("nothing rings")), PATIENCE);
  });
  try {
    const call = await Promise.race([opening, broken]);
    connection = call;
    const rings = new Promise((resolve, reject) => {
      for (const name of ["ringing", "accept", "disconnect", "cancel", "reject"]) call.on(name, resolve); // busy, too
      call.on("error", reject);
    });
    listen(call, says, { changed, failed });
    await Promise.race([rings, broken]);
  } catch (error) {
    opening.then((call) => call.disconnect(), () => {});
    device?.destroy();
    device = connection = null;
    throw error;
  } finally {
    lost = () => {};
  }
}

function listen(call, says, { changed, failed }) {
  const over = () => {
    if (connection === call) connection = null;
    changed();
  };
  for (const name of ["ringing", "accept"]) call.on(name, changed);
  for (const name of ["disconnect", "cancel", "reject"]) call.on(name, over);
  call.on("error", (error) => failed([31401, 31402].includes(error?.code) ? says.sayDenied : says.sayLine));
}

export function hangUp() {
  connection?.disconnect();
  connection = null;
}

export function mute(off) {
  connection?.mute(off);
}

export function sendDigit(digit) {
  connection?.sendDigits(digit);
}
