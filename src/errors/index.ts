export { type ErrorCode, type ErrorCodeSpec, errorCodes } from "./codes.ts";
export {
  GlassineError,
  isGlassineError,
  ManifestError,
  type ManifestProblem,
  ownErrorCode,
  type Problem,
  TierViolationError,
} from "./glassine-error.ts";
export { closest, formatPath, formatProblems, quoted, suggestion } from "./text.ts";
