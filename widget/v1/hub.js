/** What the elements of a page share: one client, its state, and which alerts this tab knows. */

const KEY = "segue.alerts";
const MOST = 50;

/** @typedef {(state: import("./types").State | null) => void} Watcher */

/** @type {Set<Watcher>} */
const watchers = new Set();
/** @type {import("./types").State | null} */
let latest = null;
/** @type {import("./types").Client | null} */
let current = null;
/** @type {Map<string, string>} */
let known = new Map();
let keeps = true;

// A page may forbid storage altogether: then the memory lasts as long as the page.
try {
  known = new Map(Object.entries(JSON.parse(sessionStorage.getItem(KEY) ?? "{}")));
} catch {
  keeps = false;
}

export const client = () => current;

/** @param {import("./types").Client | null} next */
export function use(next) {
  current?.close();
  current = next;
}

/** @param {import("./types").State | null} state */
export function publish(state) {
  latest = state;
  watchers.forEach((watcher) => watcher(state));
}

/** Calls `watcher` now and at every change; returns what ends that. @param {Watcher} watcher */
export function watch(watcher) {
  watchers.add(watcher);
  if (latest) watcher(latest);
  return () => void watchers.delete(watcher);
}

function save() {
  if (!keeps) return;
  try {
    if (!known.size) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, JSON.stringify(Object.fromEntries([...known].slice(-MOST))));
  } catch {
    keeps = false;
  }
}

/** Seen or answered in this tab. @param {string} id */
export const seen = (id) => known.has(id);

/** Answered in this tab, so it must not flash up after a reload. @param {string} id */
export const answered = (id) => known.has(id) && known.get(id) !== "seen";

/** @param {string} id @param {string} how it was answered, or "seen" */
export function remember(id, how) {
  known.set(id, how);
  save();
  publish(latest); // Another banner of this page may be showing the same alert.
}

/** Somebody else may sit down here next. */
export function forget() {
  known.clear();
  save();
}

/** Keep nothing beyond this page. */
export function keepNothing() {
  forget();
  keeps = false;
}
