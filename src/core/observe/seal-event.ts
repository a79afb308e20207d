/**
 * Turns an event as it is raised into the record that goes out: read once, redacted, and frozen. An
 * event that cannot be recorded is refused; the error names places and types, never values.
 */
import type { Json } from "../data/index.ts";
import { isProxy } from "../data/intrinsics.ts";
import { formatPath, optionsInvalid, quoted, suggestion } from "../errors/index.ts";
import { dropPromises, readPlainArray, readPlainObject } from "../schema/index.ts";
import {
  type AuditEvent,
  type AuditEventInput,
  defaultTenant,
  eventTypePattern,
  keyPattern,
  timestampNow,
  timestampOf,
} from "./event.ts";
import { type FactKind, type FactKinds, guardKindsOf } from "./event-types.ts";
import { marker } from "./one-line.ts";
import { redacted } from "./redact.ts";
import { type Needles, needlesOf, withoutParts } from "./secrets.ts";
import { isSensitiveName } from "./sensitive-words.ts";

const maxDepth = 8;
const maxNodes = 10_000;

export interface Redaction {
  /** The secrets that the host named for its trail: removed from every string. */
  readonly named: Needles;
  /** These and all other secrets: removed from free text. */
  readonly all: Needles;
  /** The kinds of text in its metadata. The host's own events have free text, guards' have facts. */
  readonly kinds: FactKinds | undefined;
}

/** The state of reading one event. */
interface Reading extends Omit<Redaction, "kinds"> {
  nodes: number;
}

type Path = readonly (string | number)[];

const noSecrets = needlesOf([]);

const fields: readonly string[] = [
  "eventType",
  "actorUri",
  "targetUri",
  "tenantId",
  "timestamp",
  "outcome",
  "metadata",
];

/** @throws GlassineError `options_invalid` */
export function sealEvent(input: AuditEventInput, { named, all, kinds }: Redaction): AuditEvent {
  const given = propertiesOf(input, []) as { [Key in keyof AuditEvent]?: unknown };
  const unknown = Object.keys(given).find((key) => !fields.includes(key));
  if (unknown !== undefined) {
    throw optionsInvalid(
      `An audit event has no field ${quoted(unknown)}.${suggestion(unknown, fields)}`,
    );
  }
  const { eventType, outcome, timestamp, metadata = {} } = given;
  if (typeof eventType !== "string" || !eventTypePattern.test(eventType)) {
    throw optionsInvalid(
      "The eventType of an audit event must be dotted lower-case words, such as plugin.registered.",
    );
  }
  if (outcome !== "success" && outcome !== "failure") {
    throw optionsInvalid('The outcome of an audit event must be "success" or "failure".');
  }
  const at = timestamp === undefined ? timestampNow() : timestampOf(timestamp);
  if (at === undefined)
    throw optionsInvalid(
      "The timestamp of an audit event must be an instant in UTC, such as 2026-01-31T12:00:00Z.",
    );
  const nameAt = (field: "actorUri" | "targetUri" | "tenantId") => {
    const name = given[field] ?? (field === "tenantId" ? defaultTenant : undefined);
    if (typeof name === "string" && name !== "") return redacted(name, named);
    throw optionsInvalid(`The ${field} of an audit event must be a string that is not empty.`);
  };
  return Object.freeze({
    eventType,
    actorUri: nameAt("actorUri"),
    targetUri: nameAt("targetUri"),
    tenantId: nameAt("tenantId"),
    timestamp: at,
    outcome,
    metadata: readMetadata(metadata, { named, all, nodes: 0 }, kinds ?? guardKindsOf(eventType)),
  });
}

function readMetadata(value: unknown, reading: Reading, kinds: FactKinds | undefined) {
  try {
    return readFacts(value, ["metadata"], reading, kinds);
  } catch (error) {
    dropPromises(value);
    throw error;
  }
}

function readFacts(
  value: unknown,
  path: Path,
  reading: Reading,
  kinds: FactKinds | undefined,
): AuditEvent["metadata"] {
  const facts = Object.entries(propertiesOf(value, path)).flatMap(
    ([key, fact]): [string, Json][] => {
      const at = [...path, key];
      if (!keyPattern.test(key)) {
        throw optionsInvalid(`${placeOf(at)}: keys must be snake_case, at most 64 characters.`);
      }
      counted(reading);
      if (fact === undefined) return [];
      if (isSensitiveName(key)) return [[key, marker]];
      // The one key that no table has is the profile's `requiresField`, which is a fact.
      const kind = kinds === undefined ? "free" : (kinds[key] ?? "fact");
      return [[key, readFact(fact, at, reading, kind)]];
    },
  );
  return Object.freeze(Object.assign(Object.create(null), Object.fromEntries(facts)));
}

function readFact(value: unknown, path: Path, reading: Reading, kind: FactKind): Json {
  if (typeof value === "string") return redacted(value, secretsFor(kind, reading));
  if (typeof value === "boolean" || value === null) return value;
  if (typeof value === "number")
    return Number.isFinite(value) ? readNumber(value, reading) : refuseFact(path, `${value}`);
  if (typeof value !== "object") return refuseFact(path, typeof value);
  if (path.length > maxDepth) return refuseFact(path, "too many levels");
  if (isProxy(value) || !Array.isArray(value))
    return readFacts(value, path, reading, typeof kind === "object" ? kind : undefined);
  if (value.length > maxNodes) throw tooManyValues();
  const items =
    readPlainArray(value, maxNodes) ??
    refuseFact(path, "an array of a class, or with gaps or getters");
  return Object.freeze(
    items.map((item, i) => readFact(item, [...path, i], counted(reading), kind)),
  );
}

function counted(reading: Reading): Reading {
  reading.nodes += 1;
  if (reading.nodes <= maxNodes) return reading;
  throw tooManyValues();
}

const tooManyValues = () => optionsInvalid(`An audit event holds at most ${maxNodes} values.`);

function secretsFor(kind: FactKind, { named, all }: Reading): Needles {
  if (kind === "word") return noSecrets;
  return kind === "free" ? all : named;
}

/** A number whose digits contain a secret becomes a string. */
function readNumber(value: number, { all }: Reading): Json {
  const digits = `${value}`;
  const shown = withoutParts(digits, all);
  if (shown !== digits) return shown;
  return value === 0 ? 0 : value;
}

/** Returns the own data properties of a plain object. */
function propertiesOf(value: unknown, path: Path): { readonly [key: string]: unknown } {
  const refuse = (_: string, message: string) => {
    throw optionsInvalid(`${placeOf(path)}: ${message}.`);
  };
  return readPlainObject(value, "it", refuse) ?? {};
}

function placeOf(path: Path): string {
  return path.length === 0 ? "An audit event" : `${formatPath(path)} of an audit event`;
}

function refuseFact(path: Path, what: string): never {
  throw optionsInvalid(
    `${placeOf(path)} must be JSON data in plain objects and arrays; got ${what}.`,
  );
}
