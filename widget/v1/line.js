/** One person's line to Segue: the token, calls with it, and the state as it comes. */

import { readEvents } from "./stream.js";
import { share } from "./tabs.js";
import { whose } from "./waiting.js";

const SHORTEST_PAUSE = 1_000;
const LONGEST_PAUSE = 30_000;
const EARLY = 8_000; // Without a word by then something on the way holds the stream back.
const POLLS = 10;
const SILENCE = 45_000; // Three missed comments: the connection is dead, whatever the socket says.

/** The server said no, or not now; `detail` is its own explanation. */
export class Refused extends Error {
  /** @param {number} status @param {string} detail */
  constructor(status, detail = "") {
    super(`refused: ${status}`);
    this.detail = detail;
    this.final = status < 500 && status !== 429 && status !== 408;
  }
}

/** @param {unknown} problem */
export const isFinal = (problem) => problem instanceof Refused && problem.final;

/**
 * Waits longer after every try, never exactly; coming back online ends it.
 * @param {number} tries
 */
export function backOff(tries) {
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

export class Line {
  #source;
  #unspent;
  #base;
  #take;
  #out;
  #open = true;
  #lastId = "";
  /** Ends the stream, and lets another tab have it. */
  #page = new AbortController();
  /** @type {Promise<string> | null} */
  #asking = null;
  /** How often it still asks for a stream that ends with its first answer: none came through. */
  #polls = 0;

  /**
   * @param {import("./types").TokenSource} token
   * @param {string} base
   * @param {(raw: any) => void} take what takes the state, as it was sent
   * @param {() => void} out nobody is signed in any more
   */
  constructor(token, base, take, out) {
    this.#source = token;
    this.#unspent = typeof token === "string" ? token : "";
    this.#base = base;
    this.#take = take;
    this.#out = out;
    this.bearer = "";
    addEventListener("pagehide", this.#hangUp);
  }

  /** Whose token it is; empty where it does not say so. */
  get who() {
    return whose(this.bearer);
  }

  /** A page kept for the back button holds no connection either. */
  #hangUp = () => this.#page.abort();

  close() {
    this.#open = false;
    this.#hangUp();
    removeEventListener("pagehide", this.#hangUp);
  }

  /** Asks for a fresh token, once at a time. */
  renew() {
    const ask = async () => {
      const given = typeof this.#source === "function" ? await this.#source() : this.#unspent;
      this.#unspent = "";
      return (this.bearer = given || "");
    };
    return (this.#asking ??= ask().finally(() => (this.#asking = null)));
  }

  /** Nobody could answer an alert without a token. */
  #signOut() {
    if (this.#open) this.#out();
    this.close();
    return new Refused(401);
  }

  /** @param {string} path @param {RequestInit} init */
  async call(path, init = {}) {
    const send = () => {
      const headers = { ...init.headers, Authorization: `Bearer ${this.bearer}` };
      return fetch(this.#base + path, { credentials: "omit", cache: "no-store", ...init, headers });
    };
    if (!this.bearer && !(await this.renew())) throw this.#signOut();
    let answer = await send();
    if (answer.status === 401) {
      const refused = this.bearer;
      if ((await this.renew()) && this.bearer !== refused) answer = await send();
    }
    if (answer.ok) return answer;
    if (answer.status === 401) throw this.#signOut();
    throw new Refused(answer.status, (await answer.json().catch(() => null))?.detail);
  }

  /**
   * Reads the stream to its end. `alive`: something came; `next`: it may go on at once.
   * @param {(said: {raw: any, id: string}) => void} tell
   */
  async #listen(tell) {
    const cut = new AbortController();
    const signal = AbortSignal.any([cut.signal, this.#page.signal]);
    let [alive, renewed, watchdog] = [false, false, 0];
    const wait = (/** @type {number} */ patience) => {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => cut.abort(), patience);
    };
    const beat = () => {
      alive = true;
      wait(SILENCE);
    };
    /** @param {import("./types").ServerEvent} event */
    const take = async ({ type, data, id }) => {
      if (type === "state") {
        const said = { raw: parse(data), id: id || this.#lastId };
        this.#hear(said);
        tell(said);
      }
      if (type !== "expiring") return;
      renewed = Boolean(await this.renew().catch(() => "")); // Asked again at the 401 to come.
      if (renewed) cut.abort();
    };
    /** @type {Record<string, string>} */
    const headers = this.#lastId ? { "Last-Event-ID": this.#lastId } : {};
    try {
      wait(this.#polls ? SILENCE : EARLY);
      const path = `/v1/widget/stream${this.#polls ? "?once=true" : ""}`;
      await readEvents(await this.call(path, { headers, signal }), take, beat);
    } catch (problem) {
      if (isFinal(problem)) throw problem;
    } finally {
      clearTimeout(watchdog);
    }
    const next = renewed || (alive && this.#polls);
    // One that fails is tried the other way, and in time it streams again.
    this.#polls = alive ? this.#polls && this.#polls - 1 : this.#polls ? 0 : POLLS;
    return { alive, next };
  }

  /** @param {{raw: any, id?: string}} said */
  #hear({ raw, id = "" }) {
    this.#lastId = id;
    if (this.#open) this.#take(raw);
  }

  /** The state at once, then whenever it changes, until this line is closed. */
  async run() {
    let tries = 0;
    const hold = async (/** @type {(said: any) => void} */ tell) => {
      while (this.#open && !this.#page.signal.aborted) {
        const { alive, next } = await this.#listen(tell);
        if (alive) tries = 0;
        if (!next) await backOff(tries++);
      }
    };
    while (this.#open) {
      this.#page = new AbortController();
      try {
        if (!this.#lastId)
          this.#hear({ raw: await (await this.call("/v1/widget/state")).json() });
        const name = this.who && `segue ${this.#base} ${this.who}`;
        await share(name, this.#page.signal, hold, (said) => this.#hear(said));
      } catch (problem) {
        if (isFinal(problem)) return this.close();
      }
      if (this.#open) await backOff(tries++);
    }
  }
}
