/** How it looks. Constructed style sheets need no `style-src`; a page's own styles don't reach in. */

const TOKENS = `
:host {
  all: initial;
  display: block;
  visibility: inherit;
  box-sizing: border-box;
  color-scheme: light dark;
  --_accent: var(--segue-accent, light-dark(#2b59b4, #a9c3fb));
  --_on-accent: var(--segue-on-accent, light-dark(#fff, #101a33));
  --_surface: var(--segue-surface, light-dark(#fff, #1c1e23));
  --_ink: var(--segue-ink, light-dark(#1b1d22, #eceef2));
  --_quiet: var(--segue-quiet, light-dark(#5a606c, #a8afbc));
  --_line: var(--segue-line, light-dark(#e4e6eb, #33373f));
  --_edge: var(--segue-edge, light-dark(#cbd0d9, #4b515d));
  --_track: var(--segue-track, light-dark(#e9ecf1, #31353e));
  --_radius: var(--segue-radius, 12px);
  color: var(--_ink);
  font: 400 var(--segue-font-size, 14px)/1.5 sans-serif;
  font-family: var(--segue-font, inherit);
  font-variant-numeric: tabular-nums;
  overflow-wrap: anywhere;
}
:host([hidden]) { display: none; }
:host([theme="light"]) { color-scheme: light; }
:host([theme="dark"]) { color-scheme: dark; }
* { box-sizing: border-box; margin: 0; }
`;

