export { highImpact } from "./high-impact.ts";
export {
  describePermissions,
  type Grant,
  type PermissionTables,
  type PermissionWords,
  standardTables,
} from "./words.ts";
