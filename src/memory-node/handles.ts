/**
 * The services of a memory node. A host provides each of them separately, so each is small. A host
 * whose own classes can do more may provide those.
 */
import type { Json } from "../index.ts";
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

/** A service can answer synchronously or asynchronously. */
type Answer<T> = T | PromiseLike<T>;

/** Reads facts, as they are stored. */
export interface FactsReader {
  /** The fact with an id, or `undefined`. */
  get(id: string): Answer<Fact | undefined>;
  /** The facts that a query selects, in the order in which they were stored. */
  find(query: Partial<RecallQuery>): Answer<readonly Fact[]>;
}

/** Writes facts. What it writes passes the assertion hooks like anything else. */
export interface FactsWriter {
  /** Asserts a fact. Resolves to the fact as stored. */
  assert(request: AssertRequest): Answer<Fact>;
  /** Retracts a fact. False if there is none with that id. */
  retract(id: string, reason: string): Answer<boolean>;
}

/** Recalls facts as a caller would, ranked. */
export interface RecallReader {
  /** What a query finds, best first. An omitted key does not restrict it. */
  recall(query: Partial<RecallQuery>): Answer<readonly ScoredResult[]>;
}

/** Changes how recall ranks. */
export interface RecallWriter {
  /** Sets the weights of score components by name. Others stay. */
  setWeights(weights: { readonly [part: string]: number }): Answer<void>;
}

/** Writes events to the audit trail. It does not read them. */
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
  /** Sets the fact scopes that may be sent to a peer. False for an unknown peer. */
  allowScopes(nodeId: string, scopes: readonly string[]): Answer<boolean>;
  /** Removes a peer. False for an unknown one. */
  remove(nodeId: string): Answer<boolean>;
}

/** Reads what the node knows of its callers. */
export interface IdentityReader {
  /** What is known about a caller, or `undefined`. */
  get(entityUri: string): Answer<Identity | undefined>;
}

/** Reads tenants. */
export interface TenantReader {
  /** The tenant with an id, or `undefined`. */
  get(tenantId: string): Answer<Tenant | undefined>;
}

/** Changes tenants. */
export interface TenantWriter {
  /** Creates a tenant. False if it exists. */
  create(tenantId: string): Answer<boolean>;
}

/** Reads the node's settings. */
export interface ConfigReader {
  /** The value of a setting, or `undefined`. */
  get(key: string): Answer<Json | undefined>;
}

/** Talks to other machines, as far as the host allows. */
export interface NetworkOutbound {
  /** Sends a request. Resolves to the response, whatever its status. */
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
