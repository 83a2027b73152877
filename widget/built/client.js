export {createClient} from "./parts/live-N4MSMVWQ.js";
