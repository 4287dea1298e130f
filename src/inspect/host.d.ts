// What a profiler needs of its host, so that the library does without TypeScript's DOM library.
declare const performance: { now(): number };
declare const console: { log(text: string): void };
