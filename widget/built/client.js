export {createClient} from "./parts/live-IZNJNNHC.js";
