// A post-mortem's page while it is written: it saves by itself, shows what others write, previews, and moves by keys. All of it works
// without this file too, by its buttons.

import { parsed, steadily, swap } from "./live-page.js";

const SAVE_AFTER_MS = 1500; // without a key pressed
const SAVE_AT_LATEST_MS = 8000; // while somebody types without a pause
const LOOK_EVERY_MS = 3000;
const KEEP_MS = 24 * 60 * 60_000; // as long as app.js keeps a draft

const KEPT = "Your text is kept in this browser";
const SIGNED_OUT = `Signed out: sign in in another tab. ${KEPT}.`;
const OTHER_PERSON = `Somebody else has signed in here: sign in as yourself in another tab. ${KEPT}.`;

const says = document.getElementById("pm-says");
const live = document.getElementById("pm-live");
const clock = (date) => date.toISOString().slice(11, 19);

function announce(words) {
  if (!says) return;
  says.textContent = "";
  setTimeout(() => (says.textContent = words), 50);
}

// --- Saving by itself -----------------------------------------------------------------------------------------------------

const timers = new Map(); // section -> {soon, latest}
const saving = new Map(); // section -> the save that is on its way
const typedAs = new WeakMap(); // form -> its text as it was typed when it was last saved: the server keeps it without white space around it
const stuck = new Set(); // sections where somebody else was faster: a person decides

const sectionOf = (element) => element.closest("[data-section]");
const textOf = (form) => form.elements.namedItem("text");
const isDirty = (form) => textOf(form).value !== textOf(form).defaultValue && textOf(form).value !== typedAs.get(form);
const draftName = (form) => `muster:draft:${document.body.dataset.me ?? ""}:${new URL(form.action, location.href).pathname}#${form.id}`;

function say(form, words, bad = false) {
  const status = form.querySelector("[data-status]");
  if (status.textContent !== words) status.textContent = words; // said once, however often it is tried
  status.classList.toggle("pm-status-bad", bad);
}

function forget(form) {
  try {
    localStorage.removeItem(draftName(form));
  } catch {
    // no storage here: nothing was kept
  }
}

function schedule(form) {
  const key = sectionOf(form).dataset.section;
  if (stuck.has(key)) return;
  const own = timers.get(key) ?? {};
  clearTimeout(own.soon);
  own.soon = setTimeout(() => save(key), SAVE_AFTER_MS);
  own.latest ??= setTimeout(() => save(key), SAVE_AT_LATEST_MS);
  timers.set(key, own);
  say(form, "Not saved yet");
}

function unschedule(key) {
  const own = timers.get(key);
  clearTimeout(own?.soon);
  clearTimeout(own?.latest);
  timers.delete(key);
}

const formOf = (key) => document.getElementById(`do-section-${key}`);

// --- Sending, as who this page is of --------------------------------------------------------------------------------------

class NotSignedIn extends Error {} // its message is for the person

// Signing in anew makes the tokens that stand in this page worthless: it gets those of the new session, where that is the same person's.
async function renewed() {
  const answer = await fetch(live.dataset.panelsUrl, { cache: "no-store", redirect: "manual", credentials: "same-origin" });
  if (answer.type === "opaqueredirect") throw new NotSignedIn(SIGNED_OUT);
  if (answer.status === 403 || answer.status === 404) throw new NotSignedIn(OTHER_PERSON); // who is in there may not look at it at all
  if (!answer.ok) throw new Error(`${answer.status}`);
  const made = parsed(await answer.text()).querySelector("#pm-panels");
  if (made.dataset.me !== document.body.dataset.me) throw new NotSignedIn(OTHER_PERSON);
  const token = made.querySelector("[name=csrfmiddlewaretoken]")?.value;
  if (!token) throw new Error("no token");
  for (const field of document.querySelectorAll("[name=csrfmiddlewaretoken]")) field.value = token;
  return token;
}

// The answer to a form. Throws `NotSignedIn` rather than take the page to sign in, which a redirect leads to, for an answer.
async function post(address, body) {
  const ask = () =>
    fetch(address, { method: "POST", body, headers: { Accept: "application/json" }, redirect: "manual", credentials: "same-origin" });
  let answer = await ask();
  if (answer.status === 403 && (await answer.clone().json().catch(() => ({}))).code === "csrf") {
    body.set("csrfmiddlewaretoken", await renewed());
    answer = await ask();
  }
  if (answer.type === "opaqueredirect" || answer.status === 401) throw new NotSignedIn(SIGNED_OUT);
  return answer;
}

