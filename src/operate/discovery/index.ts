export { type Assessment, assess } from "./assess.ts";
export { type DiscoveredPlugin, type Discovery, discoverPlugins } from "./discover-plugins.ts";
export { linkedPackage, refusedFor } from "./fault.ts";
export { discoverGuests, type GuestOptions, type GuestSurvey, surveyGuests } from "./guests.ts";
export { isolationFault } from "./isolated-load.ts";
export { type IsolationSetting, readIsolations } from "./isolation-settings.ts";
export { hookPlugins, loadStage } from "./load-stage.ts";
export {
  describePermissions,
  type Grant,
  highImpact,
  type PermissionTables,
  type PermissionWords,
  standardTables,
} from "./permissions.ts";
export {
  type CheckedProcedure,
  defineKind,
  defineProcedure,
  type Kind,
  type Procedure,
  type ProcedureClass,
  procedureKind,
} from "./procedures.ts";
export { removeProcessFolder } from "./process-folder.ts";
export type { DiscoverOptions } from "./static-options.ts";
export { type ReadDiscoverOptions, readDiscoverOptions } from "./static-options.ts";
export { partlyIsolated, staticStage } from "./static-stage.ts";
export type { LoadedPlugin, OnStep, Refused, StaticPlugin, StaticReport } from "./types.ts";
