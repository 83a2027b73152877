/** The headless client: the state, live, and the answers back; silent while Segue is down. */

import { readForward, readState } from "./state.js";
import { readEvents } from "./stream.js";
import { Waiting, whose } from "./waiting.js";

const SHORTEST_PAUSE = 1_000;
const LONGEST_PAUSE = 30_000;
const SILENCE = 45_000; // Three missed comments: the connection is dead, whatever the socket says.
const TRIES = 3;

/** The server said no, or not now; `detail` is its own explanation. */
export class Refused extends Error {
  /** @param {number} status @param {string} detail */
  constructor(status, detail = "") {
    super(`refused: ${status}`);
    this.detail = detail;
    this.final = status < 500 && status !== 429 && status !== 408;
  }
}

/** Works on plain http too, where `crypto.randomUUID` is missing. */
const newId = () =>
  crypto
    .getRandomValues(new Uint8Array(16))
    .reduce((id, byte) => id + byte.toString(16).padStart(2, "0"), "");

/**
 * Waits longer after every try, never exactly; coming back online ends it.
 * @param {number} tries
 */
function backOff(tries) {
  const longest = Math.min(LONGEST_PAUSE, SHORTEST_PAUSE * 2 ** tries);
  return new Promise((resolve) => {
    setTimeout(resolve, longest * (0.5 + Math.random() / 2));
    addEventListener("online", resolve, { once: true });
  });
}

/** @param {string} data */
function parse(data) {
  try {
    return JSON.parse(data);
  } catch {
    return null; // A state cut short on its way: the next one will be whole.
  }
}

/**
 * Connects to Segue: `onState` gets the state at once and whenever it changes.
 * `keep`: an answer that could not be sent waits for the next page of this tab, too.
 * @param {{token: import("./types").TokenSource, base?: string, keep?: boolean,
 *   onState?: (state: import("./types").State) => void}} options
 * @returns {import("./types").Client}
 */
export function connect({
  token,
  base = new URL(import.meta.url).origin,
  keep = false,
  onState = () => {},
}) {
  const waiting = new Waiting(keep);
  /** @type {Set<string>} answers on their way at this moment */
  const leaving = new Set();
  let flushing = false;
  let open = true;
  let bearer = "";
  let unspent = typeof token === "string" ? token : "";
  let lastId = "";
  let line = new AbortController();
  /** @type {Promise<string> | null} */
  let asking = null;
  /** @type {import("./types").State | null} */
  let state = null;

  async function ask() {
    const given = typeof token === "function" ? await token() : unspent;
    unspent = "";
    return (bearer = given || "");
  }

  /** Asks for a fresh token, once at a time. */
  const renew = () => (asking ??= ask().finally(() => (asking = null)));

  /** @param {import("./types").State | null} next */
  function publish(next) {
    if (!open || !next) return;
    onState((state = next));
    void flush(); // Whoever sends a state takes answers too.
  }

  /** A page kept for the back button holds no connection either. */
  const hangUp = () => line.abort();

  function close() {
    open = false;
    hangUp();
    removeEventListener("pagehide", hangUp);
  }

  /** Nobody could answer an alert without a token, so it goes. */
  function signOut() {
    publish(state && { ...state, alert: null });
    close();
    return new Refused(401);
  }

  /** @param {string} path @param {RequestInit} init */
  async function call(path, init = {}) {
    const send = () => {
      const headers = { ...init.headers, Authorization: `Bearer ${bearer}` };
      return fetch(base + path, { credentials: "omit", cache: "no-store", ...init, headers });
    };
    if (!bearer && !(await renew())) throw signOut();
    let answer = await send();
    if (answer.status === 401) {
      const refused = bearer;
      if ((await renew()) && bearer !== refused) answer = await send();
    }
    if (answer.ok) return answer;
    if (answer.status === 401) throw signOut();
    throw new Refused(answer.status, (await answer.json().catch(() => null))?.detail);
  }

  /**
   * Reads the stream to its end; true if it ended for a fresh token.
   * @param {() => void} onAlive
   */
  async function listen(onAlive) {
    const cut = (line = new AbortController());
    let renewed = false;
    let watchdog = 0;
    const beat = () => {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => cut.abort(), SILENCE);
    };
    /** @param {import("./types").ServerEvent} event */
    const take = async ({ type, data, id }) => {
      onAlive();
      lastId = id || lastId;
      if (type === "state") publish(readState(parse(data)));
      if (type !== "expiring") return;
      renewed = Boolean(await renew().catch(() => "")); // Asked again at the 401 to come.
      if (renewed) cut.abort();
    };
    /** @type {Record<string, string>} */
    const headers = { Accept: "text/event-stream" };
    if (lastId) headers["Last-Event-ID"] = lastId;
    try {
      beat();
      await readEvents(
        await call("/v1/widget/stream", { headers, signal: cut.signal }),
        take,
        beat,
      );
    } catch (problem) {
      if (!renewed) throw problem;
    } finally {
      clearTimeout(watchdog);
    }
    return renewed;
  }

  async function run() {
    for (let tries = 0; open;) {
      try {
        if (!lastId) publish(readState(await (await call("/v1/widget/state")).json()));
        if (await listen(() => (tries = 0))) continue;
      } catch (problem) {
        if (problem instanceof Refused && problem.final) return close();
      }
      if (open) await backOff(tries++);
    }
  }

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
        const answer = await call(`/v1/widget/alerts/${encodeURIComponent(alert)}/${verb}`, init);
        return (await answer.json().catch(() => null)) ?? {};
      } catch (problem) {
        if ((problem instanceof Refused && problem.final) || tries + 1 >= TRIES) throw problem;
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
      if (!(problem instanceof Refused && problem.final)) return;
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
    for (const answer of waiting.of(whose(bearer)))
      if (!leaving.has(answer.said.id)) await send(answer).catch(() => {});
    flushing = false;
  }

  addEventListener("pagehide", hangUp);
  void run();

  return {
    get state() {
      return state;
    },
    close,
    async feedback(alert, kind, more = {}) {
      const said = { id: newId(), kind, ...more };
      const answer = { alert, said, who: whose(bearer), at: Date.now() };
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