const BANNER = `
:host(:not([shown])) { display: contents; }
[role="status"] {
  position: fixed; inset-block-start: 0; inset-inline-start: 0;
  inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap;
}
.card {
  position: relative; overflow: clip;
  padding: 1.5em 1.75em;
  background: var(--_surface); border: 1px solid var(--_line); border-radius: var(--_radius);
}
.card:focus { outline: none; }
.story { display: flex; flex-wrap: wrap; column-gap: 3.5em; }
.words { flex: 1 1 25em; }
.title { font-size: 1.1875em; line-height: 1.35; font-weight: 600; letter-spacing: -.008em; padding-inline-end: 2em; text-wrap: balance; }
.body { margin-block-start: .5em; max-inline-size: 38em; color: var(--_quiet); font-size: 1.036em; line-height: 1.6; text-wrap: pretty; }
.side { flex: 1 1 15em; max-inline-size: 22em; margin-block-start: 2.4em; }
.evidence, dl { display: flex; flex-wrap: wrap; gap: .15em 1.5em; }
.evidence { margin-block-start: 1em; font-size: .893em; color: var(--_quiet); }
.fact { display: flex; flex-wrap: wrap; column-gap: .45em; }
dd { color: var(--_ink); font-weight: 500; }
.actions { display: flex; flex-wrap: wrap; justify-content: space-between; gap: .5em 1.5em; margin-block-start: 1.5em; }
.group { display: flex; flex-wrap: wrap; gap: .5em; }
.button {
  display: inline-flex; align-items: center; justify-content: center;
  min-block-size: 2.857em; padding: .5em 1.07em;
  font: inherit; font-weight: 500; line-height: 1.3; text-align: center; text-decoration: none;
  color: var(--_ink); background: transparent; cursor: pointer;
  border: 1px solid var(--_edge); border-radius: calc(var(--_radius) * .66);
  transition: background-color .15s, border-color .15s;
}
.button:hover { background: color-mix(in srgb, var(--_ink) 5%, transparent); border-color: var(--_quiet); }
.button.primary { color: var(--_on-accent); background: var(--_accent); border-color: var(--_accent); }
.button.primary:hover { background: color-mix(in srgb, var(--_accent) 88%, var(--_ink)); }
:is(.button, .close, summary, input, textarea, a):focus-visible { outline: 2px solid var(--_accent); outline-offset: 2px; }
.close {
  position: absolute; inset-block-start: .75em; inset-inline-end: .75em;
  display: grid; place-items: center; inline-size: 2.6em; block-size: 2.6em; padding: 0;
  font: inherit; color: var(--_quiet); background: none; border: 0; border-radius: calc(var(--_radius) * .66); cursor: pointer;
}
.close:hover { color: var(--_ink); background: color-mix(in srgb, var(--_ink) 6%, transparent); }
.close svg { inline-size: .9em; block-size: .9em; stroke: currentColor; stroke-width: 1.5; stroke-linecap: round; }
.why { margin-block: 1em -.5em; color: var(--_quiet); font-size: .929em; }
summary { display: inline-flex; align-items: center; gap: .5em; padding-block: .4em; cursor: pointer; list-style: none; border-radius: 4px; }
summary::-webkit-details-marker { display: none; }
summary::before {
  content: ""; inline-size: .4em; block-size: .4em; margin-inline: .1em .15em;
  border-block-end: 1.5px solid; border-inline-end: 1.5px solid;
  transform: rotate(-45deg); transition: transform .2s;
}
summary:dir(rtl)::before { transform: rotate(45deg); }
[open] > summary::before { transform: translateY(-25%) rotate(45deg); }
[open] > summary:dir(rtl)::before { transform: translateY(-25%) rotate(-45deg); }
summary:hover { color: var(--_ink); }
.why ul { max-inline-size: 46em; padding: .25em 0 0 0; padding-inline-start: 1.5em; }
.why li { padding-block: .15em; }
.why li::marker { color: var(--_edge); }
.problem { margin-block-start: 1em; font-weight: 500; }
.notice .story { align-items: center; justify-content: space-between; }
.notice .title { font-size: 1.071em; }
.notice .body { margin-block-start: .25em; font-size: 1em; }
.notice .side, .notice .actions { margin-block-start: 0; }
.notice .words { max-inline-size: 40em; }
.notice .why { margin-block-start: .5em; }
.short { display: flex; align-items: center; justify-content: space-between; gap: .25em 1.5em; padding-block: .75em; min-block-size: 4.6em; }
.text { border-color: transparent; color: var(--_accent); }
.short .button { margin-inline-end: -1.07em; white-space: nowrap; }
.way { position: absolute; inset-block-end: 0; inset-inline-start: 0; block-size: 2px; inline-size: 0; background: var(--_accent); opacity: .55; }
form { margin-block-start: 1.25em; padding-block-start: 1.25em; border-block-start: 1px solid var(--_line); }
form .group { margin-block-start: 1.25em; }
.legend { font-weight: 600; }
.fields { display: flex; flex-wrap: wrap; gap: 1em; margin-block-start: 1em; max-inline-size: 46em; }
.field { flex: 1 1 15em; display: block; }
.field.all { flex-basis: 100%; }
.label { display: block; padding: 0; margin-block-end: .35em; font-size: .929em; font-weight: 500; }
input:not([type="radio"]), textarea {
  display: block; inline-size: 100%; min-block-size: 2.857em; padding: .5em .8em;
  font: inherit; color: var(--_ink); background: var(--_surface);
  border: 1px solid light-dark(#868d9a, #747b89); border-radius: calc(var(--_radius) * .66);
}
textarea { min-block-size: 5em; resize: vertical; field-sizing: content; }
.hint { margin-block-start: .35em; font-size: .857em; color: var(--_quiet); }
fieldset { border: 0; padding: 0; min-inline-size: 0; }
.choice { display: flex; flex-wrap: wrap; gap: .5em 1.5em; }
.choice label { display: inline-flex; align-items: center; gap: .5em; min-block-size: 2em; cursor: pointer; }
.choice input { inline-size: 1.15em; block-size: 1.15em; margin: 0; accent-color: var(--_accent); }
@media (max-width: 600px) {
  .card { padding: 1.25em; }
  .story { column-gap: 0; }
  .side { max-inline-size: none; margin-block-start: 1.25em; flex-basis: 100%; }
  .notice :is(.side, .actions) { flex-basis: 100%; margin-block-start: 1em; }
  .actions, .group { flex-grow: 1; }
  .group > .button { flex: 1 1 auto; }
  .group > .primary { flex-basis: 100%; }
  .button { min-block-size: 3.143em; }
  .short { padding-block: .5em; }
}
@media (forced-colors: active) {
  .button.primary { border: 2px solid; }
  .way { background: CanvasText; }
}
@media (prefers-reduced-motion: reduce) { * { transition: none !important; } }
@media print { :host { display: none; } }
`;

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
.used, .ahead { position: absolute; inset-block: 0; }
.used { inset-inline-start: 0; inline-size: var(--_used); background: var(--_accent); border-radius: inherit; transition: inline-size .5s; }
.ahead {
  inset-inline-start: var(--_low); inline-size: calc(var(--_high) - var(--_low));
  background: repeating-linear-gradient(-45deg, color-mix(in srgb, var(--_accent) 42%, transparent) 0 1.5px, transparent 1.5px 5px);
}
.limit { position: absolute; inset-block: 0; inset-inline-start: calc(var(--_limit) - 1px); inline-size: 2px; background: var(--_surface); }
.below { margin-block-start: .5em; font-size: .929em; color: var(--_quiet); text-wrap: pretty; }
:host([compact]) { font-size: inherit; }
:host([compact]) .row { font-size: .929em; }
:host([compact]) .below { margin-block-start: .35em; font-size: .893em; text-align: end; }
@media (forced-colors: active) {
  .bar { outline: 1px solid CanvasText; }
  .used, .limit { forced-color-adjust: none; background: CanvasText; }
  .limit { background: Canvas; }
  .ahead { forced-color-adjust: none; background: repeating-linear-gradient(-45deg, CanvasText 0 1.5px, transparent 1.5px 5px); }
}
@media (prefers-reduced-motion: reduce) { .used { transition: none; } }
`;

/** @param {string} css */
export function sheet(css) {
  const made = new CSSStyleSheet();
  made.replaceSync(css);
  return made;
}

/** Made when first used: a browser that can't must not fail on import. @param {string} css */
function later(css) {
  /** @type {CSSStyleSheet | undefined} */
  let made;
  return () => (made ??= sheet(css));
}

const [tokens, banner, meter] = [TOKENS, BANNER, METER].map(later);
export const bannerStyle = () => [tokens(), banner()];
export const meterStyle = () => [tokens(), meter()];
