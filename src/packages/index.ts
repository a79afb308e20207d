export { findPackages, packageFolder } from "./find-packages.ts";
export { type HashPackageOptions, hashPackage } from "./hash-package.ts";
export { isHookId, isKindId, isPackageName, isVersion } from "./names.ts";
export {
  type RejectionCode,
  rejectionCodes,
} from "./rejection-codes.ts";
export { parseStrictJson, StrictJsonError } from "./strict-json.ts";
export type {
  InstalledPackage,
  PackageEntry,
  PackageHash,
  PluginKind,
  Rejection,
} from "./types.ts";
export { assertUnchanged } from "./unchanged.ts";
