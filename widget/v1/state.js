/** What the server sends, read once and made safe, so that nothing after this has to doubt it. */

/** @param {unknown} value */
const text = (value) => (["string", "number"].includes(typeof value) ? String(value) : "");

/** Amounts come as numbers or as exact decimal strings. @param {unknown} value */
const amount = (value) =>
  text(value) !== "" && Number.isFinite(Number(value)) ? Number(value) : null;

/** @template T @param {unknown} value @param {(item: any) => T} read @returns {T[]} */
const list = (value, read) => (Array.isArray(value) ? value : []).map((item) => read(item ?? {}));

/** @param {any} raw @returns {any} its fields, each as text */
const texts = (raw) =>
  Object.fromEntries(Object.entries(raw ?? {}).map(([name, value]) => [name, text(value)]));

/**
 * What is said if it is of use in this browser, else nothing.
 * @param {unknown} value
 * @param {(said: string) => unknown} use false, or fails, where it is not
 */
function known(value, use) {
  try {
    return use(text(value)) ? text(value) : "";
  } catch {
    return "";
  }
}

/** An address of one of these schemes: never `javascript:`. @param {string[]} schemes */
const address = (/** @type {unknown} */ value, ...schemes) =>
  known(value, (said) => schemes.includes(new URL(said, location.href).protocol));

/** Days or amounts, but all of a kind. @param {any} raw */
function readForecast(raw) {
  const marks = [raw?.low, raw?.mid, raw?.high].map((mark) => amount(mark) ?? text(mark));
  const [low, mid, high] = marks;
  const amounts = marks.every((mark) => typeof mark === "number");
  const days = marks.every((mark) => typeof mark === "string" && Date.parse(mark));
  return amounts || days ? { low, mid, high } : null;
}

/** @param {any} raw @returns {import("./types").Meter} */
const readMeter = (raw) => ({
  sentence: "",
  ...texts(raw),
  name: text(raw.name ?? raw.key),
  used: amount(raw.used) ?? 0,
  limit: amount(raw.limit),
  forecast: readForecast(raw.forecast),
});

/** @param {any} raw @returns {import("./types").Action} */
const readAction = (raw) => ({
  to: "",
  ...texts(raw),
  url: address(raw.url, "https:", "http:"),
});

/** @param {any} raw @returns {import("./types").Alert | null} */
function readAlert(raw) {
  if (!text(raw?.id) || !text(raw.title)) return null;
  return {
    meter: "",
    body: "",
    returns: "",
    ...texts(raw),
    facts: list(raw.facts, (fact) => ({ id: "", as_of: "", ...texts(fact) })),
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
    ...texts(raw),
    locale: known(raw.locale, Intl.getCanonicalLocales) || undefined,
    time_zone: text(raw.time_zone),
    labels: texts(raw.labels),
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
  ...texts(raw),
  undo_seconds: amount(raw.undo_seconds) ?? 10,
  mailto: address(raw.mailto, "mailto:"),
  preview: address(raw.preview, "https:", "http:"),
});
