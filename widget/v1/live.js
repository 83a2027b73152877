/** What the elements of a page share: one client, its state, and which alerts this tab knows. */

import { createClient } from "./client.js";
import { read, write } from "./kept.js";

/** @typedef {(state: import("./types").State | null) => void} Watcher */

export { createClient };

const ARRIVAL = 3_000;
const ALERTS = "segue.alerts";
const MOST = 50;
/** @type {Set<Watcher>} */
const watchers = new Set();
/** @type {import("./types").State | null} */
let latest = null;
/** @type {import("./types").Client | null} */
let current = null;
/** @type {import("./types").Options} */
let options = { base: "" };
/** @type {import("./types").Page} */
const page = { paused: false, after: ARRIVAL, waiting: new Set() };
/** How alerts were answered, or "seen": also on the next page of this tab. @type {Map<string, string>} */
let known = new Map();
let given = "";
/** @type {Exclude<import("./types").TokenSource, string> | null} */
let source = null;

/** The vendor's own address, which answers with a token as text or as {"token"}. */
async function fetchToken() {
  const answer = await fetch(String(options.tokenUrl), { cache: "no-store" });
  if (answer.status === 401 || answer.status === 403) return "";
  if (!answer.ok) throw new Error(`no token: ${answer.status}`);
  const body = (await answer.text()).trim();
  return body.startsWith("{") ? JSON.parse(body).token : body;
}

/** The token that was given first, then fresh ones from where they come from. */
async function nextToken() {
  const next = given || (await source?.()) || "";
  given = "";
  return next;
}

/** Whether this tab may keep anything. */
const keeps = () => options.storage !== "none";

/** @param {import("./types").Options} said */
export function start(said) {
  options = said;
  known = new Map(Object.entries((keeps() && read(ALERTS)) || {}));
  if (Number(options.after) >= 0) page.after = Number(options.after);
  given = options.token ?? "";
  source = options.tokenUrl ? fetchToken : null;
  if (given || source) connect();
}

/** @param {import("./types").TokenSource} from */
export function token(from) {
  if (typeof from === "function") source = from;
  else given = from;
  connect();
}

function connect() {
  current?.close();
  current = createClient({
    token: nextToken,
    base: options.base,
    keep: keeps(),
    onState: publish,
  });
}

/** @param {boolean} now nothing new comes up while it is so; what waited comes up afterwards */
export function pause(now) {
  page.paused = now;
  page.waiting.forEach((look) => look());
}

/** Somebody else may sit down here next. */
export function stop() {
  given = "";
  source = null;
  current?.close();
  current = null;
  known.clear();
  publish(null);
}

/** @param {import("./types").State | null} state */
function publish(state) {
  latest = state;
  watchers.forEach((watcher) => watcher(state));
}

/** Calls `watcher` now and at every change; returns what ends that. @param {Watcher} watcher */
function watch(watcher) {
  watchers.add(watcher);
  if (latest) watcher(latest);
  return () => void watchers.delete(watcher);
}

/** Seen or answered in this tab. @param {string} id */
const seen = (id) => known.has(id);

/** Answered in this tab, so it must not flash up after a reload. @param {string} id */
const answered = (id) => seen(id) && known.get(id) !== "seen";

/** @param {string} id @param {string} how it was answered, or "seen" */
function remember(id, how) {
  known.set(id, how);
  if (keeps()) write(ALERTS, Object.fromEntries([...known].slice(-MOST)));
  publish(latest); // Another banner of this page may be showing the same alert.
}

/** What the elements are given. @type {import("./types").Desk} */
const desk = { page, watch, seen, answered, remember, client: () => current };

/**
 * Fills an element as soon as there is something to fill it with: until then what draws it is not
 * even loaded.
 * @param {import("./types").Shell} shell
 */
export function fill(shell) {
  if (!shell.isConnected) return; // It was taken out again meanwhile.
  if (shell.inside) return shell.inside.enter();
  const banner = shell.localName === "segue-banner";
  let asked = false;
  /** @param {typeof import("./elements.js")} elements */
  const loaded = ({ Banner, Meter }) => {
    if (shell.inside !== empty) return; // It was taken out meanwhile.
    unwatch();
    (shell.inside = new (banner ? Banner : Meter)(shell, desk)).enter();
  };
  const unwatch = watch((state) => {
    const wanted = banner ? state?.alert && !answered(state.alert.id) : state?.meters.length;
    if (!wanted || asked) return;
    asked = true;
    import("./elements.js").then(loaded, () => {}); // Out of reach: this page shows nothing.
  });
  const leave = () => {
    unwatch();
    shell.inside = undefined;
  };
  const empty = { enter() {}, leave };
  shell.inside = empty;
}
