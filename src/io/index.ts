// Files: reading and writing them is the caller's business, their bytes are ours.
export { loadSafetensors, saveSafetensors } from "./safetensors.js";
