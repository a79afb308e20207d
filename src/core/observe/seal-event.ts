/**
 * Turns an event as it is raised into the record that goes out: read once, redacted, and frozen.
 * What cannot be recorded is refused, and the refusal names places and types, never values.
 */
import {
  extensionsLimits,
  isRecord,
  type Json,
  newReadState,
  readValue,
  typeName,
} from "../data/index.ts";
import { formatPath, optionsInvalid, quoted, suggestion } from "../errors/index.ts";
import {
  type AuditEvent,
  type AuditEventInput,
  defaultTenant,
  eventTypePattern,
  keyPattern,
  timestampNow,
  timestampOf,
} from "./event.ts";
import type { FactKind, FactKinds } from "./make-event.ts";
import { marker } from "./one-line.ts";
import { redacted } from "./redact.ts";
import { type Needles, needlesOf, withoutParts } from "./secrets.ts";
import { isSensitiveName } from "./sensitive-words.ts";

/** Eight levels and ten thousand values, in an event with six more fields. */
const limits = { ...extensionsLimits, depth: 9, nodes: 10_007 };

export interface Redaction {
  /** The secrets that the host named for its trail: removed from every string. */
  readonly named: Needles;
  /** These and all others: removed from free text. */
  readonly all: Needles;
  /** What kind of text its metadata has. The host's own events have free text. */
  readonly kinds: FactKinds | undefined;
}

type Path = readonly (string | number)[];

const noSecrets = needlesOf([]);

const fields: readonly string[] = [
  ...["eventType", "actorUri", "targetUri", "tenantId", "timestamp", "outcome", "metadata"],
];

/** @throws GlassineError `options_invalid` */
export function sealEvent(input: AuditEventInput, redaction: Redaction): AuditEvent {
  const given: { [Key in keyof AuditEvent]?: unknown } = recordAt(copyOf(input), []);
  const unknown = Object.keys(given).find((key) => !fields.includes(key));
  if (unknown !== undefined) {
    throw optionsInvalid(`An audit event has no ${quoted(unknown)}.${suggestion(unknown, fields)}`);
  }
  const { eventType, outcome, timestamp, metadata = {} } = given;
  if (typeof eventType !== "string" || !eventTypePattern.test(eventType)) {
    throw optionsInvalid(
      "The eventType of an audit event is dotted words in lower case, as plugin.registered.",
    );
  }
  if (outcome !== "success" && outcome !== "failure") {
    throw optionsInvalid('The outcome of an audit event is "success" or "failure".');
  }
  const at = timestamp === undefined ? timestampNow() : timestampOf(timestamp);
  if (at === undefined)
    throw optionsInvalid("The timestamp of an audit event is an instant in UTC.");
  const nameAt = (field: "actorUri" | "targetUri" | "tenantId") => {
    const name = given[field] ?? (field === "tenantId" ? defaultTenant : undefined);
    if (typeof name === "string" && name !== "") return redacted(name, redaction.named);
    throw optionsInvalid(`The ${field} of an audit event must be a string that is not empty.`);
  };
  return Object.freeze({
    eventType,
    actorUri: nameAt("actorUri"),
    targetUri: nameAt("targetUri"),
    tenantId: nameAt("tenantId"),
    timestamp: at,
    outcome,
    metadata: readFacts(metadata, ["metadata"], redaction, redaction.kinds),
  });
}

/** Plain data of our own, whatever the event is made of. */
function copyOf(input: unknown): unknown {
  const reading = { origin: "plugin", limits, shapeCode: "options_invalid", strict: true } as const;
  const state = newReadState(reading);
  const copy = readValue(state, (_, value) => value, input, undefined);
  const problem = state.problems.length > 0 ? state.problems[0] : undefined;
  return problem === undefined ? copy : refuse(problem.path, problem.expected, problem.received);
}

function readFacts(
  value: unknown,
  path: Path,
  redaction: Redaction,
  kinds: FactKinds | undefined,
): AuditEvent["metadata"] {
  const facts = Object.entries(recordAt(value, path)).flatMap(([key, fact]): [string, Json][] => {
    const at = [...path, key];
    if (!keyPattern.test(key)) {
      throw optionsInvalid(`${placeOf(at)}: keys are snake_case, of at most 64 characters.`);
    }
    if (fact === undefined) return [];
    if (isSensitiveName(key)) return [[key, marker]];
    // The one key that no table has is named by the host's profile, for versions that it runs on.
    const kind = kinds === undefined ? "free" : (kinds[key] ?? "fact");
    return [[key, readFact(fact, at, redaction, kind)]];
  });
  return Object.freeze(Object.assign(Object.create(null), Object.fromEntries(facts)));
}

function readFact(value: unknown, path: Path, redaction: Redaction, kind: FactKind): Json {
  if (typeof value === "string") return redacted(value, secretsFor(kind, redaction));
  if (typeof value === "boolean" || value === null) return value;
  if (typeof value === "number" && Number.isFinite(value)) return readNumber(value, redaction);
  if (Array.isArray(value))
    return Object.freeze(value.map((item, i) => readFact(item, [...path, i], redaction, kind)));
  if (typeof value === "object")
    return readFacts(value, path, redaction, typeof kind === "object" ? kind : undefined);
  return refuse(path, "a JSON value", typeof value === "number" ? `${value}` : typeof value);
}

function secretsFor(kind: FactKind, { named, all }: Redaction): Needles {
  if (kind === "word") return noSecrets;
  return kind === "free" ? all : named;
}

/** A number whose digits a secret is part of becomes a string. */
function readNumber(value: number, { all }: Redaction): Json {
  const digits = `${value}`;
  const shown = withoutParts(digits, all);
  if (shown !== digits) return shown;
  return value === 0 ? 0 : value;
}

function recordAt(value: unknown, path: Path): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : refuse(path, "a plain object", typeName(value));
}

function placeOf(path: Path): string {
  return path.length === 0 ? "An audit event" : `${formatPath(path)} of an audit event`;
}

function refuse(path: Path, expected: string, received: string): never {
  throw optionsInvalid(`${placeOf(path)}: expected ${expected}, got ${received}.`);
}
