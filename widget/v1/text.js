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

/** @param {number} value @param {string} locale */
export const formatNumber = (value, locale) =>
  new Intl.NumberFormat(locale || undefined, { maximumFractionDigits: 2 }).format(value);

/**
 * @param {string} iso a date alone has no zone to shift it
 * @param {string} [zone] the account's; without one, the reader's own
 * @returns {Intl.DateTimeFormatOptions}
 */
const within = (iso, zone) => ({ timeZone: iso.length === 10 ? "UTC" : zone || undefined });

/**
 * @param {string} iso
 * @param {string} locale
 * @param {Intl.DateTimeFormatOptions} options
 * @param {string} [zone]
 */
function formatDate(iso, locale, options, zone) {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return "";
  return new Intl.DateTimeFormat(locale || undefined, { ...options, ...within(iso, zone) }).format(date);
}

/** @param {string} iso @param {string} locale */
export const formatDay = (iso, locale) => formatDate(iso, locale, { dateStyle: "long" });

/** @param {string} iso @param {string} locale @param {string} zone */
export function formatTime(iso, locale, zone) {
  const clock = iso.length > 10 && /** @type {const} */ ({ hour: "2-digit", minute: "2-digit" });
  return formatDate(iso, locale, { day: "numeric", month: "short", ...clock }, zone);
}

/** @param {string} low @param {string} high @param {string} locale */
export function formatDays(low, high, locale) {
  const [from, to] = [new Date(low), new Date(high)];
  const format = new Intl.DateTimeFormat(locale || undefined, { day: "numeric", month: "short", ...within(low) });
  return from < to ? format.formatRange(from, to) : format.format(from);
}
