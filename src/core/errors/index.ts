export { type ErrorCode, errorCodes } from "./codes.ts";
export {
  CapabilityError,
  GlassineError,
  isGlassineError,
  ManifestError,
  type ManifestProblem,
  optionsInvalid,
  ownErrorCode,
  type PackageProblem,
  PluginDependencyError,
  PluginDiscoveryError,
  PluginExecutionError,
  PluginSignatureError,
  type Problem,
  RejectError,
  rejectionReason,
  TierViolationError,
} from "./glassine-error.ts";
export { type ErrorCodeSpec, refusalCodes, refusalMeanings } from "./refusal-codes.ts";
export { closest, formatPath, formatProblems, quoted, quoteName, suggestion } from "./text.ts";
