/** The one script tag: says where it came from and what stands on it. */

import { segue } from "./shell.js";

export { segue };

if (!customElements.get("segue-banner")) {
  const tag = [...document.querySelectorAll("script")].find(({ src }) => src === import.meta.url);
  Object.assign(globalThis, { segue });
  segue.start({ base: new URL(import.meta.url).origin, ...tag?.dataset });
  dispatchEvent(new Event("segue:ready"));
}
