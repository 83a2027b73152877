export {createClient} from "./parts/live-IO7KXU3J.js";
