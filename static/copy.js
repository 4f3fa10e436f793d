// Copies a key without the spaces between its groups, or a list with a line for each entry, and says so in the status beside the button.
"use strict";
for (const button of document.querySelectorAll("button[data-copy]")) {
  const source = document.getElementById(button.dataset.copy);
  const status = document.getElementById(button.getAttribute("aria-describedby"));
  const select = () => window.getSelection().selectAllChildren(source);
  const text = () =>
    "lines" in button.dataset
      ? Array.from(source.children, (line) => line.textContent.trim()).join("\n")
      : source.textContent.replace(/\s+/g, "");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text());
      status.textContent = button.dataset.done;
    } catch {
      // Without leave to write the clipboard the key is at least selected.
      select();
    }
  });
  button.hidden = false;
}
