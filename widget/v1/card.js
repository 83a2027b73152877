/** What the banner shows: the story with its evidence and answers, or the short line afterwards. */

import { h } from "./dom.js";
import { formatTime } from "./text.js";

/**
 * @typedef {import("./types").Alert} Alert
 * @typedef {import("./types").Action} Action
 * @typedef {import("./types").Setting} Setting
 */

/** @param {Action} action @param {boolean} primary @param {Setting} setting */
function button(action, primary, { act }) {
  const link = action.kind === "open";
  const attributes = link ? { href: action.url } : { type: "button" };
  return h(
    `${link ? "a" : "button"}.button${primary ? ".primary" : ""}`,
    { click: () => act(action), ...attributes },
    action.label,
  );
}

/**
 * Proposals first, declines beside them and of the same size.
 * @param {Alert} alert
 * @param {Setting} setting
 */
function answers(alert, setting) {
  const declines = alert.actions.filter(({ kind }) => kind === "snooze" || kind === "mute");
  const others = alert.actions.filter(
    (action) => !declines.includes(action) && action.kind !== "dismiss",
  );
  const of = (/** @type {string} */ kind) => others.find((action) => action.kind === kind);
  const leading = of("open") ?? of("forward");
  const groups = [others, declines].filter((group) => group.length);
  return h(
    "div.actions",
    {},
    ...groups.map((group) =>
      h(
        "div.group",
        {},
        ...group.map((action) => button(action, action === leading, setting)),
      ),
    ),
  );
}

/**
 * The numbers behind the words, and the time the oldest of them is from.
 * @param {Alert} alert
 * @param {Setting} setting
 */
function evidence({ facts }, { say, locale, zone }) {
  const oldest =
    facts
      .map((fact) => fact.as_of)
      .filter(Boolean)
      .sort()[0] ?? "";
  const time = formatTime(oldest, locale, zone);
  const rows = facts.map(({ label, value }) =>
    h("div.fact", {}, h("dt", {}, label), h("dd", {}, h("bdi", {}, value))),
  );
  const asOf = time && h("time", { datetime: oldest }, say("as_of", { time }));
  return h("div.evidence", {}, h("dl", {}, ...rows), asOf);
}

/** @param {Alert} alert @param {Setting} setting */
function why(alert, { say }) {
  const reasons = alert.why.map((reason) => h("li", { dir: "auto" }, reason));
  if (!reasons.length) return null;
  return h(
    "details.why",
    {},
    h("summary", {}, say("why")),
    h("ul", { role: "list" }, ...reasons),
  );
}

/**
 * @param {Alert} alert
 * @param {import("./types").State} state
 * @param {Setting} setting
 * @param {string} problem what went wrong with the last answer, if anything
 */
export function card(alert, state, setting, problem) {
  // A notice informs and sells nothing: one way out, and no other control.
  const notice = alert.class === "notice";
  const meter = state.meters.find(({ key, limit }) => key === alert.meter && limit !== null);
  const given = alert.actions.find(({ kind }) => kind === "dismiss");
  const close = given ?? { kind: "dismiss", label: setting.say("close"), url: "", to: "" };
  const corner = {
    type: "button",
    "aria-label": close.label,
    click: () => setting.act(close),
  };
  return h(
    notice ? "section.card.notice" : "section.card",
    { "aria-labelledby": "title", tabindex: "-1" },
    h(
      "div.story",
      {},
      h(
        "div.words",
        {},
        h("p.title", { id: "title", dir: "auto" }, alert.title),
        alert.body && h("p.body", { dir: "auto" }, alert.body),
        alert.facts.length > 0 && evidence(alert, setting),
      ),
      meter &&
        h("segue-meter.side", {
          compact: true,
          meter: meter.key,
          exportparts: "bar, used, forecast, limit",
        }),
      notice && h("div.actions", {}, button(close, false, setting)),
    ),
    problem && h("p.problem", {}, problem),
    !notice && answers(alert, setting),
    why(alert, setting),
    !notice && h("button.close", corner, "\u00d7"),
  );
}

/**
 * The short line after an answer: what happened, and a way back for a few seconds.
 * @param {string} text
 * @param {import("./types").Way} more
 */
export function line(text, { undo, link, way }) {
  return h(
    "section.card.short",
    { "aria-label": text, tabindex: "-1" },
    h("p", { dir: "auto" }, text),
    undo &&
      h("button.button.undo", { type: "button", click: undo.click }, undo.label),
    // A page opens beside this one; a draft opens in the mailbox.
    link &&
      h(
        "a.button.draft",
        { href: link.href, target: link.href[0] === "h" && "_blank" },
        link.label,
      ),
    way && h("div.way", { "aria-hidden": "true" }),
  );
}
