/** Answers that could not be sent yet: they wait in this tab, and are sent once Segue is reached. */

import { read, write } from "./kept.js";

const KEY = "segue.waiting";
const MOST = 20;
const LONGEST = 24 * 60 * 60 * 1000;

/** @typedef {{alert: string, said: {id: string, kind: string}, who: string, at: number}} Answer */

/** Whose token it is, so that nobody's answer is sent as somebody else's. @param {string} token */
export function whose(token) {
  try {
    const [, claims] = token.split(".");
    const { account, sub } = JSON.parse(atob(claims.replace(/-/g, "+").replace(/_/g, "/")));
    return `${account}/${sub}`;
  } catch {
    return "";
  }
}

/** @returns {Answer[]} what an earlier page of this tab left */
function stored() {
  const found = read(KEY);
  return Array.isArray(found) ? found.filter(({ at }) => Date.now() - at < LONGEST) : [];
}

/** What waits. `keeps`: also for the next page of this tab. */
export class Waiting {
  #keeps;
  /** @type {Answer[]} */
  #answers = [];

  /** @param {boolean} keeps */
  constructor(keeps) {
    this.#keeps = keeps;
    if (keeps) this.#answers = stored();
  }

  /** Those of one person, oldest first. @param {string} who */
  of(who) {
    return this.#answers.filter((answer) => answer.who === who);
  }

  /** @param {Answer} answer */
  add(answer) {
    this.#answers = [...this.#answers, answer].slice(-MOST);
    this.#save();
  }

  /** Whether it was waiting. @param {string} id */
  drop(id) {
    const before = this.#answers.length;
    this.#answers = this.#answers.filter(({ said }) => said.id !== id);
    if (stored().length) this.#save(); // What was forgotten meanwhile stays so.
    return this.#answers.length < before;
  }

  #save() {
    if (this.#keeps) write(KEY, this.#answers.length ? this.#answers : null);
  }
}
