// Offers to show the password. The button is hidden in the page, so that it is there only when it works.
"use strict";
for (const button of document.querySelectorAll("button[data-reveal]")) {
  const input = document.getElementById(button.dataset.reveal);
  const set = (shown) => {
    input.type = shown ? "text" : "password";
    button.textContent = shown ? button.dataset.hide : button.dataset.show;
  };
  button.addEventListener("click", () => {
    set(input.type === "password");
    input.focus();
  });
  // A field of type text would be kept in the browser's list of earlier entries.
  input.form.addEventListener("submit", () => set(false));
  button.hidden = false;
}
