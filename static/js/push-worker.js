// The service worker of browser push: shows what the server says, acknowledges by its button. It caches nothing and handles no requests.

self.addEventListener("install", () => self.skipWaiting());

function told(event) {
  try {
    return event.data?.json() ?? {};
  } catch {
    return {};
  }
}

function show({ title, body, tag, url, action }) {
  const actions = [{ action: "open", title: "Open" }];
  if (action === "Acknowledge") actions.unshift({ action: "acknowledge", title: "Acknowledge" });
  const options = { body, tag, renotify: Boolean(tag), requireInteraction: true, actions, data: { url, title } };
  return self.registration.showNotification(title || "Muster", options);
}

// The link in a page's message opens a page with one button. Asking for it changes nothing; this is the button: a POST.
async function acknowledge({ url, title }) {
  const { pathname } = new URL(url);
  let answer = null;
  try {
    answer = await fetch(pathname, { method: "POST", credentials: "omit" });
  } catch {
    // no network: said below, with the way to try again
  }
  if (answer?.ok) return show({ title: "Acknowledged", body: title, tag: url, url });
  // What was refused (the link has ended, or the page was asked about again) would be refused again: it is not offered.
  const refused = answer !== null && answer.status < 500;
  const body = refused ? "Open it to see why." : "Muster did not answer. Try again, or open it.";
  return show({ title: "It was not acknowledged", body, tag: url, url, action: refused ? "" : "Acknowledge" });
}

self.addEventListener("push", (event) => event.waitUntil(show(told(event))));

self.addEventListener("notificationclick", (event) => {
  const { data } = event.notification;
  event.notification.close();
  if (!data?.url) return;
  if (event.action === "acknowledge") event.waitUntil(acknowledge(data));
  else event.waitUntil(self.clients.openWindow(new URL(data.url).pathname));
});
