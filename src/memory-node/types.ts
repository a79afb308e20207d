/** The data of the memory node as handlers and services see it: frozen. */
import type { PayloadOf } from "../host.ts";
import type { MemoryNodeHooks } from "./hooks.ts";

type Payload<Hook extends keyof MemoryNodeHooks> = PayloadOf<MemoryNodeHooks[Hook]>;

/** A fact. Known keys are typed, others are kept; `value` can be any JSON. */
export type Fact = Payload<"recall_filter">[number];

/** What a caller wants to assert: a fact that has no id yet. */
export type AssertRequest = Payload<"pre_assert_transform">;

/** A recall query: fourteen keys, null where the caller set nothing. */
export type RecallQuery = Payload<"pre_recall_rewrite">;

/** An element of the list to rank: a fact, or a result that has a fact. */
export type ScoredResult = Payload<"recall_rank">[number];

/** The caller. */
export type Identity = Payload<"identity_resolve">;

/** The tenant whose data a request is about, and how it was determined. */
export type Tenant = Payload<"tenant_resolve">;

/** How an operation ended. */
export type Outcome = Payload<"post_assert_audit">["outcome"];

/** A schema change that a plugin owns. */
export type Migration = Payload<"migration_register">[number];

/** A federation peer. */
export type Peer = Payload<"federation_peer_authenticate">["req"];

/** An event of the audit trail. */
export type MemoryNodeEvent = Payload<"audit_emit">["event"];
