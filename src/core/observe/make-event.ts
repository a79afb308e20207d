/** Makes the events of this library from their facts. */
import type * as z from "zod";
import { asSet, intrinsics } from "../data/index.ts";
import { type AuditEventInput, defaultTenant } from "./event.ts";
import { type AuditEventSpec, type AuditEventType, auditEventTypes } from "./event-types.ts";
import { type FactKinds, kindsOf } from "./fact-kinds.ts";

type Table = typeof auditEventTypes;

type DeepReadonly<T> = T extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T;

/** The facts of an event of a type: its metadata by key. */
export type AuditFacts<Type extends AuditEventType> = DeepReadonly<
  z.input<z.ZodObject<Table[Type]["metadata"]>>
>;

/** What an event says beside its facts. */
export interface AuditEventOptions {
  /** The tenant of the request. Default `default`; events about plugins have `system`. */
  readonly tenantId?: string | undefined;
  /** The key for `requires`, the profile's `requiresField`. Default `requires_glassine`. */
  readonly requiresField?: string | undefined;
  /** When it happened, in UTC. Default: when it is emitted. */
  readonly timestamp?: string | undefined;
}

const { create, isArray, ownValue } = intrinsics;

interface Row extends AuditEventSpec {
  readonly keys: readonly string[];
  readonly kinds: FactKinds;
}

/** Read off the table once, before anybody can patch what reading it takes. */
const rows: Readonly<Record<AuditEventType, Row>> = Object.assign(
  Object.create(null),
  Object.fromEntries(
    Object.entries<AuditEventSpec>(auditEventTypes).map(([type, spec]) => [
      type,
      { ...spec, keys: Object.keys(spec.metadata), kinds: kindsOf(spec.metadata) },
    ]),
  ),
);

/**
 * An event of a type in `auditEventTypes`, from its facts: metadata in the order of the table,
 * lists sorted and without repeats. Nothing is redacted yet: the trail does that.
 *
 * @see spec `audit:subjects`, `audit:metadata`
 */
export function auditEvent<Type extends AuditEventType>(
  type: Type,
  facts: AuditFacts<Type>,
  options: AuditEventOptions = {},
): AuditEventInput {
  const { keys, about, outcome } = rows[type];
  const metadata = create(null) as Record<string, unknown>;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string;
    const value = ownValue(facts, key);
    if (value === undefined) continue;
    const name = key === "requires" ? requiresField(options) : key;
    metadata[name] = isArray(value) ? asSet(value as readonly string[]) : value;
  }
  const tenantId = about === "plugin" ? "system" : tenantOf(options);
  return {
    eventType: type,
    ...partiesOf(about, metadata),
    tenantId,
    timestamp: ownValue(options, "timestamp") as string | undefined,
    outcome,
    metadata,
  };
}

/** The kinds of the texts of an event that `auditEvent` made. */
export function factKindsOf({ eventType }: AuditEventInput): FactKinds {
  return rows[eventType as AuditEventType].kinds;
}

/** A request may name none, or an empty one. */
function tenantOf(options: AuditEventOptions): string {
  return (ownValue(options, "tenantId") as string | undefined) || defaultTenant;
}

function requiresField(options: AuditEventOptions): string {
  return (ownValue(options, "requiresField") as string | undefined) ?? "requires_glassine";
}

function partiesOf(
  about: AuditEventSpec["about"],
  metadata: Readonly<Record<string, unknown>>,
): { readonly actorUri: string; readonly targetUri: string } {
  switch (about) {
    case "plugin":
      return {
        actorUri: "system:plugin-registry",
        targetUri: `plugin:${metadata.plugin_name as string}`,
      };
    case "hook":
      return {
        actorUri: `plugin:${metadata.plugin_name as string}`,
        targetUri: `hook:${metadata.hook as string}`,
      };
    case "labels":
      return { actorUri: "system:host", targetUri: "extensions:security.labels" };
  }
}
