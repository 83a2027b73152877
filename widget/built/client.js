export {createClient} from "./parts/live-LKRG4LFS.js";
