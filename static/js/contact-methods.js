// Subscribing this browser to push. Everything else on the page works without scripts.

const form = document.querySelector("form[data-push]");
const status = document.querySelector("[data-push-status]");
const button = form?.querySelector("button");

function key(text) {
  const padded = text.replaceAll("-", "+").replaceAll("_", "/");
  return Uint8Array.from(atob(padded), (character) => character.charCodeAt(0));
}

async function subscription() {
  const registration = await navigator.serviceWorker.register(form.dataset.pushWorker);
  const options = { userVisibleOnly: true, applicationServerKey: key(form.dataset.pushKey) };
  await waitUntilActive(registration);
  return registration.pushManager.subscribe(options);
}

async function waitUntilActive(registration) {
  const worker = registration.installing ?? registration.waiting;
  if (registration.active || !worker) return;
  await new Promise((done) => worker.addEventListener("statechange", () => worker.state === "activated" && done()));
}

async function add(event) {
  event.preventDefault();
  button.disabled = true;
  try {
    if ((await Notification.requestPermission()) !== "granted") {
      status.textContent = "Notifications are blocked for this site: allow them in the browser's settings, then try again.";
      return;
    }
    status.textContent = "Subscribing…";
    form.elements.namedItem("address").value = JSON.stringify(await subscription());
    form.submit();
  } catch (error) {
    status.textContent = `This browser could not be subscribed: ${error.message}`;
  } finally {
    button.disabled = false;
  }
}

if (form && "serviceWorker" in navigator && "PushManager" in window && "Notification" in window) {
  status.textContent = "The browser will ask whether Muster may notify you.";
  button.disabled = false;
  form.addEventListener("submit", add);
}
