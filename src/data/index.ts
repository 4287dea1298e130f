// Data sets and the loader that makes batches of them.
export { DataLoader, type DataLoaderOptions, type Dataset, TensorDataset } from "./loader.js";
