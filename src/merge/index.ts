export { joinSets, Overlong } from "./join.ts";
export { merge } from "./merge.ts";
export { listed, type Rejection } from "./merging.ts";
