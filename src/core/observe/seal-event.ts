/**
 * Turns an event as it is raised into the record that goes out: read once through own data
 * properties, redacted, and frozen. What cannot be recorded is refused, and the refusal names
 * places and types, never values.
 */
import { intrinsics, type Json } from "../data/index.ts";
import { formatPath, GlassineError, quoted, suggestion } from "../errors/index.ts";
import {
  type AuditEvent,
  type AuditEventInput,
  defaultTenant,
  eventTypePattern,
  keyPattern,
} from "./event.ts";
import type { FactKind, FactKinds } from "./fact-kinds.ts";
import { marker } from "./one-line.ts";
import { redacted } from "./redact.ts";
import { type Needles, needlesOf, withoutParts } from "./secrets.ts";
import { isSensitiveName } from "./sensitive-words.ts";
import { timestampNow, timestampOf } from "./timestamp.ts";

const {
  append,
  arrayPrototype,
  create,
  defineProperty,
  execPattern,
  freeze,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  hasOwn,
  isArray,
  isFiniteNumber,
  isProxy,
  newList,
  objectPrototype,
  ownKeys,
  ownValue,
  toArray,
} = intrinsics;

const maxDepth = 8;
const maxNodes = 10_000;

/** The secrets that are taken out of an event. */
export interface Redaction {
  /** Those that the host named for its trail: out of every text. */
  readonly named: Needles;
  /** These and all others: out of what somebody wrote. */
  readonly all: Needles;
  /** What the texts of its metadata are. Of an event of the host's own, free text. */
  readonly kinds: FactKinds | undefined;
}

/** One reading of one event. */
interface Reading extends Omit<Redaction, "kinds"> {
  nodes: number;
}

const noSecrets = needlesOf([]);

/** Where a value stands. It is put into words only where the value is refused. */
interface Place {
  readonly above: Place | undefined;
  readonly key: string | number;
  readonly depth: number;
}

function within(above: Place | undefined, key: string | number): Place {
  return { above, key, depth: above === undefined ? 1 : above.depth + 1 };
}

function named(place: Place): string {
  const path: (string | number)[] = [];
  for (let at: Place | undefined = place; at !== undefined; at = at.above) {
    defineProperty(path, at.depth - 1, { __proto__: null, value: at.key } as PropertyDescriptor);
  }
  return `${formatPath(path)} of an audit event`;
}

const fields: readonly (keyof AuditEventInput)[] = [
  ...(["eventType", "actorUri", "targetUri", "tenantId", "timestamp", "outcome"] as const),
  "metadata",
];

/** @throws GlassineError `options_invalid` */
export function sealEvent(input: AuditEventInput, { named, all, kinds }: Redaction): AuditEvent {
  const reading: Reading = { named, all, nodes: 0 };
  const given = readRecord(input, undefined);
  for (let i = 0; i < given.keys.length; i++) {
    const key = given.keys[i] as string;
    if (!hasField(key)) refuse(`An audit event has no ${quoted(key)}.${suggestion(key, fields)}`);
  }
  const { eventType, outcome, timestamp, metadata } = given.values;
  if (typeof eventType !== "string" || execPattern(eventTypePattern, eventType) === null) {
    refuse("The eventType of an audit event is dotted words in lower case, as plugin.registered.");
  }
  if (outcome !== "success" && outcome !== "failure") {
    refuse('The outcome of an audit event is "success" or "failure".');
  }
  const at = timestamp === undefined ? timestampNow() : timestampOf(timestamp);
  if (at === undefined) refuse("The timestamp of an audit event is an instant in UTC.");
  return freeze({
    eventType,
    actorUri: readName(given.values, "actorUri", named),
    targetUri: readName(given.values, "targetUri", named),
    tenantId: readName(given.values, "tenantId", named),
    timestamp: at,
    outcome,
    metadata: freeze(
      metadata === undefined
        ? create(null)
        : readFacts(metadata, within(undefined, "metadata"), reading, kinds),
    ) as AuditEvent["metadata"],
  });
}

function hasField(key: string): boolean {
  for (let i = 0; i < fields.length; i++) if (fields[i] === key) return true;
  return false;
}

function readName(
  values: Readonly<Record<string, unknown>>,
  field: "actorUri" | "targetUri" | "tenantId",
  needles: Needles,
): string {
  const name = values[field] ?? (field === "tenantId" ? defaultTenant : undefined);
  if (typeof name === "string" && name !== "") return redacted(name, needles);
  return refuse(`The ${field} of an audit event is a text that is not empty.`);
}

