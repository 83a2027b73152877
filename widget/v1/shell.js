/** What a page loads first: the elements as empty shells, and what a page may call. The rest comes
 * once somebody is signed in and there is an element to fill. */

/** @typedef {import("./types").Live} Live */

const KEPT = ["segue.alerts", "segue.waiting", "segue.state"];
const PATIENCE = { timeout: 2_000 };

/** @type {Set<import("./types").Shell>} */
const shells = new Set();
/** @type {[keyof Live, ...any[]][]} what was called before there was anything to call */
let calls = [];
/** @type {Promise<Live> | undefined} */
let live;
let wanted = false;
let asked = false;

/** @param {keyof Live} name @param {...any} given */
function call(name, ...given) {
  calls.push([name, ...given]);
  void live?.then(told, () => {}); // Without the rest nothing is shown, and nothing is said.
}

/** @param {Live} rest */
function told(rest) {
  const now = calls;
  calls = [];
  for (const [name, ...given] of now) /** @type {any} */ (rest[name])(...given);
}

/**
 * Loads the rest where it is wanted, once the page is there and has a moment: until then not even
 * the tab's storage is looked into, which takes a slow phone longer than all else in here.
 */
function look() {
  if (!wanted || asked || !shells.size) return;
  asked = true;
  const go = () => {
    live = import("./live.js");
    shells.forEach((shell) => call("fill", shell));
  };
  const later = () =>
    (globalThis.requestIdleCallback ?? setTimeout)(go, /** @type {any} */ (PATIENCE));
  if (document.readyState === "complete") later();
  else addEventListener("load", later, { once: true });
}

function want() {
  wanted = true;
  look();
}

/** What a page may call: also `window.segue`. */
export const segue = Object.freeze({
  /** Say where Segue is, and how much may be kept. @param {import("./types").Options} options */
  start(options) {
    define();
    if (options.storage === "none") forget();
    call("start", options);
    if (options.token || options.tokenUrl) want();
  },
  /** Sign in, or say where fresh tokens come from. @param {import("./types").TokenSource} from */
  token(from) {
    call("token", from);
    want();
  },
  /** Nothing new comes up until `resume`; what is there stays. */
  pause: () => call("pause", true),
  /** What waited comes up now, unless something else is in its way. */
  resume: () => call("pause", false),
  /** Sign out: nothing is shown, and nothing is remembered. */
  stop() {
    calls = calls.filter(([name]) => name !== "token");
    wanted = false;
    call("stop");
    forget();
  },
});

function forget() {
  try {
    for (const key of KEPT) sessionStorage.removeItem(key);
  } catch {
    // Storage is forbidden here, so nothing was kept.
  }
}

function define() {
  // An old browser shows nothing rather than something ugly.
  const able =
    "replaceSync" in CSSStyleSheet.prototype && CSS.supports("color", "light-dark(red, red)");
  if (!able || customElements.get("segue-banner")) return;
  for (const name of ["segue-banner", "segue-meter"]) customElements.define(name, shell());
}

/** A class of its own for each element; made here, since a server has no HTMLElement. */
function shell() {
  // Until there is something to show, not even a gap.
  const nothing = new CSSStyleSheet();
  nothing.replaceSync(":host{display:contents}");
  return class extends HTMLElement {
    static observedAttributes = ["meter"];
    /** @type {import("./types").Inside | undefined} what fills it, once it is there */
    inside;

    constructor() {
      super();
      this.attachShadow({ mode: "open" }).adoptedStyleSheets = [nothing];
    }

    connectedCallback() {
      shells.add(this);
      if (live) call("fill", this);
      look();
    }

    disconnectedCallback() {
      shells.delete(this);
      this.inside?.leave();
    }

    attributeChangedCallback() {
      this.inside?.draw?.();
    }
  };
}
