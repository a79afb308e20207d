/**
 * Turns an event as it is raised into the record that goes out: read once, redacted, and frozen. An
 * event that cannot be recorded is refused; the error names places and types, never values.
 */
import { admit, extensionsLimits, isRecord, type Json, type Reader } from "../data/index.ts";
import {
  formatPath,
  formatProblems,
  type GlassineError,
  optionsInvalid,
  quoted,
  suggestion,
} from "../errors/index.ts";
import {
  type AuditEvent,
  type AuditEventInput,
  defaultTenant,
  eventTypePattern,
  keyPattern,
  timestampNow,
  timestampOf,
} from "./event.ts";
import type { FactKind, FactKinds } from "./event-types.ts";
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
  /** The kinds of text in its metadata. The host's own events have free text. */
  readonly kinds: FactKinds | undefined;
}

/** The state of sealing one event. */
interface Sealing extends Omit<Redaction, "kinds"> {
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

const reading = {
  origin: "host",
  // The event and its fields count as well.
  limits: { ...extensionsLimits, depth: maxDepth + 1, nodes: maxNodes + fields.length + 1 },
  shapeCode: "options_invalid",
  strict: true,
} as const;

/** Takes the copy of a value, which is plain data, as it is: redaction makes any string printable. */
const readCopy: Reader = (_state, copy) => copy;

/** @throws GlassineError `options_invalid` */
export function sealEvent(input: AuditEventInput, { named, all, kinds }: Redaction): AuditEvent {
  const read = admit(readCopy, input, reading);
  if (!read.ok)
    throw optionsInvalid(
      `An audit event must be plain JSON data. ${formatProblems(read.problems)}.`,
    );
  if (!isRecord(read.value)) throw optionsInvalid("An audit event must be a plain object.");
  const given: { [Key in keyof AuditEvent]?: unknown } = read.value;
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
    metadata: sealFacts(metadata, ["metadata"], { named, all, nodes: 0 }, kinds),
  });
}

function sealFacts(
  value: unknown,
  path: Path,
  sealing: Sealing,
  kinds: FactKinds | undefined,
): AuditEvent["metadata"] {
  if (!isRecord(value)) throw unfit(path, "a plain object");
  const facts = Object.entries(value).flatMap(([key, fact]): [string, Json][] => {
    const at = [...path, key];
    if (!keyPattern.test(key)) throw unfit(at, "under a key in snake_case, at most 64 characters");
    if (fact === undefined) return [];
    if (isSensitiveName(key)) return [[key, marker]];
    // Keys that no table has are facts: one that the profile names, and a host's `generation`.
    const kind = kinds === undefined ? "free" : (kinds[key] ?? "fact");
    return [[key, sealFact(fact, at, sealing, kind)]];
  });
  return Object.freeze(Object.assign(Object.create(null), Object.fromEntries(facts)));
}

function sealFact(value: unknown, path: Path, sealing: Sealing, kind: FactKind): Json {
  sealing.nodes += 1;
  if (sealing.nodes > maxNodes)
    throw optionsInvalid(`An audit event holds at most ${maxNodes} values.`);
  if (typeof value === "string") return redacted(value, secretsFor(kind, sealing));
  if (typeof value === "boolean" || value === null) return value;
  if (typeof value === "number" && Number.isFinite(value)) return sealNumber(value, sealing);
  if (Array.isArray(value))
    return Object.freeze(value.map((item, i) => sealFact(item, [...path, i], sealing, kind)));
  if (typeof value !== "object") throw unfit(path, "JSON data");
  return sealFacts(value, path, sealing, typeof kind === "object" ? kind : undefined);
}

function secretsFor(kind: FactKind, { named, all }: Sealing): Needles {
  if (kind === "word") return noSecrets;
  return kind === "free" ? all : named;
}

/** A number whose digits contain a secret becomes a string. */
function sealNumber(value: number, { all }: Sealing): Json {
  const digits = `${value}`;
  const shown = withoutParts(digits, all);
  if (shown !== digits) return shown;
  return value === 0 ? 0 : value;
}

function unfit(path: Path, expected: string): GlassineError {
  return optionsInvalid(`${formatPath(path)} of an audit event must be ${expected}.`);
}
