// <live-stream>: keeps a room's page live. Its words say how it stands: Live, Reconnecting, Stale since. A stream that died silently
// would be the worst fault of such a page, so it is believed only while something is heard. No library, nothing global.

import { parsed, put, steadily, swap, tell } from "./live-page.js";

const STALE_MS = 19_000; // the server sends something each 15 s
const HIDDEN_MS = 60_000; // a page that nobody sees gives its connection back
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 10_000;
const SIGNED_OUT_MS = 30_000;
const PANELS_APART_MS = 500;
const BUFFER_MOST = 4 * 1024 * 1024;

const clock = (ms) => `${new Date(ms).toISOString().slice(11, 19)}Z`;

// --- The stream ---------------------------------------------------------------------------------------------------------

// Calls `take(name, data, id)` for each event, `heard()` for every sign of life. Ends when the server ends it.
async function follow(body, heard, take) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    heard();
    buffer += value;
    let end;
    while ((end = buffer.indexOf("\n\n")) >= 0) {
      const event = { event: "", data: "", id: "" };
      for (const line of buffer.slice(0, end).split("\n")) {
        const colon = line.indexOf(": ");
        if (colon > 0) event[line.slice(0, colon)] = line.slice(colon + 2);
      }
      buffer = buffer.slice(end + 2);
      if (event.event) take(event.event, JSON.parse(event.data || "{}"), event.id);
    }
    if (buffer.length > BUFFER_MOST) throw new Error("an event without end");
  }
}

class LiveStream extends HTMLElement {
  connectedCallback() {
    this.list = document.querySelector("[data-live-entries]");
    if (!this.list || this.running) return;
    this.running = true;
    this.after = Number(this.dataset.after);
    this.ticket = this.dataset.ticket;
    this.state = this.querySelector("[data-live-state]");
    this.pauseButton = this.querySelector("[data-live-pause]");
    this.newButton = this.querySelector("[data-live-new]");
    this.held = []; // entries that came while it is paused
    this.fresh = new Set(); // ids of entries above what the reader reads
    this.heardAt = Date.now();
    this.retryMs = FIRST_RETRY_MS;
    this.classList.add("live-on");
    this.pauseButton.hidden = false;
    this.pauseButton.addEventListener("click", () => this.pause(!this.paused));
    this.newButton.addEventListener("click", () => this.showNew());
    document.addEventListener("keydown", (event) => this.key(event));
    document.addEventListener("visibilitychange", () => this.seen());
    document.addEventListener("focusout", () => this.panelsOwed && this.panels(PANELS_APART_MS));
    document.addEventListener("change", (event) => event.target.matches?.("select") && (event.target.dataset.touched = "1"));
    document.addEventListener("scroll", () => this.fresh.size && this.atTop() && this.forget(), { passive: true });
    window.addEventListener("pagehide", () => this.stop());
    window.addEventListener("pageshow", (event) => event.persisted && this.open());
    setInterval(() => this.watch(), 1000);
    this.say("Connecting");
    this.open();
  }

  // --- How it stands ---

  say(words, state = words.split(" ")[0].toLowerCase()) {
    if (this.state.textContent !== words) this.state.textContent = words;
    this.dataset.state = state;
  }

  heard() {
    this.heardAt = Date.now();
    if (this.dataset.state === "stale") this.say("Reconnecting"); // something comes again; "ready" says that all is there
  }

  lost() {
    this.up = false;
    if (this.dataset.state !== "stale" && this.dataset.state !== "signed") this.say("Reconnecting");
  }

  watch() {
    this.late();
    if (this.asleep || this.dataset.state === "signed" || this.dataset.state === "stopped") return;
    if (Date.now() - this.heardAt < STALE_MS) return;
    this.say(`Stale since ${clock(this.heardAt)}`);
    if ((this.up || this.opening) && !this.blind && Date.now() - this.openedAt > STALE_MS) {
      this.stop(); // half-open: it will never say so itself
      this.again(0);
    }
  }

