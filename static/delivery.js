// Counts down how long a code that was sent can be used and when it may be sent again, and watches for half a minute whether it could be delivered.
"use strict";
(() => {
  // The clock goes on while the device sleeps, which a count of ticks would not notice.
  const began = Date.now();
  const left = (seconds) => Math.max(0, Math.ceil(seconds - (Date.now() - began) / 1000));
  const shown = (words, seconds) =>
    words.replace("0:00", `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`);
  const count = (total, each, over) => {
    const now = left(total);
    if (now === 0) {
      over();
      return;
    }
    each(now);
    setTimeout(() => count(total, each, over), 1000);
  };

  for (const timer of document.querySelectorAll("[data-seconds]")) {
    count(
      Number(timer.dataset.seconds),
      (now) => { timer.textContent = shown(timer.dataset.left, now); },
      () => { timer.textContent = timer.dataset.expired; },
    );
  }

  for (const button of document.querySelectorAll("button[data-resend]")) {
    const words = button.textContent;
    count(
      Number(button.dataset.resend),
      (now) => {
        button.disabled = true;
        button.textContent = shown(button.dataset.wait, now);
      },
      () => {
        button.disabled = false;
        button.textContent = words;
      },
    );
  }

  const tell = (note) => {
    note.hidden = false;
    const others = document.getElementById("others");
    if (others) {
      others.open = true;
    }
  };
  const watch = async (note, tries) => {
    let status = {};
    try {
      const reply = await fetch(note.dataset.statusUrl, { headers: { Accept: "application/json" } });
      status = reply.ok ? await reply.json() : {};
    } catch {
      // Not knowing is no failure: the code may arrive all the same.
    }
    if (status.failed) {
      tell(note);
    } else if (!status.sent && tries > 1) {
      setTimeout(() => watch(note, tries - 1), 2000);
    }
  };
  for (const note of document.querySelectorAll("[data-status-url][hidden]")) {
    setTimeout(() => watch(note, 15), 2000);
  }
})();
