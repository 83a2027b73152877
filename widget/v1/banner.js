/** <segue-banner>: one calm banner, shown while there is something to say, gone once answered. */

import { atBoundary, whenSeen } from "./attention.js";
import { bannerStyle } from "./banner_style.js";
import { card, line } from "./card.js";
import { legible } from "./contrast.js";
import { fill, h, resize } from "./dom.js";
import { form } from "./form.js";
import { sheet } from "./style.js";
import { formatDay, speaker } from "./text.js";

/**
 * @typedef {import("./types").Alert} Alert
 * @typedef {import("./types").Action} Action
 * @typedef {import("./types").Addressee} Addressee
 */

const UNDO = 10_000; // As long as the server holds an answer back.
const READING = 5_000;

const dark = matchMedia("(prefers-color-scheme: dark)");

/** What the server calls each answer. */
const FEEDBACK = /** @type {const} */ ({
  useful: "useful",
  snooze: "snoozed",
  mute: "muted",
  dismiss: "dismissed",
});

/** Attribute: `theme`. Events: segue:shown, segue:answered, segue:forwarded, segue:undone. */
export class Banner {
  #host;
  #desk;
  #root;
  #colors = sheet("");
  #status = h("div", { role: "status" });
  #room = h("div.room");
  /** @type {import("./types").State | null} */
  #state = null;
  /** @type {Alert | null} */
  #alert = null;
  /** @type {"nothing" | "card" | "form" | "line"} */
  #showing = "nothing";
  #busy = false;
  /** @type {(() => void) | null} what was clicked while an answer was being taken back */
  #next = null;
  #timer = 0;
  #leave = () => {};
  #callOff = () => {};
  #unsee = () => {};

  /** @param {HTMLElement} host @param {import("./types").Desk} desk */
  constructor(host, desk) {
    this.#host = host;
    this.#desk = desk;
    this.#root = /** @type {ShadowRoot} */ (host.shadowRoot);
    this.#root.adoptedStyleSheets = [...bannerStyle(), this.#colors];
    this.#root.append(this.#status, this.#room);
    host.addEventListener("focusout", () => setTimeout(() => this.#look()));
  }

  /** It is in the page. */
  enter() {
    dark.addEventListener("change", this.#dress);
    this.#leave = this.#desk.watch((state) => {
      this.#state = state;
      this.#room.lang = state?.locale ?? "";
      this.#look();
    });
  }

  #dress = () => legible(this.#host, this.#colors, this.#status);

  /** It was taken out of the page. */
  leave() {
    dark.removeEventListener("change", this.#dress);
    this.#leave();
    this.#clear();
    this.#empty();
  }

  get #say() {
    return speaker(this.#state?.labels ?? {});
  }

  get #locale() {
    return this.#state?.locale;
  }

  /** Somebody's focus is in here: nothing may move under their hands. */
  get #held() {
    return this.#root.activeElement !== null;
  }

