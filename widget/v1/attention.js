/** When to speak up, and whether it was really seen. */

const PAUSE_IN_WRITING = 30_000;
const GLANCE = 1_000;

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
 * Calls `go` at the next task boundary: at once, unless the reader is writing. Then when they
 * leave the field, or have not touched a key for a while. Returns what calls it off.
 * @param {() => void} go
 * @returns {() => void}
 */
export function atBoundary(go) {
  if (!writing()) {
    go();
    return () => {};
  }
  const over = new AbortController();
  let timer = 0;
  const end = () => {
    clearTimeout(timer);
    over.abort();
  };
  const speak = () => {
    end();
    go();
  };
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(speak, PAUSE_IN_WRITING);
  };
  const left = () => void setTimeout(() => over.signal.aborted || writing() || speak());
  document.addEventListener("focusout", left, { signal: over.signal });
  document.addEventListener("keydown", wait, { signal: over.signal, capture: true });
  wait();
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
      const { intersectionRatio, intersectionRect } = entries[entries.length - 1];
      const seen = intersectionRatio >= 0.5 || intersectionRect.height >= innerHeight / 2;
      if (seen === within) return;
      within = seen;
      weigh();
    },
    { threshold: [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1] },
  );
  observer.observe(node);
  document.addEventListener("visibilitychange", weigh, { signal: over.signal });
  return end;
}
