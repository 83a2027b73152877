/** <segue-meter meter="reports">: how much was used, of how much, and where it is heading. */

import { h } from "./dom.js";
import { meterStyle } from "./meter_style.js";
import { sheet } from "./style.js";
import { formatDays, formatNumber, speaker } from "./text.js";

/** @typedef {import("./types").Meter} Usage */

/**
 * Where things stand on the bar, in percent of its length. A limit that is passed becomes a mark
 * on the bar; a forecast in days fills the way to the limit, one in amounts lies where it lies.
 * @param {Usage} meter
 * @param {number} limit
 */
function marks({ used, forecast }, limit) {
  const inDays = typeof forecast?.low === "string";
  const low = Math.max(used, inDays || !forecast ? used : Number(forecast.low));
  const high = Math.max(low, inDays ? limit : Number(forecast?.high ?? used));
  const whole = Math.max(limit, high);
  const percent = (/** @type {number} */ mark) => `${((mark / (whole || 1)) * 100).toFixed(2)}%`;
  const places = { used, low, high, limit };
  const css = Object.entries(places).map(([name, mark]) => `--_${name}: ${percent(mark)};`);
  return { css: `:host { ${css.join(" ")} }`, passed: whole > limit };
}

/** One usage meter; attributes: `meter` (a key), `theme`, `compact` (no sentence). */
export class Meter {
  #places = sheet("");
  #host;
  #desk;
  #root;
  /** @type {import("./types").State | null} */
  #state = null;
  #leave = () => {};

  /** @param {HTMLElement} host @param {import("./types").Desk} desk */
  constructor(host, desk) {
    this.#host = host;
    this.#desk = desk;
    this.#root = /** @type {ShadowRoot} */ (host.shadowRoot);
    this.#root.adoptedStyleSheets = [...meterStyle(), this.#places];
  }

  /** It is in the page. */
  enter() {
    this.#leave = this.#desk.watch((state) => {
      this.#state = state;
      this.draw();
    });
  }

  /** It was taken out of the page. */
  leave() {
    this.#leave();
  }

  /** Its attributes or the state have changed. */
  draw() {
    const key = this.#host.getAttribute("meter");
    const meter = this.#state?.meters.find((one) => !key || one.key === key);
    this.#host.toggleAttribute("ready", Boolean(meter));
    this.#root.replaceChildren(...(meter ? this.#parts(meter) : []));
  }

  /** @param {Usage} meter */
  #parts(meter) {
    const { limit, forecast } = meter;
    const locale = this.#state?.locale;
    const say = speaker(this.#state?.labels ?? {});
    const used = h("b", {}, formatNumber(meter.used, locale));
    const frame = limit === null ? "{used}" : say("amount", { limit: formatNumber(limit, locale) });
    const [before, after] = frame.split("{used}");
    const amount = h("span.amount", {}, before, used, after);
    const row = h("div.row", {}, h("span.name", {}, meter.name), amount);
    const days =
      typeof forecast?.low === "string" && formatDays(forecast.low, String(forecast.high), locale);
    const below = !this.#host.hasAttribute("compact")
      ? meter.sentence
      : days
        ? say("around", { range: days })
        : "";
    return [
      row,
      ...(limit === null ? [] : [this.#bar(meter, limit, amount.textContent)]),
      ...(below ? [h("p.sentence", {}, below)] : []),
    ];
  }

  /** @param {Usage} meter @param {number} limit @param {string | null} amount */
  #bar(meter, limit, amount) {
    const { css, passed } = marks(meter, limit);
    const values = {
      role: "meter",
      "aria-label": meter.name,
      "aria-valuemin": "0",
      "aria-valuemax": String(Math.max(limit, meter.used)),
      "aria-valuenow": String(meter.used),
      "aria-valuetext": meter.sentence || amount,
    };
    this.#places.replaceSync(css);
    return h(
      "div.bar",
      values,
      meter.forecast && h("div.forecast"),
      h("div.used"),
      passed && h("div.limit"),
    );
  }
}
