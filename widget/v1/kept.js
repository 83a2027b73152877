/** What this tab keeps in `sessionStorage`, if the page lets it. */

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
