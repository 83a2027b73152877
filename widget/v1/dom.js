/** Builds elements, whose text is always text, and lets their room grow and shrink softly. */

const MOTION = { duration: 260, easing: "cubic-bezier(.2, 0, 0, 1)" };

const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/**
 * @param {string} named a tag and its classes: `p.title`; a class in here is a part out there
 * @param {Record<string, any>} attributes functions listen, true and false set or leave out
 * @param {...(Node | string | null | undefined | false)} children
 * @returns {HTMLElement}
 */
export function h(named, attributes = {}, ...children) {
  const [tag, ...classes] = named.split(".");
  const element = document.createElement(tag);
  element.className = classes.join(" ");
  element.setAttribute("part", element.className);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children) if (child) element.append(child);
  return element;
}

/**
 * Changes what is in the room, gliding from its old height to its new one, so that the page below
 * doesn't jump. `gone` comes after the room has closed, unless another change comes first.
 * @param {HTMLElement} room
 * @param {() => void} change
 * @param {() => void} [gone]
 */
export function resize(room, change, gone) {
  const before = room.offsetHeight;
  room.getAnimations().forEach((motion) => motion.cancel());
  change();
  const after = gone ? 0 : room.offsetHeight;
  if (still() || before === after) return gone?.();
  const frame = (/** @type {number} */ height) => ({
    height: `${height}px`,
    opacity: height && 1,
    overflow: "clip",
  });
  const motion = room.animate([frame(before), frame(after)], {
    ...MOTION,
    fill: gone ? "forwards" : "none",
  });
  motion.onfinish = () => {
    motion.cancel();
    gone?.();
  };
}

/**
 * A quiet bar fills while something is on its way.
 * @param {Element | null} bar
 * @param {number} duration
 */
export function fill(bar, duration) {
  if (!still()) bar?.animate([{ inlineSize: "0" }, { inlineSize: "100%" }], duration);
}
