/** What the banner shows: the story with its evidence and answers, or the short line afterwards. */

import { h } from "./dom.js";
import { formatDay, formatTime } from "./text.js";

/**
 * @typedef {import("./types").Alert} Alert
 * @typedef {import("./types").Action} Action
 * @typedef {import("./types").Setting} Setting
 */

const CROSS = "M1.5 1.5l9 9m0-9l-9 9";

/** @param {Action} action @param {boolean} primary @param {Setting} setting */
function button(action, primary, { act }) {
  const kind = primary ? "button primary" : "button";
  const link = action.kind === "open" ? { href: action.url } : { type: "button" };
  const attributes = { class: kind, part: kind, click: () => act(action), ...link };
  return h(action.kind === "open" ? "a" : "button", attributes, action.label);
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
  const leading = ["open", "forward"].flatMap((kind) =>
    others.filter((action) => action.kind === kind),
  )[0];
  const groups = [others, declines].filter((group) => group.length);
  return h(
    "div",
    { class: "actions", part: "actions" },
    ...groups.map((group) =>
      h(
        "div",
        { class: "group" },
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
    h("div", { class: "fact" }, h("dt", {}, label), h("dd", {}, h("bdi", {}, value))),
  );
  const asOf = time && h("time", { datetime: oldest }, say("as_of", { time }));
  return h("div", { class: "evidence", part: "evidence" }, h("dl", {}, ...rows), asOf);
}

/** @param {Alert} alert @param {Setting} setting */
function why(alert, { say, locale }) {
  const date = formatDay(alert.returns, locale);
  const lines = [...alert.why, date && say("returns", { date })].filter(Boolean);
  const reasons = lines.map((reason) => h("li", { dir: "auto" }, reason));
  if (!reasons.length) return null;
  return h(
    "details",
    { class: "why", part: "why" },
    h("summary", {}, say("why")),
    h("ul", { role: "list" }, ...reasons),
  );
}

/** A cross, drawn without an image. */
function cross() {
  const [svg, path] = ["svg", "path"].map((tag) =>
    document.createElementNS("http://www.w3.org/2000/svg", tag),
  );
  svg.setAttribute("viewBox", "0 0 12 12");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", CROSS);
  svg.append(path);
  return svg;
}

/**
 * The meter the alert names, or its facts name, or the only one.
 * @param {Alert} alert
 * @param {import("./types").State} state
 */
function meterOf(alert, state) {
  const keys = state.meters.filter(({ limit }) => limit !== null).map(({ key }) => key);
  const named = keys.find(
    (key) => key === alert.meter || alert.facts.some(({ id }) => id.split(/[.:/]/).includes(key)),
  );
  return named ?? (keys.length === 1 && keys[0]);
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
  const meter = meterOf(alert, state);
  const given = alert.actions.find(({ kind }) => kind === "dismiss");
  const close = { kind: "dismiss", label: given?.label || setting.say("close"), url: "", to: "" };
  const corner = {
    class: "close",
    part: "close",
    type: "button",
    "aria-label": close.label,
    click: () => setting.act(close),
  };
  return h(
    "section",
    {
      class: notice ? "card notice" : "card",
      part: "card",
      "aria-labelledby": "title",
      tabindex: "-1",
    },
    h(
      "div",
      { class: "story" },
      h(
        "div",
        { class: "words" },
        h("p", { class: "title", part: "title", id: "title", dir: "auto" }, alert.title),
        alert.body && h("p", { class: "body", part: "body", dir: "auto" }, alert.body),
        alert.facts.length > 0 && evidence(alert, setting),
      ),
      meter &&
        h("segue-meter", {
          class: "side",
          compact: true,
          meter,
          exportparts: "bar, used, forecast, limit",
        }),
      notice && h("div", { class: "actions", part: "actions" }, button(close, false, setting)),
    ),
    problem && h("p", { class: "problem", part: "problem" }, problem),
    !notice && answers(alert, setting),
    why(alert, setting),
    !notice && h("button", corner, cross()),
  );
}

/**
 * The short line after an answer: what happened, and a way back for a few seconds.
 * @param {string} text
 * @param {import("./types").Way} more
 */
export function line(text, { undo, link, way }) {
  return h(
    "section",
    { class: "card short", part: "card", "aria-label": text, tabindex: "-1" },
    h("p", { dir: "auto" }, text),
    undo &&
      h(
        "button",
        { class: "button text", part: "button undo", type: "button", click: undo.click },
        undo.label,
      ),
    link && h("a", { class: "button text", part: "button draft", href: link.href }, link.label),
    way && h("div", { class: "way", "aria-hidden": "true" }),
  );
}
