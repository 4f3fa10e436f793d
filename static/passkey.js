// Offers passkeys in the browser's list under the e-mail field. The button beside it asks for them openly, and then the list must not wait any more.
"use strict";
(async () => {
  const form = document.getElementById("passkey");
  if (!(await window.PublicKeyCredential?.isConditionalMediationAvailable?.())) {
    return;
  }
  const waiting = new AbortController();
  form.addEventListener("submit", () => waiting.abort(), { capture: true });
  try {
    await webauthn.answer(form, { mediation: "conditional", signal: waiting.signal });
  } catch {
    // Nobody asked for anything, so there is nothing to say: the e-mail field is there.
  }
})();
