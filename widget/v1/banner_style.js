/** How the banner looks. */

import { dressed, later } from "./style.js";

const BANNER = `
:host(:not([shown])) { display: contents; }
[role=status] {
  position: fixed; inset-block-start: 0; inset-inline-start: 0;
  inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap;
}
:host([placement=top][shown]) { position: sticky; inset-block-start: 0; z-index: 1000; }
:host([placement=top]) .card { border-width: 0 0 1px; border-radius: 0; }
:host([placement=corner][shown]) {
  position: fixed; inset-block-end: 1.25em; inset-inline-end: 1.25em; z-index: 1000;
  inline-size: min(30em, 100% - 2.5em);
}
:host([placement=corner]) .card { max-block-size: calc(100dvh - 2.5em); overflow-y: auto; box-shadow: 0 .5em 2em rgb(0 0 0/.18); }
.room { container-type: inline-size; }
.card {
  position: relative; overflow: clip;
  padding: 1.5em 1.75em;
  background: var(--_surface); border: 1px solid var(--_line); border-radius: var(--_radius);
}
.card:focus { outline: none; }
.story { display: flex; flex-wrap: wrap; column-gap: 3.5em; }
.words { flex: 1 1 25em; }
.title { font-size: 1.2em; line-height: 1.35; font-weight: 600; padding-inline-end: 2em; text-wrap: balance; }
.body { margin-block-start: .5em; max-inline-size: 38em; color: var(--_quiet); }
.side { --segue-quiet: var(--_quiet); flex: 1 1 15em; max-inline-size: 22em; margin-block-start: 2.4em; }
.evidence, dl { display: flex; flex-wrap: wrap; gap: .15em 1.5em; }
.evidence { margin-block-start: 1em; font-size: .9em; color: var(--_quiet); }
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
}
.button:hover { background: color-mix(in srgb, var(--_ink) 5%, transparent); border-color: var(--_quiet); }
.button.primary { color: var(--_on-accent); background: var(--_accent); border-color: var(--_accent); }
.button.primary:hover { background: color-mix(in srgb, var(--_accent) 88%, var(--_ink)); }
:is(.button, .close, summary, input, select, textarea):focus-visible { outline: 2px solid var(--_accent); outline-offset: 2px; }
.close {
  position: absolute; inset-block-start: .75em; inset-inline-end: .75em;
  inline-size: 1.857em; block-size: 1.857em; padding: 0;
  font: inherit; font-size: 1.4em; line-height: 1; color: var(--_quiet); background: none; border: 0; border-radius: calc(var(--_radius) * .66); cursor: pointer;
}
.close:hover { color: var(--_ink); background: color-mix(in srgb, var(--_ink) 6%, transparent); }
.why { margin-block: 1em -.5em; color: var(--_quiet); font-size: .9em; }
summary { inline-size: fit-content; padding-block: .4em; cursor: pointer; border-radius: 4px; }
.why ul { max-inline-size: 46em; padding: .25em 0 0 0; padding-inline-start: 1.5em; }
.why li { padding-block: .15em; }
.problem { margin-block-start: 1em; font-weight: 500; }
.notice .story { row-gap: 1em; align-items: center; justify-content: space-between; }
.notice .title { font-size: 1.1em; }
.notice .body { margin-block-start: .25em; }
.notice .side, .notice .actions { margin-block-start: 0; }
.notice .why { margin-block-start: .5em; }
.short { display: flex; align-items: center; gap: .25em 1.5em; padding-block: .75em; min-block-size: 4.6em; }
.short p { flex: 1; }
.short .button { border-color: transparent; color: var(--_accent); margin-inline-end: -1.07em; white-space: nowrap; }
.way { position: absolute; inset-block-end: 0; inset-inline-start: 0; block-size: 2px; inline-size: 0; background: var(--_accent); }
form { margin-block-start: 1.25em; padding-block-start: 1.25em; border-block-start: 1px solid var(--_line); }
form .group { margin-block-start: 1.25em; }
.legend { font-weight: 600; }
.fields { display: flex; flex-wrap: wrap; gap: 1em; margin-block-start: 1em; max-inline-size: 46em; }
.field { flex: 1 1 15em; display: block; }
.field.all { flex-basis: 100%; }
.label { display: block; margin-block-end: .35em; font-size: .9em; font-weight: 500; }
input, select, textarea {
  display: block; inline-size: 100%; min-block-size: 2.857em; padding: .5em .8em;
  font: inherit; color: var(--_ink); background: var(--_surface);
  border: 1px solid light-dark(#868d9a, #747b89); border-radius: calc(var(--_radius) * .66);
}
textarea { min-block-size: 5em; resize: vertical; }
.hint { margin-block-start: .35em; font-size: .9em; color: var(--_quiet); }
@container (max-width: 600px) {
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
@media print { :host { display: none; } }
`;

const banner = later(BANNER);
export const bannerStyle = () => dressed(banner);
