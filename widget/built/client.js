export {createClient} from "./parts/live-RX2CLAT3.js";
