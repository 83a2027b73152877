export {createClient} from "./parts/live-75JNB3E7.js";
