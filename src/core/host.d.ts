// The few names that simdgrad needs of every host, so that neither the library nor those who compile
// against it need TypeScript's DOM library.
declare const performance: { now(): number };
declare function structuredClone<T>(value: T): T;
declare const console: { log(text: string): void; warn(text: string): void };
