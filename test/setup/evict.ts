// Set-up of the "evicting" project: the same tests with everything spilled at every allocation.
import { forceEviction } from "../../src/memory/eviction.js";

forceEviction(true);
