export {createClient} from "./parts/live-DPQJMULS.js";
