export { joinSets } from "./join.ts";
export { merge } from "./merge.ts";
export type { Rejection } from "./merging.ts";
