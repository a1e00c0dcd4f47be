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

export function put(list, entry) {
  const known = document.getElementById(entry.id);
  if (known) {
    if (!known.contains(document.activeElement)) known.replaceWith(entry);
    return;
  }
  entry.classList.add("entry-new");
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

function keepOpen(old, made) {
  for (const details of old.querySelectorAll("details[id]")) {
    const same = made.querySelector(`#${CSS.escape(details.id)}`);
    if (same && details.open) same.open = true;
  }
  if (old.matches("details") && old.open) made.open = true;
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
