// Lets each form go once: a second click would spend a second try of the same code.
"use strict";
// The button is not disabled: that would take the focus away and drop the button's value from the form.
const mark = (form, busy) => {
  form.toggleAttribute("data-sent", busy);
  for (const button of form.querySelectorAll("button[type=submit]")) {
    if (busy) {
      button.setAttribute("aria-disabled", "true");
    } else {
      button.removeAttribute("aria-disabled");
    }
  }
};
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.hasAttribute("data-sent")) {
    event.preventDefault();
    return;
  }
  mark(form, true);
  // A request that never arrived may be sent again.
  setTimeout(() => mark(form, false), 8000);
});
// The back button brings the page back as it was left.
window.addEventListener("pageshow", () => {
  for (const form of document.forms) {
    mark(form, false);
  }
});
