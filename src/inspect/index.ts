// Looking at what a program does: simdgrad/inspect.
export { type Limits, measureLimits } from "./limits.js";
export { profile, type Profile, type ProfileOptions, type ProfileRow } from "./profile.js";