  /** Brings what is shown in line with the state, without disturbing whoever is answering. */
  #look() {
    if (!this.#host.isConnected || this.#busy || this.#showing === "line") return;
    const alert = this.#state?.alert;
    this.#callOff();
    if (!alert || this.#desk.answered(alert.id)) this.#withdraw();
    else if (alert.id === this.#alert?.id) this.#refresh(alert);
    else if (!this.#held) {
      this.#callOff = atBoundary(this.#desk.page, () => this.#speak(alert), this.#desk.seen(alert.id));
    }
  }

  /** @param {Alert} alert */
  #speak(alert) {
    this.#show(alert);
    this.#announce(alert.title);
    this.#emit("shown", { alert: alert.id, class: alert.class, moment: alert.moment });
  }

  /** @param {Alert} alert */
  #refresh(alert) {
    const same = JSON.stringify(alert) === JSON.stringify(this.#alert);
    if (same || this.#held || this.#showing !== "card") return;
    const open = Boolean(this.#room.querySelector("details")?.open);
    this.#show(alert);
    this.#room.querySelector("details")?.toggleAttribute("open", open);
  }

  /** The alert was closed elsewhere. */
  #withdraw() {
    if (this.#showing === "nothing") return;
    if (this.#held) this.#tell(this.#say("over"), {}, READING);
    else this.#fold();
  }

  /** @param {Alert} alert @param {string} problem */
  #show(alert, problem = "") {
    if (!this.#state) return;
    const act = (/** @type {Action} */ action) => this.#act(alert, action);
    const setting = { say: this.#say, locale: this.#locale, zone: this.#state.time_zone, act };
    const node = card(alert, this.#state, setting, problem);
    this.#alert = alert;
    this.#place("card", node);
    if (problem) this.#announce(problem);
    this.#unsee = whenSeen(node, () => this.#desk.seen(alert.id) || this.#report(alert, "seen"));
  }

  /**
   * Says so in passing: if it fails, nobody needs to know.
   * @param {Alert} alert
   * @param {"seen" | "acted"} kind
   */
  #report(alert, kind) {
    this.#desk.remember(alert.id, "seen");
    this.#desk.client()
      ?.feedback(alert.id, kind)
      .catch(() => {}); // The answer will tell the server as much.
  }

  /** @param {"card" | "line"} showing @param {HTMLElement} node */
  #place(showing, node) {
    const held = this.#held;
    this.#unsee();
    clearTimeout(this.#timer);
    this.#showing = showing;
    this.#host.toggleAttribute("shown", true);
    this.#dress();
    resize(this.#room, () => this.#room.replaceChildren(node));
    // Its control is gone, so the focus moves on in here; it is never taken from the page.
    const next = showing === "line" ? node.querySelector("button, a") : null;
    if (held) /** @type {HTMLElement} */ (next ?? node).focus({ preventScroll: true });
  }

  /** @param {Alert} alert @param {Pick<Action, "kind" | "to">} action */
  #act(alert, { kind, to }) {
    if (this.#busy) return void (this.#next = () => this.#act(alert, { kind, to }));
    if (kind === "forward" && !to) this.#ask(alert);
    else if (kind === "forward") void this.#forward(alert, { to });
    else if (kind === "open") {
      this.#report(alert, "acted"); // The link itself leads on.
      this.#emit("answered", { alert: alert.id, kind: "acted" });
    } else if (kind in FEEDBACK)
      this.#answer(alert, FEEDBACK[/** @type {keyof typeof FEEDBACK} */ (kind)]);
  }

  /** @param {Alert} alert @param {"useful" | "snoozed" | "muted" | "dismissed"} kind */
  #answer(alert, kind) {
    const sent = Promise.resolve(this.#desk.client()?.feedback(alert.id, kind));
    const date = formatDay(alert.returns, this.#locale);
    const text =
      kind === "snoozed" && date ? this.#say("snoozed_until", { date }) : this.#say(kind);
    this.#tell(text, { undo: this.#undo(alert, kind, sent) }, UNDO);
    this.#desk.remember(alert.id, kind);
    sent.then(
      (id) => this.#emit("answered", { alert: alert.id, kind, id }),
      (problem) => this.#failed(alert, problem),
    );
  }

  /** @param {Alert} alert @param {Addressee} addressee */
  async #forward(
    alert,
    addressee,
    failed = (/** @type {any} */ problem) => this.#failed(alert, problem),
  ) {
    this.#busy = true;
    try {
      const forward = await this.#desk.client()?.forward(alert.id, addressee);
      if (forward && this.#host.isConnected) this.#forwarded(alert, forward);
    } catch (problem) {
      failed(problem);
    } finally {
      this.#busy = false;
      this.#next = null; // A second click on what was sent by the first.
    }
  }

  /**
   * @param {Alert} alert
   * @param {import("./types").Forward} forward
   */
  #forwarded(alert, { forward, to_name, state, note, mailto, preview, undo_seconds }) {
    // What was written along and not passed on is told before all else.
    const say = (/** @type {string} */ key) => this.#say(note || key, { name: to_name });
    const link = preview && { label: this.#say("look"), href: preview };
    const sent = () => this.#tell(say("sent"), { link }, READING);
    const waits = undo_seconds * 1000;
    if (mailto) {
      this.#tell(
        say("draft"),
        { link: { label: this.#say("open_draft"), href: mailto } },
        0,
      );
    } else if (state === "sent") sent();
    else {
      const undo = this.#undo(alert, "forwarded", Promise.resolve(forward));
      this.#tell(say("sending"), { undo, link, way: true }, waits, sent);
      fill(this.#room.querySelector(".way"), waits);
    }
    this.#desk.remember(alert.id, "forwarded");
    this.#emit("forwarded", { alert: alert.id, forward, state });
  }

  /** Asks whom to forward to, in place of the answers. @param {Alert} alert */
  #ask(alert) {
    const node = /** @type {HTMLElement} */ (this.#room.firstElementChild);
    const problem = h("p.problem");
    const failed = (/** @type {any} */ reason) => {
      problem.textContent = reason?.detail || this.#say("failed");
      asked.lastElementChild?.before(problem);
      this.#announce(problem.textContent ?? "");
    };
    const send = (/** @type {Addressee} */ addressee) =>
      void (this.#busy || this.#forward(alert, addressee, failed));
    const asked = form(this.#say, send, () => this.#show(alert));
    this.#showing = "form";
    resize(this.#room, () => {
      node.querySelectorAll(".actions, .why, .problem").forEach((part) => part.remove());
      node.append(asked);
    });
    asked.querySelector("input")?.focus();
  }

  /** @param {Alert} alert @param {string} kind @param {Promise<string | undefined>} sent */
  #undo(alert, kind, sent) {
    const click = async () => {
      this.#busy = true; // A state from before the undo must not close it again.
      this.#show(alert);
      this.#desk.remember(alert.id, "seen");
      try {
        const id = (await sent) ?? "";
        await this.#desk.client()?.undo(alert.id, id);
        if (this.#state) this.#state = { ...this.#state, alert };
        this.#emit("undone", { alert: alert.id, kind, id });
      } catch {
        this.#next = null;
        this.#tell(this.#say("too_late"), {}, READING);
        this.#desk.remember(alert.id, kind);
      }
      const next = this.#next;
      this.#next = null;
      this.#busy = false;
      next?.();
    };
    return { label: this.#say("undo"), click };
  }

  /** @param {Alert} alert @param {any} problem */
  #failed(alert, problem) {
    if (this.#host.isConnected) this.#show(alert, problem?.detail || this.#say("failed"));
    this.#desk.remember(alert.id, "seen");
  }

  /**
   * @param {string} text
   * @param {import("./types").Way} more
   * @param {number} milliseconds 0: until something else is shown
   */
  #tell(text, more, milliseconds, then = () => this.#done()) {
    this.#place("line", line(text, more));
    this.#announce(text);
    if (milliseconds) this.#timer = setTimeout(then, milliseconds);
  }

  #done() {
    this.#fold();
    this.#look();
  }

  #clear() {
    this.#callOff();
    this.#unsee();
    clearTimeout(this.#timer);
    this.#alert = null;
    this.#showing = "nothing";
  }

  #fold() {
    this.#clear();
    resize(
      this.#room,
      () => {},
      () => this.#empty(),
    );
  }

  #empty() {
    this.#room.replaceChildren();
    this.#announce("");
    this.#host.toggleAttribute("shown", false);
  }

  /** @param {string} text */
  #announce(text) {
    this.#status.textContent = text;
  }

  /** @param {string} name @param {object} detail */
  #emit(name, detail) {
    this.#host.dispatchEvent(new CustomEvent(`segue:${name}`, { bubbles: true, composed: true, detail }));
  }
}
