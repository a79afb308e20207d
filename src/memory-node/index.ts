/** glassine/memory-node: the hooks, services and names of a memory node. */
export { applyScores, type Scored } from "./apply-scores.ts";
export type {
  AuditEmitter,
  AuditReader,
  ConfigReader,
  FactsReader,
  FactsWriter,
  FederationReader,
  FederationWriter,
  IdentityReader,
  NetworkOutbound,
  RecallReader,
  RecallWriter,
  TenantReader,
  TenantWriter,
} from "./handles.ts";
export { type MemoryNodeHooks, memoryNodeHooks } from "./hooks.ts";
export {
  capabilities,
  createExtensions,
  createPluginManager,
  defineCoreHandler,
  definePlugin,
  hookNames,
  memoryNode,
  memoryNodeProfile,
} from "./host.ts";
export { isInPep440Range } from "./pep440.ts";
export { type MemoryNodeServices, memoryNodeServices } from "./services.ts";
export { tenantIdFault } from "./tenant-id.ts";
export type {
  AssertRequest,
  Fact,
  Identity,
  MemoryNodeEvent,
  Migration,
  Outcome,
  Peer,
  RecallQuery,
  ScoredResult,
  Tenant,
} from "./types.ts";
