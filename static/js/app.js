// Enhancement only: every page works without this file. No imports, no globals, no inline anything.

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const KEEP = DAY; // how long a draft is kept

document.documentElement.classList.add("has-js");

// --- Times: "12 min ago" where asked for; everywhere a title with local time and UTC -------------------------------

function span(ms) {
  const abs = Math.abs(ms);
  if (abs < MINUTE) return `${Math.floor(abs / 1000)} s`;
  if (abs < 10 * MINUTE) return `${Math.floor(abs / MINUTE)} min ${Math.floor((abs % MINUTE) / 1000)} s`;
  if (abs < HOUR) return `${Math.floor(abs / MINUTE)} min`;
  if (abs < DAY) return `${Math.floor(abs / HOUR)} h ${Math.floor((abs % HOUR) / MINUTE)} min`;
  return `${Math.floor(abs / DAY)} d ${Math.floor((abs % DAY) / HOUR)} h`;
}

const local = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" });

function title(time) {
  const at = new Date(time.dateTime);
  if (Number.isNaN(at.getTime())) return;
  time.title = `${local.format(at)} (${at.toISOString().slice(0, 19).replace("T", " ")} UTC)`;
}

function relative(time, now) {
  const ms = now - Date.parse(time.dateTime);
  if (Number.isNaN(ms)) return;
  const text = ms < -MINUTE ? `in ${span(ms)}` : ms < MINUTE ? "just now" : `${coarse(ms)} ago`;
  if (time.textContent !== text) time.textContent = text;
}

function coarse(ms) {
  if (ms < MINUTE) return "less than a minute";
  return ms < HOUR ? `${Math.floor(ms / MINUTE)} min` : span(ms);
}

// --- Countdowns: the words, and the tone when a moment passes. The server remains the judge. -----------------------

function countdown(clock, now) {
  const due = Date.parse(clock.dataset.due ?? "");
  const words = clock.querySelector("[data-left]");
  if (Number.isNaN(due) || !words) return;
  const left = due - now;
  const length = clock.closest("table") ? coarse(Math.abs(left)) : span(left); // a list does not tick
  const text = left >= 0 ? `due in ${length}` : `overdue by ${length}`;
  if (words.textContent !== text) words.textContent = text;
  const prompt = Date.parse(clock.dataset.prompt ?? "");
  const state = left < 0 ? "broken" : now >= prompt ? "prompted" : null;
  if (state === "broken" || (state && clock.classList.contains("clock-running"))) {
    clock.classList.remove("clock-running", "clock-prompted");
    clock.classList.add(`clock-${state}`);
  }
}

const skew = (() => {
  // A page may say what time the server has, so that a phone with a wrong clock still counts right.
  const said = Date.parse(document.documentElement.dataset.now ?? "");
  return Number.isNaN(said) ? 0 : said - Date.now();
})();

function tick() {
  const now = Date.now() + skew;
  for (const time of document.querySelectorAll("time[data-relative]")) relative(time, now);
  for (const clock of document.querySelectorAll("[role=timer][data-due]")) countdown(clock, now);
}

for (const time of document.querySelectorAll("time[datetime]")) title(time);
tick();
setInterval(() => document.hidden || tick(), 1000);
document.addEventListener("visibilitychange", tick);

// --- Drafts: what was typed is kept in this browser until the server accepted it ------------------------------------

const PREFIX = `muster:draft:${document.body.dataset.me ?? ""}:`;
const store = (() => {
  try {
    localStorage.setItem("muster:probe", "1");
    localStorage.removeItem("muster:probe");
    return localStorage;
  } catch {
    return null; // private window, or storage switched off
  }
})();

const nameOf = (form) => `${PREFIX}${new URL(form.action, location.href).pathname}#${form.id}`;
const keyOf = (form) => form.elements.namedItem("idempotency_key");
const typed = (form) =>
  [...form.elements].filter((field) => field.name && field.matches("textarea, input[type=text], input:not([type])"));

function read(name) {
  try {
    const draft = JSON.parse(store.getItem(name));
    return draft && Date.now() - draft.at < KEEP ? draft : null;
  } catch {
    return null;
  }
}

function keep(form, sent) {
  const values = Object.fromEntries(typed(form).map((field) => [field.name, field.value]));
  try {
    if (!Object.values(values).some((value) => value.trim())) store.removeItem(nameOf(form));
    else store.setItem(nameOf(form), JSON.stringify({ at: Date.now(), sent, key: keyOf(form)?.value ?? "", values }));
  } catch {
    // full: the text is still in the form
  }
}

function putBack(form, draft) {
  for (const field of typed(form)) {
    if (!field.value && draft.values[field.name]) field.value = draft.values[field.name];
  }
}

// Sent, and no word that it was accepted: never sent twice by itself, never lost. The person decides.
function offer(form, draft) {
  const note = document.createElement("div");
  note.className = "flash flash-warning draft-note";
  note.setAttribute("role", "status");
  const words = document.createElement("span");
  words.textContent = `Text sent at ${new Date(draft.at).toLocaleTimeString()} may not have arrived. Look at the page first. `;
  for (const [label, act] of [
    ["Put it back", () => putBack(form, draft)],
    ["Drop it", () => store.removeItem(nameOf(form))],
  ]) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-secondary";
    button.textContent = label;
    button.addEventListener("click", () => {
      act();
      note.remove();
      typed(form)[0]?.focus();
    });
    words.append(button, " ");
  }
  note.append(words);
  form.prepend(note);
}

function drafts() {
  if (!store) return;
  const accepted = new Set(
    [...document.querySelectorAll("[data-tags]")]
      .flatMap((flash) => (flash.dataset.tags ?? "").split(/\s+/))
      .filter((tag) => tag.startsWith("accepted-"))
      .map((tag) => tag.slice("accepted-".length)),
  );
  for (const name of Object.keys(store).filter((name) => name.startsWith("muster:draft:"))) {
    const draft = read(name);
    if (!draft || accepted.has(draft.key)) store.removeItem(name);
  }
  guard(document);
}

// Forms of a page, or of a part of it that was put in anew.
function guard(root) {
  if (!store) return;
  for (const form of root.querySelectorAll("form[method=post]")) {
    if (!form.querySelector("textarea")) continue;
    const draft = read(nameOf(form));
    const held = typed(form).some((field) => field.value.trim());
    if (draft && !held) {
      if (draft.sent) offer(form, draft);
      else putBack(form, draft);
    }
    form.addEventListener("input", () => {
      const key = keyOf(form);
      // Changed after it was sent (the browser's "back"): another intent, so another key.
      if (form.dataset.sent && key && crypto.randomUUID) {
        key.value = crypto.randomUUID();
        delete form.dataset.sent;
      }
      keep(form, false);
    });
    form.addEventListener("submit", () => {
      form.dataset.sent = "1";
      keep(form, true);
    });
  }
}

drafts();

// Another module put something into the page (live.js): it is treated as if it had been there from the start.
document.addEventListener("muster:put", ({ detail: element }) => {
  for (const time of element.querySelectorAll("time[datetime]")) title(time);
  guard(element);
  tick();
});

// --- Small courtesies ------------------------------------------------------------------------------------------------

// A refused form: the summary is read first.
document.querySelector("[data-focus]")?.focus();

// Escape closes an open menu and gives the focus back; a press outside closes it too.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = document.querySelector("details.menu[open]");
  if (!open) return;
  open.open = false;
  open.querySelector("summary")?.focus();
});
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
