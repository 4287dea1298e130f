/** `npm run bench`: the library alone. */
import { simdgrad } from "./entrants.js";
import { main } from "./main.js";

await main([simdgrad]);
