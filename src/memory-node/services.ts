/** The thirteen services of the memory node. */
import { defineServices, handleOf } from "../host.ts";
import type {
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

/**
 * The services of a memory node by the capability that opens each, with what a reviewer considers
 * before granting it.
 *
 * Declaring a capability permits the use of its service, but does not make the host supply it: an
 * accessor returns `null` if there is no handle.
 *
 * @see spec `plugins:services`
 * @example
 * ```ts
 * import { memoryNodeServices } from "glassine/memory-node";
 *
 * const { accessor, handle } = memoryNodeServices["facts.read"];
 * console.log(accessor, handle); // getFactsReader factsReader
 * ```
 */
export const memoryNodeServices = defineServices({
  "facts.read": {
    accessor: "getFactsReader",
    handle: "factsReader",
    description: "Reads facts.",
    review: "Which scopes will it see?",
    type: handleOf<FactsReader>(),
  },
  "facts.write": {
    accessor: "getFactsWriter",
    handle: "factsWriter",
    description: "Writes facts.",
    review: "High. What it writes must be distinguishable from the rest, audited and bounded.",
    type: handleOf<FactsWriter>(),
  },
  "recall.read": {
    accessor: "getRecallReader",
    handle: "recallReader",
    description: "Runs recalls.",
    review: "A recall puts facts together: what could that expose?",
    type: handleOf<RecallReader>(),
  },
  "recall.write": {
    accessor: "getRecallWriter",
    handle: "recallWriter",
    description: "Changes how recall ranks facts.",
    review: "High. It can manipulate what every caller finds first.",
    type: handleOf<RecallWriter>(),
  },
  "audit.emit": {
    accessor: "getAuditEmitter",
    handle: "auditEmitter",
    description: "Writes events to the audit trail. It does not read them.",
    review: "Normal.",
    type: handleOf<AuditEmitter>(),
  },
  "audit.read": {
    accessor: "getAuditReader",
    handle: "auditReader",
    description: "Reads the audit trail.",
    review: "Sensitive. The trail says who did what.",
    type: handleOf<AuditReader>(),
  },
  "federation.read": {
    accessor: "getFederationReader",
    handle: "federationReader",
    description: "Reads peers and the state of federation.",
    review: "It shows whom the node trusts.",
    type: handleOf<FederationReader>(),
  },
  "federation.write": {
    accessor: "getFederationWriter",
    handle: "federationWriter",
    description: "Changes peers and the state of federation.",
    review: "High. It decides whom the node trusts.",
    type: handleOf<FederationWriter>(),
  },
  "identity.read": {
    accessor: "getIdentityReader",
    handle: "identityReader",
    description: "Reads what the node knows of its callers.",
    review: "Sensitive. It is about people and their permissions.",
    type: handleOf<IdentityReader>(),
  },
  "tenant.read": {
    accessor: "getTenantReader",
    handle: "tenantReader",
    description: "Reads tenants.",
    review: "It sees across tenant boundaries.",
    type: handleOf<TenantReader>(),
  },
  "tenant.write": {
    accessor: "getTenantWriter",
    handle: "tenantWriter",
    description: "Changes tenants.",
    review: "High. The isolation of tenants depends on it.",
    type: handleOf<TenantWriter>(),
  },
  "config.read": {
    accessor: "getConfigReader",
    handle: "configReader",
    description: "Reads the node's settings.",
    review: "Settings may hold secrets.",
    type: handleOf<ConfigReader>(),
  },
  "network.outbound": {
    accessor: "getNetworkOutbound",
    handle: "networkOutbound",
    description: "Talks to other machines.",
    review: "High. Data can leave through it.",
    type: handleOf<NetworkOutbound>(),
  },
});

type Services = typeof memoryNodeServices;

/** The services of the memory node by capability. An interface, like `StandardHooks`. */
export interface MemoryNodeServices extends Services {}