// Save a section, and say in a sentence what came of it.
async function save(key) {
  unschedule(key);
  const form = formOf(key);
  if (stuck.has(key)) return "Not saved: somebody else saved this section after you began. Look at both texts.";
  if (!form || saving.has(key)) return "";
  if (!isDirty(form)) return "Saved";
  const sent = send(form, key);
  saving.set(key, sent);
  try {
    return await sent;
  } finally {
    saving.delete(key);
    if (form.isConnected && isDirty(form) && !form.querySelector(".pm-status-bad") && !stuck.has(key)) schedule(form);
  }
}

async function send(form, key) {
  const text = textOf(form).value;
  const body = new URLSearchParams(new FormData(form));
  body.set("automatic", "1");
  try {
    const answer = await post(form.action, body);
    const told = await answer.json().catch(() => ({}));
    if (answer.ok && Number.isInteger(told.version)) return saved(form, text, told);
    if (answer.status === 409 && told.theirs) return conflict(form, key, told);
    return failed(form, told.detail ?? `It could not be saved. ${KEPT}.`);
  } catch (error) {
    again(key);
    if (error instanceof NotSignedIn) return failed(form, error.message);
    return failed(form, "No connection: your text is kept in this browser, and saved when it is back.");
  }
}

// Once more in a while, without a word before it is known what comes of it.
function again(key) {
  const own = timers.get(key) ?? {};
  own.latest ??= setTimeout(() => save(key), SAVE_AT_LATEST_MS);
  timers.set(key, own);
}

function failed(form, words) {
  say(form, words, true);
  return `Not saved. ${words}`;
}

function saved(form, text, told) {
  const section = sectionOf(form);
  form.elements.namedItem("version").value = told.version;
  form.elements.namedItem("version").defaultValue = told.version;
  section.dataset.version = told.version;
  const area = textOf(form);
  const now = area.value;
  area.defaultValue = told.text;
  if (area.value !== now) area.value = now; // a text that was never typed in follows its default
  typedAs.set(form, text);
  form.querySelector("[data-saved]").textContent = `Version ${told.version}, saved ${clock(new Date(told.saved_at))} UTC by you`;
  say(form, "");
  if (area.value === text) forget(form);
  return "Saved";
}

// Both texts, side by side: the form itself, sent by its button, leads there.
function conflict(form, key, told) {
  stuck.add(key);
  say(form, `${told.detail} `, true);
  const button = document.createElement("button");
  button.type = "submit";
  button.className = "btn btn-secondary btn-small";
  button.textContent = "Look at both texts";
  form.querySelector("[data-status]").append(button);
  announce(told.detail);
  return `Not saved. ${told.detail}`;
}

document.addEventListener("input", (event) => {
  const form = event.target.closest?.("form[data-autosave]");
  if (form && event.target === textOf(form)) schedule(form);
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "s" || !(event.ctrlKey || event.metaKey)) return;
  const form = event.target.closest?.("form[data-autosave]");
  if (!form) return;
  event.preventDefault();
  const key = sectionOf(form).dataset.section;
  Promise.resolve(saving.get(key))
    .then(() => save(key)) // what was typed while an earlier save was on its way
    .then(announce);
});

// What was typed before the page was left, and did not arrive: offered, never put in by itself.
function offerDrafts() {
  for (const form of document.querySelectorAll("form[data-autosave]")) {
    let draft = null;
    try {
      draft = JSON.parse(localStorage.getItem(draftName(form)));
    } catch {
      return;
    }
    const text = draft?.values?.text;
    if (!text || Date.now() - draft.at > KEEP_MS || text.trim() === textOf(form).value.trim()) continue;
    const note = document.createElement("div");
    note.className = "flash flash-warning draft-note";
    note.setAttribute("role", "status");
    note.append(`Text typed here at ${new Date(draft.at).toLocaleTimeString()} was not saved. `);
    for (const [label, act] of [
      ["Put it back", () => put(form, text)],
      ["Drop it", () => forget(form)],
    ]) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "btn btn-secondary btn-small";
      button.textContent = label;
      button.addEventListener("click", () => {
        act();
        note.remove();
        textOf(form).focus();
      });
      note.append(button, " ");
    }
    form.prepend(note);
  }
}

function put(form, text) {
  textOf(form).value = text;
  schedule(form);
}

// --- Preview ----------------------------------------------------------------------------------------------------------------

