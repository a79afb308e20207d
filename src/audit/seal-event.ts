/**
 * Turns an event as it is raised into the record that goes out: read once through own data
 * properties, redacted, and frozen. What cannot be recorded is refused, and the refusal names
 * places and types, never values.
 */
import { intrinsics, type Json } from "../admit/index.ts";
import { formatPath, GlassineError, quoted, suggestion } from "../errors/index.ts";
import {
  type AuditEvent,
  type AuditEventInput,
  defaultTenant,
  eventTypePattern,
  keyPattern,
} from "./event.ts";
import { marker } from "./one-line.ts";
import { redacted } from "./redact.ts";
import type { Needles } from "./secrets.ts";
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
  toArray,
} = intrinsics;

const maxDepth = 8;
const maxNodes = 10_000;

/** One reading of one event. */
interface Reading {
  readonly needles: Needles;
  nodes: number;
}

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
export function sealEvent(input: AuditEventInput, needles: Needles): AuditEvent {
  const reading: Reading = { needles, nodes: 0 };
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
    actorUri: readName(given.values, "actorUri", needles),
    targetUri: readName(given.values, "targetUri", needles),
    tenantId: readName(given.values, "tenantId", needles),
    timestamp: at,
    outcome,
    metadata: freeze(
      metadata === undefined
        ? create(null)
        : readFacts(metadata, within(undefined, "metadata"), reading),
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

function readFacts(value: unknown, place: Place, reading: Reading): object {
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
    facts[key] = isSensitiveName(key) ? marker : readFact(fact, at, reading);
  }
  return facts;
}

function readFact(value: unknown, place: Place, reading: Reading): Json {
  reading.nodes += 1;
  if (reading.nodes > maxNodes) refuse(`An audit event holds at most ${maxNodes} values.`);
  switch (typeof value) {
    case "string":
      return redacted(value, reading.needles);
    case "boolean":
      return value;
    case "number":
      return isFiniteNumber(value) ? readNumber(value, reading) : refuseFact(place, "no number");
    case "object":
      if (value === null) return null;
      if (isProxy(value)) return refuseFact(place, "a proxy");
      return isArray(value)
        ? readList(value, place, reading)
        : (freeze(readFacts(value, place, reading)) as Json);
    default:
      return refuseFact(place, `a ${typeof value}`);
  }
}

/** A number whose digits a secret is part of becomes a text. */
function readNumber(value: number, { needles }: Reading): Json {
  const digits = `${value}`;
  const shown = redacted(digits, needles);
  if (shown !== digits) return shown;
  return value === 0 ? 0 : value;
}

function readList(value: readonly unknown[], place: Place, reading: Reading): Json {
  if (place.depth > maxDepth || getPrototypeOf(value) !== arrayPrototype) {
    refuseFact(place, "a list of another kind, or one that is nested too deeply");
  }
  const items = newList<Json>();
  const { length } = value;
  if (length > maxNodes) refuse(`An audit event holds at most ${maxNodes} values.`);
  for (let i = 0; i < length; i++) {
    const at = within(place, i);
    const descriptor = getOwnPropertyDescriptor(value, i);
    append(items, readFact(isData(descriptor) ? descriptor.value : refuseData(at), at, reading));
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
