/** What the server sends, read once and made safe, so that nothing after this has to doubt it. */

/** @param {unknown} value */
const text = (value) => (["string", "number"].includes(typeof value) ? String(value) : "");

/** Amounts come as numbers or as exact decimal strings. @param {unknown} value */
const amount = (value) =>
  text(value) !== "" && Number.isFinite(Number(value)) ? Number(value) : null;

/** @template T @param {unknown} value @param {(item: any) => T} read @returns {T[]} */
const list = (value, read) => (Array.isArray(value) ? value : []).map((item) => read(item ?? {}));

/** @param {any} raw @param {string[]} names @returns {any} those fields, each as text */
const texts = (raw, ...names) => Object.fromEntries(names.map((name) => [name, text(raw[name])]));

/**
 * The address if it is of one of these schemes, else nothing: never `javascript:`.
 * @param {unknown} value
 * @param {...string} schemes
 */
function address(value, ...schemes) {
  if (!text(value) || !URL.canParse(text(value), location.href)) return "";
  const url = new URL(text(value), location.href);
  return schemes.includes(url.protocol) ? url.href : "";
}

/** A time zone that this browser knows, else nothing: then its own. @param {unknown} value */
function zone(value) {
  try {
    return text(value) && new Intl.DateTimeFormat("en", { timeZone: text(value) }) && text(value);
  } catch {
    return "";
  }
}

/** @param {any} raw @returns {import("./types").Forecast | null} */
function readForecast(raw) {
  const [low, mid, high] = [raw?.low, raw?.mid, raw?.high].map(
    (mark) => amount(mark) ?? text(mark),
  );
  const numbers = [low, mid, high].every((mark) => typeof mark === "number");
  const days = [low, mid, high].every((mark) => typeof mark === "string" && Date.parse(mark));
  return numbers || days ? { low, mid, high } : null;
}

/** @param {any} raw @returns {import("./types").Meter} */
const readMeter = (raw) => ({
  ...texts(raw, "key", "period_end", "at_limit", "sentence"),
  name: text(raw.name) || text(raw.key),
  used: amount(raw.used) ?? 0,
  limit: amount(raw.limit),
  forecast: readForecast(raw.forecast),
});

/** @param {any} raw @returns {import("./types").Action} */
const readAction = (raw) => ({
  ...texts(raw, "kind", "label", "to"),
  url: address(raw.url, "https:", "http:"),
});

/** @param {any} raw @returns {import("./types").Alert | null} */
function readAlert(raw) {
  if (!text(raw?.id) || !text(raw.title)) return null;
  return {
    ...texts(raw, "id", "class", "moment", "meter", "title", "body", "returns"),
    facts: list(raw.facts, (fact) => texts(fact, "id", "label", "value", "as_of")),
    actions: list(raw.actions, readAction).filter(
      ({ kind, label, url }) => label && (kind !== "open" || url),
    ),
    why: list(raw.why, text).filter(Boolean),
  };
}

/**
 * The state, or null where it is none.
 * @param {any} raw
 * @returns {import("./types").State | null}
 */
export function readState(raw) {
  if (!raw || typeof raw !== "object") return null;
  return {
    ...texts(raw, "account", "as_of", "locale"),
    time_zone: zone(raw.time_zone),
    labels: texts(raw.labels ?? {}, ...Object.keys(raw.labels ?? {})),
    meters: list(raw.meters, readMeter).filter((meter) => meter.key),
    alert: readAlert(raw.alert),
  };
}

/**
 * Where a forward stands; a draft is only ever a `mailto:`.
 * @param {any} raw
 * @returns {import("./types").Forward}
 */
export const readForward = (raw) => ({
  ...texts(raw, "forward", "to_name", "channel", "state"),
  undo_seconds: amount(raw.undo_seconds) ?? 10,
  mailto: address(raw.mailto, "mailto:"),
});
