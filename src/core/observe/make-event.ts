/** Makes the events of this library from their facts. */
import { asSet } from "../data/index.ts";
import { mapGet } from "../data/intrinsics.ts";
import { type AuditEvent, type AuditEventInput, defaultTenant } from "./event.ts";
import {
  type AuditEventSpec,
  type AuditEventType,
  auditEventTypes,
  type FactKinds,
  type FactsOf,
  kindsOf,
} from "./event-types.ts";

type Table = typeof auditEventTypes;

/** The facts of an event of a type: its metadata by key. */
export type AuditFacts<Type extends AuditEventType> = FactsOf<Table[Type]["metadata"]>;

/**
 * A record of an event that this library raises: `eventType` says which facts `metadata` has. The
 * key of `requires` depends on the host, so it is left out.
 */
export type KnownAuditEvent = {
  readonly [Type in AuditEventType]: Omit<AuditEvent, "eventType" | "metadata"> & {
    readonly eventType: Type;
    readonly metadata: Omit<AuditFacts<Type>, "requires">;
  };
}[AuditEventType];

/** What an event has in addition to its facts. */
export interface AuditEventOptions {
  /** The tenant of the request. Default `default`; events about plugins have `system`. */
  readonly tenantId?: string | undefined;
  /** The key for `requires`, the profile's `requiresField`. Default `requires_glassine`. */
  readonly requiresField?: string | undefined;
}

/**
 * Makes an event of a type in `auditEventTypes` from its facts. Metadata is in the order of the
 * table; lists are sorted, without repeats. Nothing is redacted yet: the trail does that.
 *
 * @see spec `audit:subjects`, `audit:metadata`
 */
export function auditEvent<Type extends AuditEventType>(
  type: Type,
  facts: AuditFacts<Type>,
  { tenantId = "", requiresField = "requires_glassine" }: AuditEventOptions = {},
): AuditEventInput {
  const { about, outcome, metadata: table }: AuditEventSpec = auditEventTypes[type];
  const given = facts as Readonly<Record<string, unknown>>;
  const known = Object.keys(table).filter((key) => given[key] !== undefined);
  const metadata = Object.fromEntries(
    known.map((key) => {
      const value = given[key];
      const fact = Array.isArray(value) ? asSet(value as readonly string[]) : value;
      return [key === "requires" ? requiresField : key, fact];
    }),
  );
  return {
    eventType: type,
    ...partiesOf(about, metadata),
    // A request may name no tenant, or an empty one.
    tenantId: about === "plugin" ? "system" : tenantId || defaultTenant,
    outcome,
    metadata,
  };
}

/** The kinds of text in the events of each type, derived from the table once. */
const factKinds = new Map<string, FactKinds>(
  Object.entries<AuditEventSpec>(auditEventTypes).map(([type, { metadata }]) => [
    type,
    kindsOf(metadata),
  ]),
);

/** Returns the kinds of text in an event of `auditEvent`; `undefined` for the host's own events. */
export function factKindsOf({ eventType }: AuditEventInput): FactKinds | undefined {
  return mapGet(factKinds, eventType);
}

function partiesOf(
  about: AuditEventSpec["about"],
  metadata: Readonly<Record<string, unknown>>,
): { readonly actorUri: string; readonly targetUri: string } {
  switch (about) {
    case "plugin":
      return { actorUri: "system:plugin-registry", targetUri: `plugin:${metadata.plugin_name}` };
    case "hook":
      return { actorUri: `plugin:${metadata.plugin_name}`, targetUri: `hook:${metadata.hook}` };
    case "labels":
      return { actorUri: "system:host", targetUri: "extensions:security.labels" };
  }
}
