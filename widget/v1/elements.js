/** What fills the two elements, loaded once there is something to show. */

export { Banner } from "./banner.js";
export { Meter } from "./meter.js";
