/** What this tab keeps in `sessionStorage`, if the page lets it. */

const MOST = 50;

/** @param {string} key @returns {any} what an earlier page of this tab left, or null */
export function read(key) {
  try {
    return JSON.parse(sessionStorage.getItem(key) ?? "null");
  } catch {
    return null; // Storage is forbidden here, or what it holds is not ours.
  }
}

/** @param {string} key @param {unknown} value null: nothing */
export function write(key, value) {
  try {
    if (value === null) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Forbidden or full: then the memory lasts as long as the page.
  }
}

/** Which alerts were seen or answered. `keeps`: also on the next page of this tab. */
export class Known {
  #keeps;
  /** @type {Map<string, string>} */
  #alerts = new Map();

  /** @param {boolean} keeps */
  constructor(keeps) {
    this.#keeps = keeps;
    if (keeps) this.#alerts = new Map(Object.entries(read("segue.alerts") ?? {}));
  }

  /** @param {string} id @returns {string | undefined} how it was answered, or "seen" */
  of(id) {
    return this.#alerts.get(id);
  }

  /** @param {string} id @param {string} how */
  add(id, how) {
    this.#alerts.set(id, how);
    if (this.#keeps) write("segue.alerts", Object.fromEntries([...this.#alerts].slice(-MOST)));
  }

  clear() {
    this.#alerts.clear();
  }
}
