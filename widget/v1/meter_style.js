/** How the meter looks. */

import { dressed, later } from "./style.js";

const METER = `
:host(:not([ready])) { display: none; }
/* It has no surface of its own, so it takes its ink from whatever it stands on. */
:host(:not([theme])) { color-scheme: inherit; }
:host {
  color: var(--segue-ink, inherit);
  --_quiet: var(--segue-quiet, color-mix(in srgb, currentcolor 78%, transparent));
  --_track: var(--segue-track, color-mix(in srgb, currentcolor 11%, transparent));
}
.row { display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between; gap: 0 1em; }
.name { font-weight: 500; }
.amount b { font-weight: 600; }
.bar { position: relative; block-size: .571em; margin-block-start: .5em; overflow: clip; background: var(--_track); border-radius: 1em; }
.used, .forecast { position: absolute; inset-block: 0; }
.used { inset-inline-start: 0; inline-size: var(--_used); background: var(--_accent); border-radius: inherit; }
.forecast {
  inset-inline-start: var(--_low); inline-size: calc(var(--_high) - var(--_low));
  background: repeating-linear-gradient(-45deg, color-mix(in srgb, var(--_accent) 42%, transparent) 0 1.5px, transparent 1.5px 5px);
}
.limit { position: absolute; inset-block: 0; inset-inline-start: calc(var(--_limit) - 1px); inline-size: 2px; background: var(--_surface); }
.sentence { margin-block-start: .5em; font-size: .9em; color: var(--_quiet); text-wrap: pretty; }
:host([compact]) { font-size: inherit; }
:host([compact]) .row { font-size: .9em; }
:host([compact]) .sentence { margin-block-start: .35em; font-size: .9em; text-align: end; }
@media (forced-colors: active) {
  .bar { outline: 1px solid CanvasText; }
  .used, .limit { forced-color-adjust: none; background: CanvasText; }
  .limit { background: Canvas; }
  .forecast { forced-color-adjust: none; background: repeating-linear-gradient(-45deg, CanvasText 0 1.5px, transparent 1.5px 5px); }
}
@media (prefers-reduced-motion: no-preference) { .used { transition: inline-size .5s; } }
`;

const meter = later(METER);
export const meterStyle = () => dressed(meter);
