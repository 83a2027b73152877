/** Words as the server says them, numbers and dates as the reader writes them. */

/**
 * What says a word: the server's label, with `{names}` filled in.
 * @param {Record<string, string>} labels
 * @returns {import("./types").Say}
 */
export const speaker =
  (labels) =>
  (key, values = {}) =>
    (labels[key] || key).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

/** @param {number} value @param {string | undefined} locale */
export const formatNumber = (value, locale) =>
  new Intl.NumberFormat(locale, { maximumFractionDigits: 2 }).format(value);

/**
 * Asked for late: to know its first time zone costs a browser a tenth of a second on a slow phone.
 * @param {string | undefined} locale
 * @param {Intl.DateTimeFormatOptions} options a zone that this browser does not know is the reader's
 */
function formatter(locale, options) {
  try {
    return new Intl.DateTimeFormat(locale, options);
  } catch {
    return new Intl.DateTimeFormat(locale, { ...options, timeZone: undefined });
  }
}

/**
 * @param {string} iso a date alone has no zone to shift it
 * @param {string | undefined} locale
 * @param {Intl.DateTimeFormatOptions} options
 * @param {string} [zone] the account's; without one, the reader's own
 */
function formatDate(iso, locale, options, zone) {
  const date = new Date(iso);
  const timeZone = iso.length === 10 ? "UTC" : zone || undefined;
  return +date ? formatter(locale, { ...options, timeZone }).format(date) : "";
}

/** @param {string} iso @param {string | undefined} locale */
export const formatDay = (iso, locale) => formatDate(iso, locale, { dateStyle: "long" });

/** @param {string} iso @param {string | undefined} locale @param {string} zone */
export function formatTime(iso, locale, zone) {
  const clock = iso.length > 10 && /** @type {const} */ ({ hour: "2-digit", minute: "2-digit" });
  return formatDate(iso, locale, { day: "numeric", month: "short", ...clock }, zone);
}

/** @param {string} low @param {string} high days @param {string | undefined} locale */
export function formatDays(low, high, locale) {
  const [from, to] = [new Date(low), new Date(high)];
  const format = formatter(locale, { day: "numeric", month: "short", timeZone: "UTC" });
  return from < to ? format.formatRange(from, to) : format.format(from);
}
