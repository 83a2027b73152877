/** How vendors might dress the widget: custom properties, as they would stand in their style sheet. */

export const DRESSES = {
  plain: { label: "as it comes", css: {} },
  forest: {
    label: "forest",
    css: { "--segue-accent": "#0b6b63", "--segue-radius": "4px", "--segue-font": "Georgia, serif" },
  },
  plum: {
    label: "plum",
    css: { "--segue-accent": "#7a3e9d", "--segue-radius": "20px", "--segue-surface": "#fbf7fd", "--segue-ink": "#2a1533", "--segue-quiet": "#6b5a74" },
  },
  pale: {
    label: "too pale to read (mended)",
    css: { "--segue-accent": "#9ed3f5", "--segue-on-accent": "#fff", "--segue-quiet": "#c3c7cd" },
  },
};

/** @param {string} name */
export const rules = (name) =>
  Object.entries(DRESSES[name]?.css ?? {}).map(([property, value]) => `${property}: ${value};`);
