// Asks for a security key or passkey when a form that needs one is sent, and puts the answer into it. Its button is hidden in the page, so that it is there only when it works.
"use strict";
const webauthn = (() => {
  const bytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) =>
    btoa(Array.from(new Uint8Array(buffer), (b) => String.fromCharCode(b)).join(""))
      .replace(/\+/g, "-")
      .replace(/\//g, "_")
      .replace(/=+$/, "");
  const listed = (list) => (list ?? []).map((entry) => ({ ...entry, id: bytes(entry.id) }));

  // Browsers before 2025 lack the methods that read and write JSON.
  const parse = (json, create) => {
    const parsed = JSON.parse(json);
    const given = parsed.publicKey ?? parsed;
    const method = create ? "parseCreationOptionsFromJSON" : "parseRequestOptionsFromJSON";
    if (PublicKeyCredential[method]) {
      return PublicKeyCredential[method](given);
    }
    const options = { ...given, challenge: bytes(given.challenge) };
    if (create) {
      options.user = { ...given.user, id: bytes(given.user.id) };
      options.excludeCredentials = listed(given.excludeCredentials);
    } else {
      options.allowCredentials = listed(given.allowCredentials);
    }
    return options;
  };

  const written = (credential) => {
    if (credential.toJSON) {
      return credential.toJSON();
    }
    const from = credential.response;
    const response = { clientDataJSON: text(from.clientDataJSON) };
    for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (from[name]) {
        response[name] = text(from[name]);
      }
    }
    if (from.getTransports) {
      response.transports = from.getTransports();
    }
    return {
      id: credential.id,
      rawId: text(credential.rawId),
      type: credential.type,
      authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
      clientExtensionResults: credential.getClientExtensionResults(),
      response,
    };
  };

  // Asks with the options of the form, and sends it with the answer; extra goes to the browser as it is.
  const answer = async (form, extra) => {
    const create = form.dataset.webauthn === "create";
    const options = { publicKey: parse(form.dataset.options, create), ...extra };
    const credential = await navigator.credentials[create ? "create" : "get"](options);
    form.elements.namedItem(create ? "credential" : "assertion").value = JSON.stringify(written(credential));
    HTMLFormElement.prototype.submit.call(form);
  };

  const reasons = { NotAllowedError: "stopped", AbortError: "stopped", TimeoutError: "stopped", InvalidStateError: "known" };
  const note = document.getElementById("key-error");
  const complain = (reason) => {
    note.hidden = false;
    note.textContent = note.dataset[reason];
    note.focus();
  };

  for (const form of document.querySelectorAll("form[data-webauthn]")) {
    if (!window.PublicKeyCredential) {
      if (!("optional" in form.dataset)) {
        complain("unsupported");
      }
      continue;
    }
    let asking = false;
    form.addEventListener("submit", async (event) => {
      // submit.js must not see it: the form has not gone yet.
      event.preventDefault();
      event.stopPropagation();
      if (asking) {
        return;
      }
      asking = true;
      note.hidden = true;
      try {
        await answer(form);
      } catch (error) {
        complain(reasons[error.name] ?? "failed");
      } finally {
        asking = false;
      }
    });
    form.querySelector("button[type=submit]").hidden = false;
  }
  return { answer };
})();
