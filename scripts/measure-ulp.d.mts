// Types of measure-ulp.mjs, for the tests.
type Row = (x: number) => number;
export declare const oracles: Record<string, Row>;
export declare const slopes: Record<string, Row>;
export declare function ulpError(got: number, want: number, least?: number): number;
export declare const specials: readonly (readonly [name: string, oracle: Row])[];
