/** Vendors' colours, where they would be hard to read (WCAG 2.2, 1.4.3): as near as can be read. */

const ENOUGH = 4.6; // 4.5, and what the shorter formula for the darkest colours may be off.
const STEP = 0.05;
const MIDDLE = 0.179; // From here on black is read better than white.
/** What is read on what, in the order in which it is mended. */
const PAIRS = [
  ["ink", "surface"],
  ["quiet", "surface"],
  ["accent", "surface"],
  ["on-accent", "accent"],
];

/** Relative luminance, nearly as WCAG defines it. @param {number[]} color three parts, 0 to 1 */
const luminance = (color) =>
  color.reduce((sum, part, n) => sum + [0.2126, 0.7152, 0.0722][n] * ((part + 0.055) / 1.055) ** 2.4, 0);

/** @param {number[]} one @param {number[]} other */
function contrast(one, other) {
  const ratio = (luminance(one) + 0.05) / (luminance(other) + 0.05);
  return Math.max(ratio, 1 / ratio);
}

/**
 * Mends in a sheet of the element's own what the page has set; its attribute says what was mended.
 * @param {HTMLElement} host
 * @param {CSSStyleSheet} sheet
 * @param {HTMLElement} probe nobody sees its colour
 */
export function legible(host, sheet, probe) {
  let css = "";
  /** @type {string[]} */
  const mended = [];
  /** Mixed, a colour of any notation is told as three numbers. @param {string} name */
  const read = (name) => {
    const mixed = `color-mix(in srgb,var(--_${name}),var(--_${name}))`;
    sheet.replaceSync(`:host{${css}}[role=status]{color:${mixed}}`);
    const told = /** @type {string[]} */ (getComputedStyle(probe).color.match(/[\d.e-]+/g));
    return told.slice(0, 3).map(Number);
  };
  for (const [name, ground] of PAIRS) {
    const [front, back] = [read(name), read(ground)];
    const pole = luminance(back) > MIDDLE ? 0 : 1;
    let share = 0;
    let color = front;
    while (contrast(color, back) < ENOUGH && share < 1) {
      share += STEP;
      color = front.map((part) => part + (pole - part) * share);
    }
    if (!share) continue;
    // Stronger than the page's own rule, also for the meter in here.
    css += `--segue-${name}:rgb(${color.map((part) => part * 255)})!important;`;
    mended.push(name);
  }
  sheet.replaceSync(`:host{${css}}`);
  host.setAttribute("mended", mended.join(" "));
}
