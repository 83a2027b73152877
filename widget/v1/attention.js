/** When to speak up, and whether it was really seen. */

const SURE = 20; // A timer may be a little early.
const PAUSE_IN_WRITING = 30_000;
const GLANCE = 1_000;
/** What a page is marked with while it must not be interrupted; a modal dialog says so by itself. */
const BUSY = "[data-segue-busy], dialog:modal";
const MARKED = {
  subtree: true,
  childList: true,
  attributes: true,
  attributeFilter: ["data-segue-busy", "open"],
};

/** Where the reader's caret is, however deep in shadow roots. */
function activeElement() {
  let active = document.activeElement;
  while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
  return active;
}

/** The reader is writing something. */
function writing() {
  const active = activeElement();
  if (!(active instanceof HTMLElement)) return false;
  const field = active.matches(
    "textarea, select, input:not([type=button], [type=submit], [type=checkbox])",
  );
  return field || active.isContentEditable;
}

/**
 * Calls `go` at the next task boundary: at once, unless the page has only just been opened, is
 * paused or busy, or the reader is writing. Who writes is waited for until they leave the field, or
 * have not touched a key for a while. Returns what calls it off.
 * @param {import("./types").Page} page
 * @param {() => void} go
 * @param {boolean} known it was here before the page was opened, so it need not wait for that
 * @returns {() => void}
 */
export function atBoundary(page, go, known) {
  const over = new AbortController();
  let rested = false;
  let timer = 0;
  const look = () => {
    if (over.signal.aborted || page.paused) return;
    if (!known && performance.now() < page.after) return;
    if (document.querySelector(BUSY) || (writing() && !rested)) return;
    end();
    go();
  };
  const rest = () => {
    clearTimeout(timer);
    rested = false;
    timer = setTimeout(() => {
      rested = true;
      look();
    }, PAUSE_IN_WRITING);
  };
  const marks = new MutationObserver(look);
  const end = () => {
    clearTimeout(timer);
    marks.disconnect();
    page.waiting.delete(look);
    over.abort();
  };
  look();
  if (over.signal.aborted) return () => {};
  page.waiting.add(look);
  setTimeout(look, page.after - performance.now() + SURE);
  marks.observe(document.documentElement, MARKED);
  document.addEventListener("focusout", () => setTimeout(look), { signal: over.signal });
  document.addEventListener("keydown", rest, { signal: over.signal, capture: true });
  rest();
  return end;
}

/**
 * Calls `then` once the node was seen: half of it (or half a screen of it) for a second, in a
 * visible tab. Returns what calls it off.
 * @param {Element} node
 * @param {() => void} then
 * @returns {() => void}
 */
export function whenSeen(node, then) {
  const over = new AbortController();
  let within = false;
  let timer = 0;
  const end = () => {
    clearTimeout(timer);
    over.abort();
    observer.disconnect();
  };
  const weigh = () => {
    clearTimeout(timer);
    if (!within || document.visibilityState !== "visible") return;
    timer = setTimeout(() => {
      end();
      then();
    }, GLANCE);
  };
  const observer = new IntersectionObserver(
    (entries) => {
      const { intersectionRatio, intersectionRect } = /** @type {IntersectionObserverEntry} */ (
        entries.at(-1)
      );
      const seen = intersectionRatio >= 0.5 || intersectionRect.height >= innerHeight / 2;
      if (seen === within) return;
      within = seen;
      weigh();
    },
    { threshold: [0, 0.2, 0.4, 0.5, 0.6, 0.8, 1] },
  );
  observer.observe(node);
  document.addEventListener("visibilitychange", weigh, { signal: over.signal });
  return end;
}
