export {
  compareGrants,
  type GrantChange,
  type GrantChanges,
  type KnownGrant,
} from "./compare-grants.ts";
export { highImpact } from "./high-impact.ts";
export {
  describePermissions,
  type Grant,
  type PermissionTables,
  type PermissionWords,
  standardTables,
} from "./words.ts";
