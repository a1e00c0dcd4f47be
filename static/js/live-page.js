// What the live feed (live.js) does to a room's page: an entry put in its place, a panel swapped, and nothing moved that is being read.

// Tells the page's own script (app.js) of something that was not there when the page was loaded.
export const tell = (element) => document.dispatchEvent(new CustomEvent("muster:put", { detail: element }));

export function parsed(html) {
  return new DOMParser().parseFromString(html, "text/html").body; // runs no script, loads nothing
}

// --- What the reader reads does not move ----------------------------------------------------------------------------

// An element that the reader looks at, and where it is: their field, or what is first below the bar on top.
function lookedAt() {
  const top = document.querySelector(".top")?.getBoundingClientRect().bottom ?? 0;
  const inField = document.activeElement?.matches?.("input, textarea, select") ? document.activeElement : null;
  if (inField) return inField;
  if (window.scrollY < 8) return null; // at the very top: what is new is what they want to see
  for (const element of document.querySelectorAll(".entry, [data-live], .panel")) {
    const box = element.getBoundingClientRect();
    if (box.height && box.top >= Math.max(top, 0) && box.top < window.innerHeight) return element;
  }
  return null;
}

export function steadily(change) {
  const mark = lookedAt();
  const before = mark?.getBoundingClientRect().top;
  change();
  const now = mark?.id && !mark.isConnected ? document.getElementById(mark.id) : mark;
  if (!now?.isConnected) return;
  const moved = now.getBoundingClientRect().top - before;
  if (Math.abs(moved) >= 1) window.scrollBy({ top: moved, behavior: "instant" });
}

// --- The timeline: newest first by (at, seq), one heading a day, each entry once ------------------------------------

const before = (a, b) => a[0] - b[0] || a[1] - b[1];
const placeOf = (entry) => [Number(entry.dataset.at), Number(entry.dataset.seq)];

function heading(day) {
  const made = document.createElement("li");
  made.className = "entry-day";
  made.textContent = day;
  return made;
}

// A correction strikes what it corrects; both stay (warroom.bot-hygiene).
function strike(entry) {
  const struck = entry.dataset.corrects && document.getElementById(`ev-${entry.dataset.corrects}`);
  if (!struck || struck.classList.contains("entry-restated")) return;
  struck.classList.add("entry-restated");
  const words = document.createElement("p");
  words.className = "entry-late mb-0";
  const link = document.createElement("a");
  link.href = `#${entry.id}`;
  link.textContent = `entry ${entry.dataset.seq}`;
  words.append("Corrected by ", link, "; kept as it was written.");
  struck.querySelector(".entry-text")?.after(words);
}

// An answer goes below what it answers, folded as the server folds it. Returns whether there was such an entry.
function fold(list, entry) {
  const answered = entry.dataset.thread && document.getElementById(`ev-${entry.dataset.thread}`);
  if (!answered || !list.contains(answered)) return false;
  const top = answered.closest(".thread-entries")?.closest(".entry") ?? answered;
  let thread = top.querySelector(":scope > .entry-body > .thread");
  if (!thread) {
    thread = document.createElement("details");
    thread.className = "fold thread";
    thread.id = `thread-${top.dataset.seq}`;
    const entries = document.createElement("ol");
    entries.className = "timeline thread-entries";
    thread.append(document.createElement("summary"), entries);
    top.querySelector(".entry-body").append(thread);
  }
  const entries = thread.querySelector(".thread-entries");
  entries.append(entry);
  const count = entries.children.length;
  thread.querySelector("summary").textContent = count === 1 ? "1 reply" : `${count} replies`;
  return true;
}

export function put(list, entry) {
  strike(entry);
  const known = document.getElementById(entry.id);
  if (known) {
    if (known.contains(document.activeElement)) return;
    const thread = known.querySelector(":scope > .entry-body > .thread");
    if (thread) entry.querySelector(".entry-body").append(thread);
    known.replaceWith(entry);
    return;
  }
  const shown = list.dataset.show; // the filter of this page
  if (shown && !(entry.dataset.groups ?? "").split(" ").includes(shown)) return;
  entry.classList.add("entry-new");
  if (!shown && fold(list, entry)) return;
  const place = placeOf(entry);
  const next = [...list.querySelectorAll(":scope > .entry")].find((other) => before(placeOf(other), place) < 0);
  let spot = next ?? null;
  if (next && next.dataset.day !== entry.dataset.day && next.previousElementSibling?.matches(".entry-day")) {
    spot = next.previousElementSibling; // the next day's heading stays with its entries
  }
  list.insertBefore(entry, spot);
  const above = entry.previousElementSibling;
  const inDay = above?.matches(".entry-day") ? above.textContent === entry.dataset.day : above?.dataset.day === entry.dataset.day;
  if (!inDay) list.insertBefore(heading(entry.dataset.day), entry);
}

// --- The panels: swapped whole, but never under somebody's hands ------------------------------------------------------

const changedByHand = (field) => {
  if (field.type === "hidden") return false;
  if (field.matches("select")) return field.dataset.touched === "1";
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  return "defaultValue" in field && field.value !== field.defaultValue;
};

function inUse(element) {
  if (element.contains(document.activeElement)) return true;
  if (element.matches("[data-typed]") || element.querySelector("[data-typed], .draft-note")) return true;
  return [...element.querySelectorAll("input, textarea, select")].some(changedByHand);
}

// What the reader opened or closed stays so.
function keepOpen(old, made) {
  for (const details of old.querySelectorAll("details[id]")) {
    const same = made.querySelector(`#${CSS.escape(details.id)}`);
    if (same && same.open !== details.open) same.open = details.open;
  }
  if (old.matches("details")) made.open = old.open;
}

// Returns whether everything could be swapped.
export function swap(made) {
  const old = document.getElementById(made.id);
  if (!old) return true; // it comes with what it stands in
  if (!inUse(old)) {
    const own = document.importNode(made, true);
    keepOpen(old, own);
    old.replaceWith(own);
    tell(own);
    return true;
  }
  for (const inner of made.querySelectorAll("[data-live][id]")) {
    if (inner.parentElement.closest("[data-live]") === made && old.contains(document.getElementById(inner.id))) swap(inner);
  }
  return false;
}
