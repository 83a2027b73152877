/** The few words the widget says itself, and numbers and dates the way the reader writes them. */

/** English; `state.labels` may give any of these in another language. */
export const ENGLISH = {
  why: "Why am I seeing this?",
  returns: "It may come back on {date} at the earliest.",
  as_of: "as of {time}",
  amount: "{used} of {limit}",
  around: "around {range}",
  close: "Close",
  undo: "Undo",
  useful: "Thanks, noted.",
  snoozed: "All right, not now.",
  snoozed_until: "All right. This won’t come up again before {date}.",
  muted: "All right. This won’t be suggested again.",
  dismissed: "Closed.",
  sending: "Sending to {name}",
  sent: "Sent to {name}",
  draft: "A draft to {name} is ready for you to send.",
  open_draft: "Open in e-mail",
  over: "This is no longer open.",
  failed: "That didn’t go through. Please try again.",
  too_late: "It was too late to undo that.",
  form: "Send this summary to someone",
  email: "E-mail",
  name: "Name (optional)",
  role: "They read it as",
  manager: "Manager",
  finance: "Finance",
  note: "Your note (optional)",
  note_hint: "Up to 280 characters, no links.",
  send: "Send",
  cancel: "Cancel",
};

/**
 * What says a word: the server's label over English, with `{names}` filled in.
 * @param {Record<string, string>} labels
 * @returns {import("./types").Say}
 */
export const speaker =
  (labels) =>
  (key, values = {}) =>
    (labels[key] || ENGLISH[key]).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

/**
 * A locale that Intl understands: the state's, else the page's, else the browser's.
 * @param {Element} element
 * @param {string} stated
 */
export function localeOf(element, stated) {
  const page = element.closest("[lang]") ?? document.documentElement;
  for (const tag of [stated, page.getAttribute("lang")]) {
    try {
      if (tag && Intl.NumberFormat.supportedLocalesOf(tag).length) return tag;
    } catch {
      continue; // Not a language tag at all.
    }
  }
  return undefined;
}

/** @param {number} value @param {string | undefined} locale */
export const formatNumber = (value, locale) =>
  new Intl.NumberFormat(locale, { maximumFractionDigits: 2 }).format(value);

/**
 * @param {string} iso a date alone has no zone to shift it
 * @param {string} [zone] the account's; without one, the reader's own
 * @returns {Intl.DateTimeFormatOptions}
 */
const within = (iso, zone) => ({ timeZone: iso.length === 10 ? "UTC" : zone || undefined });

/**
 * @param {string} iso
 * @param {string | undefined} locale
 * @param {Intl.DateTimeFormatOptions} options
 * @param {string} [zone]
 */
function formatDate(iso, locale, options, zone) {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return "";
  return new Intl.DateTimeFormat(locale, { ...options, ...within(iso, zone) }).format(date);
}

/** @param {string} iso @param {string | undefined} locale */
export const formatDay = (iso, locale) => formatDate(iso, locale, { dateStyle: "long" });

/** @param {string} iso @param {string | undefined} locale @param {string} zone */
export function formatTime(iso, locale, zone) {
  const clock = iso.length > 10 && /** @type {const} */ ({ hour: "2-digit", minute: "2-digit" });
  return formatDate(iso, locale, { day: "numeric", month: "short", ...clock }, zone);
}

/** @param {string} low @param {string} high @param {string | undefined} locale */
export function formatDays(low, high, locale) {
  const [from, to] = [new Date(low), new Date(high)];
  const format = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", ...within(low) });
  return from < to ? format.formatRange(from, to) : format.format(from);
}
