// The upload form: while the file is read, say so, count the seconds and take no second click.
const form = document.querySelector("[data-upload]");

form?.addEventListener("submit", () => {
  const wait = form.querySelector("[data-upload-wait]");
  const seconds = form.querySelector("[data-upload-seconds]");
  const started = Date.now();
  wait.hidden = false;
  setInterval(() => {
    seconds.textContent = `${Math.round((Date.now() - started) / 1000)} ${seconds.dataset.unit}`;
  }, 1000);
  // After the browser has gathered the form: a disabled button is not sent with it.
  setTimeout(() => form.querySelectorAll("button").forEach((button) => (button.disabled = true)));
});

// Coming back by the browser's back button shows the page as it was left: open the form again.
addEventListener("pageshow", (event) => {
  if (!event.persisted || !form) return;
  form.querySelector("[data-upload-wait]").hidden = true;
  form.querySelectorAll("button").forEach((button) => (button.disabled = false));
});
