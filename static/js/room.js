// The war room's own courtesies: counting times, quiet announcements, UTC or local time, keys, copying. The page works without them.

const MINUTE = 60_000;
const said = Date.parse(document.documentElement.dataset.now ?? "");
const skew = Number.isNaN(said) ? 0 : said - Date.now();
const clock = () => Date.now() + skew;
const says = document.getElementById("room-says");

const read = (name) => {
  try {
    return localStorage.getItem(name);
  } catch {
    return null; // a private window
  }
};
const write = (name, value) => {
  try {
    localStorage.setItem(name, value);
  } catch {
    // it is then so for this page only
  }
};

function announce(words) {
  if (!says) return;
  says.textContent = "";
  setTimeout(() => (says.textContent = words), 50); // so that the same words twice are heard twice
}

// --- "waits 2 min 40 s", "ETA in 5 min", counted on ------------------------------------------------------------------

function span(ms) {
  const seconds = Math.floor(Math.abs(ms) / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  if (hours) return `${hours} h ${minutes} min`;
  return minutes ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}

function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// What was announced of which clock. A screen reader hears three things of a countdown, not each second (timers are silent).
const announced = new Set();
const MARKS = [
  [5 * MINUTE, "5 minutes left"],
  [MINUTE, "1 minute left"],
  [0, "overdue"],
];

function mark(timer, left, fresh) {
  const label = timer.textContent.replace(/(due in|overdue by).*$/, "").trim();
  for (const [at, words] of MARKS) {
    const name = `${timer.dataset.due}:${at}`;
    if (left > at || announced.has(name)) continue;
    announced.add(name);
    if (!fresh && left > at - 5000) announce(`${label}: ${words}`);
  }
}

let first = true;

function tick() {
  const now = clock();
  for (const element of document.querySelectorAll("[data-since]")) put(element, span(now - Date.parse(element.dataset.since)));
  for (const element of document.querySelectorAll("[data-countdown]")) {
    const left = Date.parse(element.dataset.countdown) - now;
    put(element, (left >= 0 ? element.dataset.left : element.dataset.over).replace("{}", span(left)));
  }
  for (const timer of document.querySelectorAll(".room-line [role=timer][data-due]")) mark(timer, Date.parse(timer.dataset.due) - now, first);
  first = false;
}

// --- UTC, or the reader's own time ------------------------------------------------------------------------------------

const ZONE = "muster:zone";
const zoneSwitch = document.querySelector("[data-zone-switch]");
const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
let own = read(ZONE) === "own";

const SHAPES = [
  [/^\d\d:\d\d:\d\d$/, { hour: "2-digit", minute: "2-digit", second: "2-digit" }],
  [/^\d\d:\d\d$/, { hour: "2-digit", minute: "2-digit" }],
  [/, \d\d:\d\d:\d\d$/, { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit" }],
  [/ \d{4}, \d\d:\d\d$/, { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" }],
  [/, \d\d:\d\d$/, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" }],
].map(([shape, options]) => [shape, new Intl.DateTimeFormat("en-GB", { ...options, hourCycle: "h23" })]);

function zone(root) {
  for (const time of root.querySelectorAll("time[datetime]:not([data-relative])")) {
    time.dataset.utc ??= time.textContent;
    const shape = own && SHAPES.find(([pattern]) => pattern.test(time.dataset.utc));
    put(time, shape ? shape[1].format(new Date(time.dateTime)) : time.dataset.utc);
  }
  for (const name of document.querySelectorAll("[data-zone-name]")) {
    name.dataset.utc ??= name.textContent;
    put(name, own ? ownZone : name.dataset.utc);
  }
  if (zoneSwitch) put(zoneSwitch, own ? "Show UTC" : "Show my own time");
}

function switchZone() {
  own = !own;
  write(ZONE, own ? "own" : "utc");
  zone(document);
  announce(own ? `Times in ${ownZone}` : "Times in UTC");
}

zoneSwitch?.addEventListener("click", switchZone);

// --- Copying ------------------------------------------------------------------------------------------------------------

function show(text) {
  const sheet = document.createElement("dialog");
  sheet.className = "sheet";
  sheet.setAttribute("aria-label", "Text to copy");
  const area = document.createElement("textarea");
  area.className = "copy-text";
  area.readOnly = true;
  area.value = text;
  area.setAttribute("aria-label", "Text to copy");
  const close = document.createElement("button");
  close.className = "btn btn-primary";
  close.textContent = "Close";
  close.addEventListener("click", () => sheet.close());
  sheet.addEventListener("close", () => sheet.remove());
  sheet.append(area, close);
  document.body.append(sheet);
  sheet.showModal();
  area.select();
}

async function copy(link) {
  const answer = await fetch(link.dataset.copy, { cache: "no-store" });
  if (!answer.ok) {
    location.assign(link.href);
    return;
  }
  const text = await answer.text();
  try {
    await navigator.clipboard.writeText(text);
    announce("Situation report copied");
    const words = link.lastChild.textContent;
    link.lastChild.textContent = "Copied";
    setTimeout(() => (link.lastChild.textContent = words), 2000);
  } catch {
    show(text); // no clipboard here: the text, selected
  }
}

document.addEventListener("click", (event) => {
  const area = event.target.closest?.("textarea[data-copy]");
  if (area) {
    area.select();
    navigator.clipboard?.writeText(area.value).then(() => announce("Copied"), () => {}); // without a clipboard it is selected
    return;
  }
  const link = event.target.closest?.("a[data-copy]");
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    copy(link);
    return;
  }
  // "Post" beside an audience: its form, with the audience chosen, without loading the page anew.
  const post = event.target.closest?.("[data-audience]");
  const field = post && document.querySelector("#do-update [name=audience]");
  if (!field || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  field.value = post.dataset.audience;
  field.dispatchEvent(new Event("change", { bubbles: true }));
  reach("do-update");
});

// --- Reaching things ----------------------------------------------------------------------------------------------------

const FIELDS = "input:not([type=hidden]), textarea, select";

// Opens what the form stands in and puts the focus into its first field, or on its button.
function reach(id) {
  const form = document.getElementById(id);
  if (!form) return false;
  unfold(form);
  const target = form.querySelector("[type=radio]:checked") ?? form.querySelector(FIELDS) ?? form.querySelector("button");
  target?.focus();
  target?.scrollIntoView({ block: "center" });
  return Boolean(target);
}

function reachFirst(selector) {
  const found = document.querySelector(selector);
  unfold(found);
  found?.focus();
  found?.scrollIntoView({ block: "center" });
  return Boolean(found);
}

// A phone has one column: what is looked up stands there closed, by its heading, and of the timeline the newest. Once, when the page is
// loaded; what the reader opens stays open (live-page.js).
const whole = document.querySelector("[data-whole-timeline]");
const timeline = document.querySelector("[data-live-entries]");
const SHORT = 12; // as in room-bar.css

function unfold(target) {
  const inside = target?.matches("summary") ? target.parentElement.parentElement : target; // what a heading opens, Enter on it opens
  for (let fold = inside?.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  const own = target?.querySelector(":scope > details[data-fold]");
  if (own) own.open = true;
  if (timeline?.contains(target)) showWhole();
}

function showWhole() {
  timeline.classList.remove("timeline-short");
  whole.hidden = true;
}

if (matchMedia("(width < 48rem)").matches) {
  for (const fold of document.querySelectorAll("details[data-fold]")) {
    if (!fold.querySelector("[data-typed], .error-summary")) fold.open = false;
  }
  if (whole && timeline.children.length > SHORT + 3) {
    timeline.classList.add("timeline-short");
    whole.hidden = false;
    whole.addEventListener("click", () => {
      const next = timeline.children[SHORT];
      showWhole();
      next?.querySelector("a")?.focus({ preventScroll: true });
    });
  }
}

// A link to a form (the bar at the bottom, "Post an update"): its first field is ready for typing.
function followHash() {
  const id = decodeURIComponent(location.hash.slice(1));
  const target = id && document.getElementById(id);
  if (target) unfold(target);
  if (id.startsWith("do-")) reach(id);
  else if (id === "compose") reachFirst(".kind[open] textarea, .kind[open] input:not([type=hidden])");
}

window.addEventListener("hashchange", followHash);
document.addEventListener("click", (event) => {
  const link = event.target.closest?.('a[href^="#"]');
  if (link && link.hash === location.hash) followHash(); // pressed again: no hashchange comes
});

// --- Keys: one letter each, never in a field, and they can be switched off ------------------------------------------------

const KEYS = "muster:keys";
const sheet = document.getElementById("keys");
const keySwitch = document.querySelector("[data-keys-switch]");
document.body.dataset.keys = read(KEYS) === "off" ? "off" : "on";
if (keySwitch) {
  keySwitch.checked = document.body.dataset.keys === "on";
  keySwitch.addEventListener("change", () => {
    document.body.dataset.keys = keySwitch.checked ? "on" : "off";
    write(KEYS, document.body.dataset.keys);
  });
}
document.querySelector("[data-keys-open]")?.addEventListener("click", () => sheet?.showModal());

// Presses the button of my oldest order that waits for my word, as a click would. (Twice is once: the form has its key.)
function acknowledge() {
  const button = document.querySelector("#orders-now [aria-keyshortcuts=a]");
  if (button) button.click();
  else announce("No order waits for your word");
}

const ACTS = {
  c: () => reach("do-note"),
  o: () => reach("do-order"),
  a: acknowledge,
  r: () => reachFirst(".roles summary, .roles button"),
  s: () => reachFirst(".room-now summary, .room-now button, #verb-severity > summary"),
  u: () => switchZone(),
  y: () => {
    const link = document.querySelector("a[data-copy]");
    if (link) copy(link);
  },
  "?": () => sheet?.showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.key === "k" && (event.ctrlKey || event.metaKey) && reachFirst("#command-text")) {
    event.preventDefault();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || document.body.dataset.keys === "off") return;
  if (event.target.closest?.("input, textarea, select, [contenteditable], dialog")) return;
  const act = ACTS[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

// --- Now, each second, and whenever the live feed puts something in -----------------------------------------------------------

zone(document);
tick();
followHash();
setInterval(() => document.hidden || tick(), 1000);
document.addEventListener("muster:put", ({ detail: element }) => {
  zone(element.parentElement ?? element);
  tick();
});