  // What is late stands in the tab's title too, also while the tab is not looked at.
  late() {
    const now = Date.now();
    const count = [...document.querySelectorAll("[role=timer][data-due]")].filter((timer) => Date.parse(timer.dataset.due) < now).length;
    const plain = document.title.replace(/^\(\d+ late\) /, "");
    const wanted = count ? `(${count} late) ${plain}` : plain;
    if (document.title !== wanted) document.title = wanted;
  }

  // --- Opening, and opening again ---

  stop() {
    clearTimeout(this.timer);
    this.timer = null;
    this.aborter?.abort();
    this.aborter = null;
    this.up = this.opening = false;
  }

  again(ms = this.retryMs * (0.75 + Math.random() / 2)) {
    if (this.asleep || this.timer) return;
    this.timer = setTimeout(() => {
      this.timer = null;
      this.open();
    }, ms);
    this.retryMs = Math.min(this.retryMs * 2, LAST_RETRY_MS);
  }

  async open() {
    this.stop();
    const aborter = (this.aborter = new AbortController());
    this.opening = true;
    this.openedAt = Date.now();
    let next = () => this.again();
    try {
      const url = `${this.dataset.url}?after=${this.after}&ticket=${encodeURIComponent(this.ticket)}`;
      const answer = await fetch(url, { signal: aborter.signal, cache: "no-store", headers: { Accept: "text/event-stream" } });
      if (!answer.ok) {
        if ([401, 403, 404].includes(answer.status)) next = () => this.renew();
      } else {
        this.opening = false;
        this.up = true;
        await follow(
          answer.body,
          () => this.aborter === aborter && this.heard(),
          (name, data, id) => {
            if (this.aborter !== aborter) return;
            if (name === "end") next = () => this.renew();
            else this.take(name, data, id);
          },
        );
      }
    } catch {
      // the network, or the server, went away: the same as an ended stream
    }
    if (this.aborter !== aborter) return; // somebody else has begun anew meanwhile
    this.opening = false;
    this.lost();
    next();
  }

  // A ticket is good for minutes, and a right may have ended: ask, as the person who is signed in, for the panels and a new ticket.
  async renew() {
    const found = await this.fetchPanels();
    if (found === "ok") {
      this.again();
    } else if (found === "signed out") {
      this.say("Signed out: sign in again in another tab; what you typed stays here", "signed");
      clearTimeout(this.timer);
      this.timer = setTimeout(() => ((this.timer = null), this.renew()), SIGNED_OUT_MS);
    } else if (found === "gone") {
      this.stop();
      this.say("Stopped: this room is not open to you any more", "stopped");
    } else {
      this.lost();
      this.timer = setTimeout(() => ((this.timer = null), this.renew()), (this.retryMs = Math.min(this.retryMs * 2, LAST_RETRY_MS)));
    }
  }

  seen() {
    if (document.hidden) {
      this.hideTimer = setTimeout(() => {
        this.asleep = true;
        this.stop();
      }, HIDDEN_MS);
      return;
    }
    clearTimeout(this.hideTimer);
    if (this.asleep) {
      this.asleep = false;
      this.heardAt = Date.now();
      this.say("Reconnecting");
      this.retryMs = FIRST_RETRY_MS;
      this.open();
      this.panels(0);
    } else if (this.dataset.state === "signed") {
      this.renew();
    } else if (!this.up && !this.opening) {
      clearTimeout(this.timer);
      this.timer = null;
      this.again(0);
    }
  }

  // --- What comes ---

  take(name, data, id) {
    if (name === "entry") {
      this.after = Math.max(this.after, Number(id));
      const entry = parsed(data.html).querySelector(".entry");
      if (!entry) return;
      if (this.paused) this.hold(entry);
      else this.show([entry]);
    } else if (name === "changed") {
      this.panels(Math.random() * data.spread);
    } else if (name === "ready") {
      this.retryMs = FIRST_RETRY_MS;
      if (this.blind) this.panels(0);
      this.blind = false;
      this.say("Live");
    } else if (name === "resync") {
      this.blind = false;
      this.say("Live");
      this.panels(0);
    } else if (name === "deaf") {
      this.blind = true; // the server is there but hears nothing itself: what it last heard counts, not that it says so
      this.heardAt = Date.now() - data.ago * 1000;
      this.say("Reconnecting");
    }
  }

