export {
  type ClosureMember,
  closureHasher,
  type HostPackages,
  memberText,
  type PackageClosure,
  pathFrom,
} from "./closure.ts";
export {
  findPackages,
  hasModules,
  installedNames,
  nearestPackage,
  packageFolder,
} from "./find-packages.ts";
export { isWithin, upFrom } from "./folders.ts";
export {
  copyPackage,
  expectManifest,
  expectSame,
  type HashPackageOptions,
  hashPackage,
} from "./hash-package.ts";
export { lendHost } from "./lend-host.ts";
export {
  defaultId,
  isCapabilityName,
  isHookId,
  isHookName,
  isKindId,
  isPackageName,
  isVersion,
} from "./names.ts";
export { namesForOther, readBundled, readNeeds, readPackageJson } from "./package-json.ts";
export { loadPeer } from "./peer.ts";
export { readPackage } from "./read-package.ts";
export { packageRefused, systemCode, unreadFault } from "./refused.ts";
export { type RejectionCode, rejectionCodes } from "./rejection-codes.ts";
export { resolveName } from "./resolve-name.ts";
export { expectNode } from "./runtime.ts";
export { readOpened, readSmallFile, textIn } from "./small-file.ts";
export {
  fromBase64,
  jsonOf,
  parseStrictJson,
  readJsonFile,
  StrictJsonError,
} from "./strict-json.ts";
export type { InstalledPackage, PackageEntry, PackageHash, Rejection } from "./types.ts";
export { packageLimits } from "./walk-package.ts";
