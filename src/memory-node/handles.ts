/**
 * What the services of a memory node do. Each is what a host hands out, so each is small: a host
 * that has more in its own classes hands out those.
 */
import type { Json } from "../core/data/index.ts";
import type {
  AssertRequest,
  Fact,
  Identity,
  MemoryNodeEvent,
  Peer,
  RecallQuery,
  ScoredResult,
  Tenant,
} from "./types.ts";

/** A service may answer at once or later. */
type Answer<T> = T | PromiseLike<T>;

/** Reads facts, as they are stored. */
export interface FactsReader {
  /** The fact of an id, or `undefined` where there is none. */
  get(id: string): Answer<Fact | undefined>;
  /** The facts that a query selects, in the order in which they were stored. */
  find(query: Partial<RecallQuery>): Answer<readonly Fact[]>;
}

/** Writes facts. What it writes passes the hooks of an assertion like anything else. */
export interface FactsWriter {
  /** Asserts a fact. Resolves to it as it was stored. */
  assert(request: AssertRequest): Answer<Fact>;
  /** Takes a fact back. False where there is none of that id. */
  retract(id: string, reason: string): Answer<boolean>;
}

/** Recalls facts as a caller would, ranked. */
export interface RecallReader {
  /** What a query finds, best first. A key that is left out asks for nothing. */
  recall(query: Partial<RecallQuery>): Answer<readonly ScoredResult[]>;
}

/** Changes what recall goes by. */
export interface RecallWriter {
  /** Weighs the parts of a score, by their names. Those not named stay. */
  setWeights(weights: { readonly [part: string]: number }): Answer<void>;
}

/** Puts an event into the audit trail. It reads none. */
export type AuditEmitter = (event: unknown) => unknown;

/** Reads the audit trail. */
export interface AuditReader {
  /** The latest events, oldest first. */
  events(filter: {
    readonly eventType?: string;
    readonly tenantId?: string;
    /** How many at most. */
    readonly limit?: number;
  }): Answer<readonly MemoryNodeEvent[]>;
}

/** Reads peers. */
export interface FederationReader {
  /** The peers that the node knows. */
  peers(): Answer<readonly Peer[]>;
}

/** Changes peers. */
export interface FederationWriter {
  /** Which scopes of facts a peer may be sent. False for a peer that is not known. */
  allowScopes(nodeId: string, scopes: readonly string[]): Answer<boolean>;
  /** Forgets a peer. False for one that is not known. */
  remove(nodeId: string): Answer<boolean>;
}

/** Reads what the node knows of its callers. */
export interface IdentityReader {
  /** What is known of a caller, or `undefined` where nothing is. */
  get(entityUri: string): Answer<Identity | undefined>;
}

/** Reads tenants. */
export interface TenantReader {
  /** The tenant of an id, or `undefined` where there is none. */
  get(tenantId: string): Answer<Tenant | undefined>;
}

/** Changes tenants. */
export interface TenantWriter {
  /** Makes a tenant. False where it exists. */
  create(tenantId: string): Answer<boolean>;
}

/** Reads the node's settings. */
export interface ConfigReader {
  /** The value of a setting, or `undefined` where it is not set. */
  get(key: string): Answer<Json | undefined>;
}

/** Talks to other machines, as far as the host lets it. */
export interface NetworkOutbound {
  /** Sends a request. Resolves to what came back, whatever its status. */
  request(
    url: string,
    options?: {
      readonly method?: string;
      readonly headers?: { readonly [name: string]: string };
      readonly body?: string;
      readonly signal?: AbortSignal;
    },
  ): Answer<{
    readonly status: number;
    readonly headers: { readonly [name: string]: string };
    readonly body: string;
  }>;
}
