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
:host([theme=light]) { color-scheme: light; }
:host([theme=dark]) { color-scheme: dark; }
* { box-sizing: border-box; margin: 0; }
`;

/** @param {string} css */
export function sheet(css) {
  const made = new CSSStyleSheet();
  made.replaceSync(css);
  return made;
}

/** Made when first used: a browser that can't must not fail on import. @param {string} css */
export function later(css) {
  /** @type {CSSStyleSheet | undefined} */
  let made;
  return () => (made ??= sheet(css));
}

const tokens = later(TOKENS);

/** What every element wears, and its own. @param {() => CSSStyleSheet} own */
export const dressed = (own) => [tokens(), own()];
