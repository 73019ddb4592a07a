// The filter bar shows the chosen at once; the button stays for those without script.
document.querySelectorAll(".report-filters").forEach((form) => {
  form.classList.add("is-live");
  form.addEventListener("change", (event) => {
    if (event.target.name === "region") form.elements.jobcentre && (form.elements.jobcentre.value = "");
    if (event.target.matches("[data-submit]")) form.requestSubmit();
  });
});
