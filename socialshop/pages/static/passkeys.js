// Passkeys: a form with data-passkey asks the browser for a credential before it is sent, and sends what the browser says.
"use strict";

function bytes(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

function text(buffer) {
  const plain = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

async function create(options) {
  options.challenge = bytes(options.challenge);
  options.user.id = bytes(options.user.id);
  for (const known of options.excludeCredentials) known.id = bytes(known.id);
  const made = await navigator.credentials.create({ publicKey: options });
  const { clientDataJSON, attestationObject } = made.response;
  return { id: made.id, response: { clientDataJSON: text(clientDataJSON), attestationObject: text(attestationObject) } };
}

async function get(options) {
  options.challenge = bytes(options.challenge);
  const signed = await navigator.credentials.get({ publicKey: options });
  const { clientDataJSON, authenticatorData, signature, userHandle } = signed.response;
  const response = {
    clientDataJSON: text(clientDataJSON), authenticatorData: text(authenticatorData), signature: text(signature),
  };
  if (userHandle) response.userHandle = text(userHandle);
  return { id: signed.id, response };
}

// A credential is bound to a name; at another address of the same shop the browser would only refuse.
const there = document.querySelector("[data-elsewhere]");
const name = there?.dataset.elsewhere;
const elsewhere = name && location.hostname !== name && !location.hostname.endsWith("." + name);
if (elsewhere) there.hidden = false;

for (const form of document.querySelectorAll("form[data-passkey]")) {
  form.hidden = Boolean(elsewhere);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const failed = form.querySelector("[data-failed]");
    failed.hidden = true;
    try {
      const options = JSON.parse(form.dataset.options);
      const answer = form.dataset.passkey === "create" ? await create(options) : await get(options);
      form.elements.credential.value = JSON.stringify(answer);
      form.submit();
    } catch {
      failed.hidden = false;
    }
  });
}
