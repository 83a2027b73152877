/** The one script tag: takes the token, connects, and defines <segue-banner> and <segue-meter>. */

import { SegueBanner } from "./banner.js";
import { arrive, pause, resume } from "./attention.js";
import { connect } from "./client.js";
import { forget, keepNothing, publish, use } from "./hub.js";
import { SegueMeter } from "./meter.js";
import { forgetAnswers } from "./waiting.js";

const tag = [...document.querySelectorAll("script")].find(({ src }) => src === import.meta.url);
const { token = "", tokenUrl = "", storage = "", after = "" } = tag?.dataset ?? {};

/** The vendor's own address, which answers with a token as text or as {"token"}. */
async function fetchToken() {
  const answer = await fetch(tokenUrl, { cache: "no-store" });
  if (answer.status === 401 || answer.status === 403) return "";
  if (!answer.ok) throw new Error(`no token: ${answer.status}`);
  const body = (await answer.text()).trim();
  return body.startsWith("{") ? JSON.parse(body).token : body;
}

let given = token;
/** @type {Exclude<import("./types").TokenSource, string> | null} */
let source = tokenUrl ? fetchToken : null;

/** The token on the tag first, then fresh ones from where they come from. */
async function nextToken() {
  const next = given || (await source?.()) || "";
  given = "";
  return next;
}

const start = () => use(connect({ token: nextToken, keep: storage !== "none", onState: publish }));

/** What a page may call: also `window.segue`. */
export const segue = Object.freeze({
  connect,
  pause,
  resume,
  /** Sign in, or say where fresh tokens come from. @param {import("./types").TokenSource} from */
  token(from) {
    if (typeof from === "function") source = from;
    else given = from;
    start();
  },
  /** Sign out: nothing is shown, and nothing is remembered. */
  stop() {
    given = "";
    source = null;
    use(null);
    publish(null);
    forget();
    forgetAnswers();
  },
});

// An old browser shows nothing rather than something ugly.
const able =
  "replaceSync" in CSSStyleSheet.prototype && CSS.supports("color", "light-dark(red, red)");

if (able && !customElements.get("segue-banner")) {
  if (storage === "none") {
    keepNothing();
    forgetAnswers();
  }
  arrive(after);
  customElements.define("segue-meter", SegueMeter);
  customElements.define("segue-banner", SegueBanner);
  Object.assign(globalThis, { segue });
  if (token || tokenUrl) start();
  dispatchEvent(new Event("segue:ready"));
}
