// What pages need beside htmx: no second click while a form is sent, and keys that go places.
"use strict";
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "yes";
  for (const button of form.querySelectorAll("button")) button.setAttribute("aria-busy", "true");
});
// A page that comes back by the button back may be sent again: its event has the same id, so it happens once.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("button")) button.removeAttribute("aria-busy");
  }
});
let before = "";
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
  const key = event.key;
  if (key === "/") { const field = document.querySelector("#find"); if (field) { field.focus(); event.preventDefault(); } }
  else if (key === "?") { const help = document.querySelector("#keys"); if (help) help.open ? help.close() : help.showModal(); }
  else if (before === "g") { const link = document.querySelector(`nav a[data-key="${CSS.escape(key)}"]`); if (link) link.click(); }
  else { const link = document.querySelector(`main a[data-key="${CSS.escape(key)}"]`); if (link) link.click(); }
  before = key === "g" && before !== "g" ? "g" : "";
});
