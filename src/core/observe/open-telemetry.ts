/** Events as OpenTelemetry log records. The API is not imported: any logger of its shape fits. */
import { expectOptions, type Json, readOption, writeText } from "../data/index.ts";
import { optionsInvalid } from "../errors/index.ts";
import type { AuditEvent } from "./event.ts";
import type { AuditSink } from "./options.ts";

/** The value of an attribute. */
type AttributeValue = string | number | boolean | (string | number | boolean)[];

/** The argument of a logger: a `LogRecord` of `@opentelemetry/api-logs`. */
interface LogRecordLike {
  readonly eventName: string;
  readonly timestamp: Date;
  readonly severityNumber: number;
  readonly severityText: string;
  readonly body: string;
  readonly attributes: Record<string, AttributeValue>;
}

/** The part of a `Logger` of `@opentelemetry/api-logs` that the sink needs. */
export interface LoggerLike {
  emit(record: LogRecordLike): void;
}

/** Options of `openTelemetrySink`. */
export interface OpenTelemetrySinkOptions {
  /** The prefix of attribute names. Default `glassine.audit`. */
  readonly prefix?: string;
}

// OpenTelemetry logs data model, "Severity Fields".
const info = { severityNumber: 9, severityText: "INFO" } as const;
const warn = { severityNumber: 13, severityText: "WARN" } as const;

/**
 * Makes a sink that passes each event to an OpenTelemetry logger.
 *
 * Event name and body are the event's type, the severity is INFO for a success and WARN for a
 * failure. Attributes are `PREFIX.actor_uri`, `PREFIX.target_uri`, `PREFIX.tenant_id`,
 * `PREFIX.outcome` and `PREFIX.metadata.KEY`, with objects in the metadata flattened with dots. A
 * list of strings, numbers or booleans stays a list; any other list becomes JSON text; null is left
 * out.
 *
 * A logger accepts a record before it is exported, and a sink does not learn what an exporter loses
 * later. For a record that must not be lost, write to a file as well.
 *
 * @throws GlassineError `options_invalid`
 * @see spec `audit:open-telemetry`
 * @example
 * ```ts
 * import { logs } from "@opentelemetry/api-logs";
 * import { openTelemetrySink } from "glassine/audit";
 *
 * const sink = openTelemetrySink(logs.getLogger("gateway"), { prefix: "gateway.audit" });
 * console.log(typeof sink); // function
 * ```
 */
export function openTelemetrySink(
  logger: LoggerLike,
  options: OpenTelemetrySinkOptions = {},
): AuditSink {
  if (typeof logger?.emit !== "function") {
    throw optionsInvalid(
      "openTelemetrySink expects a logger with emit, as logs.getLogger(name) returns.",
    );
  }
  expectOptions(options, ["prefix"], "openTelemetrySink");
  const prefix = readOption(options, "prefix", "string") ?? "glassine.audit";
  if (prefix === "")
    throw optionsInvalid("openTelemetrySink: prefix must be a string that is not empty.");
  return (event) => {
    const { eventType, timestamp, outcome } = event;
    const { severityNumber, severityText } = outcome === "success" ? info : warn;
    logger.emit({
      eventName: eventType,
      timestamp: new Date(timestamp),
      severityNumber,
      severityText,
      body: eventType,
      attributes: attributesOf(event, prefix),
    });
  };
}

function attributesOf(event: AuditEvent, prefix: string): Record<string, AttributeValue> {
  return {
    [`${prefix}.actor_uri`]: event.actorUri,
    [`${prefix}.target_uri`]: event.targetUri,
    [`${prefix}.tenant_id`]: event.tenantId,
    [`${prefix}.outcome`]: event.outcome,
    ...factsOf(event.metadata, `${prefix}.metadata`),
  };
}

function factsOf(facts: { readonly [key: string]: Json }, path: string) {
  const attributes: Record<string, AttributeValue> = {};
  for (const [key, fact] of Object.entries(facts)) {
    const name = `${path}.${key}`;
    if (fact === null) continue;
    if (Array.isArray(fact)) attributes[name] = listOf(fact);
    else if (typeof fact === "object")
      Object.assign(attributes, factsOf(fact as typeof facts, name));
    else attributes[name] = fact;
  }
  return attributes;
}

/** A copy, because a logger may keep or change its argument. */
function listOf(list: readonly Json[]): AttributeValue {
  const isFlat = (item: Json) => typeof item !== "object";
  return list.every(isFlat) ? ([...list] as (string | number | boolean)[]) : writeText(list);
}
