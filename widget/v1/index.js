/** For vendors who bundle: what a page may call, and the client alone for those who draw it themselves. */

export { createClient } from "./client.js";
export { segue } from "./shell.js";
