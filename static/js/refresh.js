// A page that is read and not worked in (executives, Support): what has changed on the server is put in its place. That the page stands open
// is no look of somebody, and is said to be none. A part is touched only where it says something else, so that text which somebody marks to
// copy stays marked; forms are never touched.

import { parsed, steadily, tell } from "./live-page.js";

const EVERY_MS = 20_000;

const said = document.querySelector("[data-refresh-said]");
const news = document.querySelector("[data-refresh-news]");
const clock = () => new Date().toTimeString().slice(0, 8);
const address = said?.dataset.refreshSaid; // the page's own: after a refusal the browser stands at the verb's
let lookedAt = clock();

// What a part says, but for the words of times, which the page's own script writes.
function bare(part) {
  const copy = part.cloneNode(true);
  for (const time of copy.querySelectorAll("time, [role=timer]")) time.replaceWith(time.getAttribute("datetime") ?? time.dataset.due ?? "");
  return copy.innerHTML;
}

function say(words) {
  said.hidden = false;
  said.textContent = words;
}

async function look() {
  if (document.hidden) return;
  let answer;
  try {
    answer = await fetch(address, { cache: "no-store", redirect: "manual", headers: { "X-Muster-Kept-Open": "1" } });
  } catch {
    return say(`No answer since ${lookedAt}: this may be out of date.`);
  }
  if (answer.type === "opaqueredirect" || [401, 403, 404].includes(answer.status)) return location.assign(address); // signed out, moved, not theirs
  if (!answer.ok) return say(`No answer since ${lookedAt}: this may be out of date.`);
  const page = parsed(await answer.text());
  const changed = [];
  for (const part of document.querySelectorAll("[data-refresh]")) {
    const fresh = page.querySelector(`#${CSS.escape(part.id)}`);
    if (!fresh || bare(fresh) === bare(part)) continue;
    steadily(() => part.replaceWith(fresh));
    tell(fresh);
    changed.push(fresh.dataset.refresh);
  }
  lookedAt = clock();
  say(`Up to date at ${lookedAt}.`);
  if (changed.length) news.textContent = `Changed: ${changed.join(", ")}.`;
}

if (said && news) {
  setInterval(look, EVERY_MS);
  document.addEventListener("visibilitychange", look);
}