function readFacts(
  value: unknown,
  place: Place,
  reading: Reading,
  kinds: FactKinds | undefined,
): object {
  if (place.depth > maxDepth) refuse(`${named(place)} is nested too deeply.`);
  const { keys, values } = readRecord(value, place);
  const facts = create(null) as Record<string, Json>;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string;
    const at = within(place, key);
    if (execPattern(keyPattern, key) === null) {
      refuse(`${named(at)}: keys are snake_case, of at most 64 characters.`);
    }
    const fact = values[key];
    if (fact === undefined) continue;
    facts[key] = isSensitiveName(key) ? marker : readFact(fact, at, reading, kindAt(kinds, key));
  }
  return facts;
}

/** The one key that no table has is named by the host's profile, for versions that it runs on. */
function kindAt(kinds: FactKinds | undefined, key: string): FactKind {
  return kinds === undefined ? "free" : ((ownValue(kinds, key) as FactKind | undefined) ?? "fact");
}

function readFact(value: unknown, place: Place, reading: Reading, kind: FactKind): Json {
  reading.nodes += 1;
  if (reading.nodes > maxNodes) refuse(`An audit event holds at most ${maxNodes} values.`);
  switch (typeof value) {
    case "string":
      return redacted(value, secretsFor(kind, reading));
    case "boolean":
      return value;
    case "number":
      return isFiniteNumber(value) ? readNumber(value, reading) : refuseFact(place, "no number");
    case "object":
      if (value === null) return null;
      if (isProxy(value)) return refuseFact(place, "a proxy");
      return isArray(value)
        ? readList(value, place, reading, kind)
        : (freeze(readFacts(value, place, reading, partsOf(kind))) as Json);
    default:
      return refuseFact(place, `a ${typeof value}`);
  }
}

function secretsFor(kind: FactKind, { named, all }: Reading): Needles {
  if (kind === "word") return noSecrets;
  return kind === "free" ? all : named;
}

function partsOf(kind: FactKind): FactKinds | undefined {
  return typeof kind === "object" ? kind : undefined;
}

/** A number whose digits a secret is part of becomes a text. */
function readNumber(value: number, { all }: Reading): Json {
  const digits = `${value}`;
  const shown = withoutParts(digits, all);
  if (shown !== digits) return shown;
  return value === 0 ? 0 : value;
}

function readList(value: readonly unknown[], place: Place, reading: Reading, kind: FactKind): Json {
  if (place.depth > maxDepth || getPrototypeOf(value) !== arrayPrototype) {
    refuseFact(place, "a list of another kind, or one that is nested too deeply");
  }
  const items = newList<Json>();
  const { length } = value;
  if (length > maxNodes) refuse(`An audit event holds at most ${maxNodes} values.`);
  for (let i = 0; i < length; i++) {
    const at = within(place, i);
    const descriptor = getOwnPropertyDescriptor(value, i);
    const item: unknown = isData(descriptor) ? descriptor.value : refuseData(at);
    append(items, readFact(item, at, reading, kind));
  }
  return freeze(toArray(items));
}

/** The own data properties of a plain object. */
function readRecord(
  value: unknown,
  place: Place | undefined,
): { readonly keys: readonly string[]; readonly values: Readonly<Record<string, unknown>> } {
  if (typeof value !== "object" || value === null || isProxy(value) || isArray(value)) {
    return refuseFact(place, "something other than a plain object");
  }
  const values = create(null) as Record<string, unknown>;
  // A global of another context can pass for a plain object, and throw when it is read.
  const keys = keysOfPlain(value) ?? refuseFact(place, "an object of another kind");
  if (keys.length > maxNodes) refuse(`An audit event holds at most ${maxNodes} values.`);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string | symbol;
    if (typeof key === "symbol") return refuseFact(place, "a key that is a symbol");
    const descriptor = descriptorOf(value, key);
    values[key] = isData(descriptor) ? descriptor.value : refuseData(within(place, key));
  }
  return { keys: keys as readonly string[], values };
}

function keysOfPlain(value: object): readonly (string | symbol)[] | undefined {
  try {
    const prototype = getPrototypeOf(value);
    return prototype === objectPrototype || prototype === null ? ownKeys(value) : undefined;
  } catch {
    return undefined;
  }
}

function descriptorOf(value: object, key: string): PropertyDescriptor | undefined {
  try {
    return getOwnPropertyDescriptor(value, key);
  } catch {
    return undefined;
  }
}

function isData(descriptor: PropertyDescriptor | undefined): descriptor is PropertyDescriptor {
  return descriptor !== undefined && hasOwn(descriptor, "value");
}

function refuseData(place: Place): never {
  return refuseFact(place, "no plain value");
}

function refuseFact(place: Place | undefined, what: string): never {
  const where = place === undefined ? "An audit event" : named(place);
  return refuse(`${where} is JSON data in plain objects and lists; got ${what}.`);
}

function refuse(text: string): never {
  throw new GlassineError("options_invalid", text);
}
