/** Helpers on data that the laws use: reach, leaves, copies. */
export {
  at,
  isObject,
  jsonCopy,
  type Level,
  leaves,
  plainCopy,
  reach,
  scramble,
  shapeOf,
  withoutNow,
} from "../../src/testing/data.ts";