async function preview(form, button) {
  const here = form.querySelector("[data-preview-here]");
  const open = here.hidden;
  if (open) {
    const answer = await post(form.dataset.preview, new URLSearchParams(new FormData(form)));
    if (!answer.ok) throw new Error(`${answer.status}`);
    const text = parsed(await answer.text()).querySelector("[data-preview-text]");
    here.replaceChildren(...text.childNodes);
    if (!isDirty(form)) say(form, ""); // that somebody was signed out, if it said so
  }
  here.hidden = !open;
  button.setAttribute("aria-pressed", String(open));
  if (open) announce("The preview is below the text");
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-preview-button]");
  if (!button || button.dataset.plain) return;
  event.preventDefault();
  preview(button.form, button).catch((error) => {
    if (error instanceof NotSignedIn) return announce(failed(button.form, error.message));
    button.dataset.plain = "1";
    button.click(); // as a page of its own
  });
});

// --- What others write ----------------------------------------------------------------------------------------------------------

let mark = null;
let looking = false;

// A text that somebody else saved, put in where nothing of one's own is typed, although the cursor stands there.
function refresh(made) {
  const form = formOf(made.dataset.section);
  const fresh = made.querySelector("form[data-autosave]");
  if (!form || !fresh || isDirty(form) || saving.has(made.dataset.section)) return;
  const version = form.elements.namedItem("version");
  const theirs = fresh.elements.namedItem("version").value;
  if (Number(theirs) <= Number(version.value)) return; // one's own, or asked for before one's own was saved
  const area = textOf(form);
  const [start, end] = [area.selectionStart, area.selectionEnd];
  if (area.defaultValue !== textOf(fresh).defaultValue) {
    area.value = area.defaultValue = textOf(fresh).defaultValue;
    area.setSelectionRange(Math.min(start, area.value.length), Math.min(end, area.value.length));
  }
  version.value = version.defaultValue = theirs;
  sectionOf(form).dataset.version = version.value;
  form.querySelector("[data-saved]").replaceWith(document.importNode(fresh.querySelector("[data-saved]"), true));
}

async function panels() {
  const answer = await fetch(`${live.dataset.panelsUrl}${location.search}`, { cache: "no-store", credentials: "same-origin" });
  if (!answer.ok) throw new Error(`${answer.status}`);
  const made = parsed(await answer.text()).querySelector("#pm-panels");
  steadily(() => {
    for (const element of made.querySelectorAll(":scope > [data-live][id]")) {
      if (!swap(element) && element.dataset.section) refresh(element);
    }
  });
}

async function look() {
  if (document.hidden || looking || !live) return;
  looking = true;
  try {
    const answer = await fetch(live.dataset.markUrl, { cache: "no-store", credentials: "same-origin", headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(`${answer.status}`);
    const { mark: now } = await answer.json();
    if (mark !== null && now !== mark) await panels();
    mark = now;
    live.dataset.heard = String(Date.now());
    if (live.textContent !== "Live") live.textContent = "Live";
  } catch {
    const since = Number(live.dataset.heard);
    live.textContent = since ? `Not live since ${clock(new Date(since))} UTC` : "Not live";
  } finally {
    looking = false;
  }
}

document.addEventListener("change", (event) => event.target.matches?.("select") && (event.target.dataset.touched = "1"));
document.addEventListener("visibilitychange", look);

// --- Moving in the record by keys ---------------------------------------------------------------------------------------------------

document.addEventListener("keydown", (event) => {
  const list = event.target.closest?.("[data-arrows]");
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!list || !step) return;
  const buttons = [...list.querySelectorAll("button")];
  const at = buttons.indexOf(document.activeElement);
  const next = buttons[at < 0 ? (step > 0 ? 0 : buttons.length - 1) : at + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
  next.scrollIntoView({ block: "nearest" });
});

// What is not saved when the page is left stands in this browser (app.js keeps it); and is sent, where there is still time.
window.addEventListener("pagehide", () => {
  for (const form of document.querySelectorAll("form[data-autosave]")) {
    const key = sectionOf(form).dataset.section;
    if (!isDirty(form) || stuck.has(key) || saving.has(key) || form.dataset.sent) continue;
    const body = new URLSearchParams(new FormData(form));
    body.set("automatic", "1");
    const asked = { method: "POST", body, headers: { Accept: "application/json" }, keepalive: true, redirect: "manual" };
    if (body.toString().length < 60_000) fetch(form.action, asked).catch(() => {});
  }
});

offerDrafts();
look();
setInterval(look, LOOK_EVERY_MS);
