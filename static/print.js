// Offers to print the page. The button is hidden in the page, so that it is there only when it works.
"use strict";
for (const button of document.querySelectorAll("button[data-print]")) {
  button.addEventListener("click", () => window.print());
  button.hidden = false;
}
