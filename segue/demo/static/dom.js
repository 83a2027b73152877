/** Elements without a library; text is only ever text. */

/**
 * @param {string} tag
 * @param {Record<string, any>} attributes
 * @param {...(Node | string | number | null | undefined | false)} children
 */
export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  put(node, attributes, children);
  return node;
}

/** The same for SVG. */
export function s(tag, attributes = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  put(node, attributes, children);
  return node;
}

function put(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.filter((c) => c !== null && c !== undefined && c !== false));
}

export const $ = (id) => document.getElementById(id);

/** Fills a place only when what is shown has changed, so that focus and open details stay. */
export function fill(place, key, make) {
  const text = JSON.stringify(key);
  if (place.dataset.key === text) return;
  place.dataset.key = text;
  const held = document.activeElement?.closest?.("[data-hold]");
  const name = held && place.contains(held) ? held.dataset.hold : null;
  const open = [...place.querySelectorAll("details[open][data-hold]")].map((d) => d.dataset.hold);
  place.replaceChildren(...make());
  for (const one of open) place.querySelector(`details[data-hold="${CSS.escape(one)}"]`)?.setAttribute("open", "");
  if (name) place.querySelector(`[data-hold="${CSS.escape(name)}"]`)?.focus({ preventScroll: true });
}

export async function post(path, body) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
  return answer.status === 204 ? null : answer.json();
}

const number = new Intl.NumberFormat("en-GB");
const shortDay = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
const longDay = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "long", year: "numeric", timeZone: "Europe/Berlin" });
const hour = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: "Europe/Berlin" });
const moment = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", timeZone: "Europe/Berlin" });

export const format = {
  number: (value) => number.format(Math.round(value)),
  /** A date without a time: 17 Jun. */
  day: (iso) => shortDay.format(new Date(`${iso.slice(0, 10)}T00:00:00Z`)),
  span: (from, to) => (from === to ? format.day(from) : `${format.day(from)} – ${format.day(to)}`),
  /** 24–29 Jun. */
  range: (from, to) => (from.slice(0, 7) === to.slice(0, 7) ? `${Number(from.slice(8, 10))}–${format.day(to)}` : `${format.day(from)}–${format.day(to)}`),
  longDay: (iso) => longDay.format(new Date(iso)),
  hour: (iso) => hour.format(new Date(iso)),
  moment: (iso) => moment.format(new Date(iso)),
};
