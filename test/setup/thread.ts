// Set-up of the "threaded" project: the same tests with three threads that share whatever can be shared.
import { forceThreads, setThreads } from "../../src/kernels/threads.js";

forceThreads();
await setThreads(3);