  hold(entry) {
    this.held = [...this.held.filter((other) => other.id !== entry.id), entry];
    this.pill(this.held.length);
  }

  atTop() {
    return this.list.getBoundingClientRect().top >= 0;
  }

  show(entries) {
    const reading = !this.atTop() || this.list.contains(document.activeElement) || !(getSelection()?.isCollapsed ?? true);
    steadily(() => {
      for (const entry of entries) {
        const known = document.getElementById(entry.id);
        const own = document.importNode(entry, true);
        put(this.list, own);
        if (reading && !known && own.parentElement === this.list) this.fresh.add(entry.id);
        tell(own);
      }
    });
    if (this.fresh.size) this.pill(this.fresh.size);
  }

  pill(count) {
    this.newButton.textContent = `${count} new`;
    this.newButton.hidden = !count;
  }

  forget() {
    this.fresh.clear();
    this.pill(this.held.length);
  }

  showNew() {
    if (this.paused) this.pause(false);
    const newest = this.list.querySelector(".entry");
    this.forget();
    newest?.scrollIntoView({ block: "center" });
    newest?.querySelector("a")?.focus({ preventScroll: true });
  }

  pause(on) {
    this.paused = on;
    this.pauseButton.textContent = on ? "Go on" : "Pause";
    this.classList.toggle("live-paused", on);
    if (on) return;
    const entries = this.held;
    this.held = [];
    this.pill(0);
    this.show(entries);
  }

  key(event) {
    if (event.key !== "p" || event.ctrlKey || event.metaKey || event.altKey || document.body.dataset.keys === "off") return;
    if (event.target.closest?.("input, textarea, select, [contenteditable], dialog")) return;
    event.preventDefault();
    this.pause(!this.paused);
  }

  // --- Panels: one request at a time, half a second apart ---

  panels(ms) {
    if (this.panelsBusy) this.panelsAgain = true;
    if (this.panelsTimer || this.panelsBusy || this.asleep) return;
    const wait = Math.max(ms, (this.panelsAt ?? 0) + PANELS_APART_MS - Date.now());
    this.panelsTimer = setTimeout(async () => {
      this.panelsTimer = null;
      const found = await this.fetchPanels(); // who is signed out or has no right hears it from the stream
      if (found === "away") setTimeout(() => this.panels(0), LAST_RETRY_MS / 2);
    }, wait);
  }

  fetchPanels() {
    this.panelsBusy ??= this.askPanels().finally(() => {
      this.panelsBusy = null;
      this.panelsAt = Date.now();
      if (this.panelsAgain) this.panels(0);
    });
    return this.panelsBusy;
  }

  // A room that becomes restricted gets another address and loses its title: the tab, its history and what is copied of it say neither.
  move(room, ref) {
    const old = this.dataset.room;
    if (!room || room === old) return;
    for (const name of ["url", "panels", "room"]) this.dataset[name] = this.dataset[name].replace(old, room);
    document.title = [ref, ...document.title.split(" · ").slice(-2)].join(" · "); // of whom and of what stays
    this.querySelector(".live-refresh").href = room;
    history.replaceState(history.state, "", location.pathname.replace(old, room) + location.search + location.hash);
  }

  async askPanels() {
    this.panelsAgain = this.panelsOwed = false; // owed: what could not be swapped while somebody was at it
    try {
      const answer = await fetch(this.dataset.panels, { cache: "no-store", redirect: "manual" });
      if (answer.type === "opaqueredirect" || answer.status === 401) return "signed out";
      if (answer.status === 403 || answer.status === 404) return "gone";
      if (!answer.ok) return "away";
      const made = parsed(await answer.text()).querySelector("#room-panels");
      if (!made) return "away";
      this.ticket = made.dataset.ticket;
      this.move(made.dataset.address, made.dataset.ref);
      steadily(() => {
        for (const panel of made.querySelectorAll(":scope > [data-live][id]")) if (!swap(panel)) this.panelsOwed = true;
      });
      this.late();
      return "ok";
    } catch {
      return "away";
    }
  }
}

customElements.define("live-stream", LiveStream);
