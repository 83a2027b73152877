/** The headless client: the state, live, and the answers back; silent while Segue is down. */

import { read, write } from "./kept.js";
import { backOff, isFinal, Line } from "./line.js";
import { readForward, readState } from "./state.js";
import { Waiting } from "./waiting.js";

const TRIES = 3;

/** Works on plain http too, where `crypto.randomUUID` is missing. */
const newId = () =>
  crypto
    .getRandomValues(new Uint8Array(16))
    .reduce((id, byte) => id + byte.toString(16).padStart(2, "0"), "");

/**
 * Connects to Segue: `onState` gets the state at once and whenever it changes.
 * `keep`: the next page of this tab knows how things stood, and sends what could not be sent yet.
 * @param {{token: import("./types").TokenSource, base?: string, keep?: boolean,
 *   onState?: (state: import("./types").State) => void}} options
 * @returns {import("./types").Client}
 */
export function createClient({
  token,
  base = new URL(import.meta.url).origin,
  keep = false,
  onState = () => {},
}) {
  const waiting = new Waiting(keep);
  /** @type {Set<string>} answers on their way at this moment */
  const leaving = new Set();
  let flushing = false;
  /** @type {import("./types").State | null} */
  let state = null;

  /** @param {any} raw */
  function take(raw) {
    const next = readState(raw);
    if (!next) return;
    if (keep && line.who) write("segue.state", { who: line.who, raw });
    onState((state = next));
    void flush(); // Whoever sends a state takes answers too.
  }

  /** The meters as this tab last knew them; what is suggested is asked for first. */
  function recall() {
    const { who, raw } = (keep && read("segue.state")) || {};
    const known = who && who === line.who && !state && readState(raw);
    if (known) onState((state = { ...known, alert: null }));
  }

  const line = new Line(token, base, take, () => {
    if (state) onState((state = { ...state, alert: null }));
  });

  /**
   * Posts, with a few tries; the body's id makes a repeated one harmless.
   * @returns {Promise<any>}
   */
  async function post(
    /** @type {string} */ alert,
    /** @type {string} */ verb,
    /** @type {object} */ said,
  ) {
    const headers = { "Content-Type": "application/json" };
    const init = { method: "POST", headers, body: JSON.stringify(said), keepalive: true };
    for (let tries = 0; ; tries++) {
      try {
        const path = `/v1/widget/alerts/${encodeURIComponent(alert)}/${verb}`;
        return (await (await line.call(path, init)).json().catch(() => null)) ?? {};
      } catch (problem) {
        if (isFinal(problem) || tries + 1 >= TRIES) throw problem;
        await backOff(tries - 1);
      }
    }
  }

  /**
   * Sends an answer, and lets it wait where Segue can't be reached; what is refused is gone.
   * @param {import("./waiting.js").Answer} answer
   */
  async function send({ alert, said }) {
    leaving.add(said.id);
    try {
      await post(alert, "feedback", said);
      waiting.drop(said.id);
    } catch (problem) {
      if (!isFinal(problem)) return;
      waiting.drop(said.id);
      throw problem;
    } finally {
      leaving.delete(said.id);
    }
  }

  /** Sends what waited, oldest first; a refusal concerns nobody who is still here. */
  async function flush() {
    if (flushing) return;
    flushing = true;
    for (const answer of waiting.of(line.who))
      if (!leaving.has(answer.said.id)) await send(answer).catch(() => {});
    flushing = false;
  }

  line.renew().then(recall, () => {});
  void line.run();

  return {
    get state() {
      return state;
    },
    close: () => line.close(),
    async feedback(alert, kind, more = {}) {
      const said = { id: newId(), kind, ...more };
      const answer = { alert, said, who: line.who, at: Date.now() };
      waiting.add(answer);
      await send(answer);
      return said.id;
    },
    async forward(alert, { to = "", ...more }) {
      const id = newId();
      const answer = readForward(await post(alert, "forward", { id, to: to || null, ...more }));
      return { ...answer, forward: answer.forward || id };
    },
    async undo(alert, id) {
      if (!leaving.has(id) && waiting.drop(id)) return; // It never left.
      await post(alert, "undo", { id });
    },
  };
}
