/** Reads a result from another process as the value that a handler would have returned. */
import type * as z from "zod/mini";
import { isRecord, type Reader, report as reportProblem } from "../data/index.ts";
import { enumerableKeys, hasOwn, ownValue, valueAt } from "../data/intrinsics.ts";
import { formatPath, quoted } from "../errors/index.ts";
import {
  type Denial,
  deny,
  isReason,
  isViolationCode,
  type PluginContext,
  type Violation,
  violationOf,
} from "../hooks/index.ts";
import type { Changed, Surface } from "../plugins/index.ts";
import { type Compiled, type LevelValue, readPlain } from "../schema/index.ts";
import { type Answer, isMetric, requestedHeaders } from "./answer.ts";
import {
  checkOptions,
  type DecodeWireOptions,
  type Dropped,
  DropReport,
  ownDatum,
  type ReadWire,
  readWire,
} from "./documents.ts";
import { executionFrom, type WireExecution } from "./executions.ts";
import { changeHeaderMaps, recordOf, withoutSecrets, withSecretsOf } from "./headers.ts";
import { normalizedProposal } from "./other-implementations.ts";
import { payloadFrom } from "./payload.ts";
import { compileDocument, resultSchema } from "./schemas.ts";

/** A handler's turn: its arguments. */
export interface Turn<Payload extends object = object, View extends object = object> {
  readonly payload: Payload;
  readonly context: PluginContext;
  /** The view; absent if the handler takes none. */
  readonly extensions?: View | undefined;
}

/** Options of `decodeResult`: the turn that the result answers. */
export interface DecodeResultOptions<Payload extends object = object, View extends object = object>
  extends Partial<Turn<Payload, View>>,
    DecodeWireOptions {}

/** What `decodeResult` returns. */
export interface DecodedResult<Payload = object, Proposal = object> extends Dropped {
  /** The handler returns this. Its changes are not judged yet: the dispatcher does that. */
  readonly result: Denial | Changed<Payload, Proposal> | undefined;
  /** The violation of a denial. */
  readonly violation: Violation | undefined;
  readonly answer: Answer;
  readonly executions: readonly WireExecution[];
}

const reader = withoutOthers(compileDocument(resultSchema));

/**
 * Refuses documents of another kind, such as an error or a task. Every field of a result may be
 * absent, so they would be read as results that change nothing.
 */
function withoutOthers(compiled: Compiled): Compiled {
  const read: Reader = (state, value, previous, partial) => {
    if (isRecord(value) && ownValue(value, "continue_processing") === undefined) {
      const isOther = (key: string) =>
        (value[key] ?? undefined) !== undefined &&
        (key === "violation" || !hasOwn(resultSchema.shape, key));
      const other = enumerableKeys(value).find(isOther);
      if (other !== undefined) {
        const expected = `a boolean, because the document has ${quoted(other)}`;
        reportProblem(state, state.shapeCode, expected, "nothing", ["continue_processing"]);
      }
    }
    return compiled.read(state, value, previous, partial);
  };
  return { ...compiled, read };
}

type ResultDocument = Readonly<z.output<typeof resultSchema>>;

export function decodeReturned(
  surface: Surface,
  input: unknown,
  options: DecodeResultOptions = {},
): DecodedResult {
  checkOptions(options, "decodeResult");
  const kind = { what: "plugin result", code: "result_shape" } as const;
  const { document, report } = readWire(reader, input, kind, options, standingDenial);
  const denial = document.continue_processing ? undefined : denialFrom(document.violation, report);
  if (denial === undefined && document.violation !== undefined) report.add("violation");
  const result = denial ?? changesFrom(surface, document, options, report);
  if (denial !== undefined) {
    for (const part of changeParts) if (document[part] !== undefined) report.add(part);
  }
  return Object.freeze({
    result,
    violation: violationOf(denial),
    answer: answerFrom(document, report),
    executions: Object.freeze(document.executions.map(executionFrom)),
    ...report.fields,
  });
}

/**
 * Reads an unreadable document that stops the operation as a denial, because a failure could be
 * ignored. Only its code and reason are kept. `value` can be anything: only own data properties are
 * read, so none of its code runs.
 */
function standingDenial(value: unknown): ReadWire<ResultDocument> | undefined {
  if (ownDatum(value, "continue_processing") !== false) return undefined;
  const report = new DropReport();
  report.add("(result)");
  const given = ownDatum(value, "violation");
  const code = ownDatum(given, "code");
  const reason = ownDatum(given, "reason");
  const violation = {
    code: typeof code === "string" ? code : "denied",
    reason: typeof reason === "string" ? reason : unexplained,
  };
  const nothing = { as_returned: false, retry_delay_ms: 0, executions: [] };
  return { document: { continue_processing: false, violation, ...nothing }, report };
}

/**
 * Returns the denial in a document, whatever its violation contains: invalid parts are replaced and
 * reported.
 */
function denialFrom(document: ResultDocument["violation"], report: DropReport): Denial {
  if (document === undefined) return deny({ code: "denied", reason: unexplained });
  const { code, reason, description, details } = document;
  const isCode = isViolationCode(code);
  if (!isCode) report.add("violation.code");
  // Details that `deny` refuses would turn the denial into a failure, which could be ignored.
  const isFit = details !== undefined && readPlain(details) !== undefined;
  if (details !== undefined && !isFit) report.add("violation.details");
  return deny({
    code: isCode ? code : "denied",
    reason: isReason(reason) ? reason : unexplained,
    ...(description === undefined ? {} : { description }),
    ...(isFit ? { details } : {}),
  });
}

const unexplained = "Denied without a reason.";

const changeParts = ["modified_payload", "modified_extensions", "metadata"] as const;

function changesFrom(
  surface: Surface,
  document: ResultDocument,
  turn: Partial<Turn>,
  report: DropReport,
): Changed<object, object> | undefined {
  const { modified_payload: payload, modified_extensions: proposal, metadata } = document;
  if (payload === undefined && proposal === undefined && metadata === undefined) return undefined;
  return Object.freeze({
    ...(payload && {
      modifiedPayload: payloadFrom(surface.hooks, turn.context?.hook, payload, {
        path: "modified_payload",
        report,
        turn,
      }),
    }),
    ...(proposal && { modifiedExtensions: proposalFrom(surface, document, turn, report) }),
    ...(metadata && { metadata }),
  });
}

/**
 * Drops unknown slots and restores sensitive headers from the view. A proposal that this library
 * did not write is read as other implementations mean it.
 */
function proposalFrom(
  { slots }: Surface,
  { modified_extensions: proposal = {}, as_returned: asReturned }: ResultDocument,
  { extensions: view }: Partial<Turn>,
  report: DropReport,
): LevelValue {
  const known = Object.entries(proposal).filter(([slot]) => {
    const isKnown = slots.names.includes(slot);
    if (!isKnown) report.add(formatPath(["modified_extensions", slot]));
    return isKnown;
  });
  const kept = known.length === Object.keys(proposal).length ? proposal : recordOf(known);
  const onDropped = (path: string) => report.add(`modified_extensions.${path}`);
  const stripped = changeHeaderMaps(slots.nodes, kept, (map, path) => {
    if (view !== undefined) return withoutSecrets(map, path, onDropped);
    // Without the view, stripped headers cannot be distinguished from removed ones.
    onDropped(path);
    return undefined;
  });
  if (view === undefined) return stripped;
  const meant = asReturned ? stripped : normalizedProposal(slots, stripped, view, onDropped);
  return changeHeaderMaps(slots.nodes, meant, (map, _path, keys) =>
    withSecretsOf(valueAt(view, keys), map),
  );
}

function answerFrom(document: ResultDocument, report: DropReport): Answer {
  const { violation, continue_processing: goesOn } = document;
  const own = goesOn ? undefined : violation;
  const headers = own?.http_headers ?? document.http_headers;
  if (own?.http_headers !== undefined && document.http_headers !== undefined) {
    report.add("http_headers");
  }
  const at = own?.http_headers === undefined ? ["http_headers"] : ["violation", "http_headers"];
  const older = own?.mcp_error_code;
  const newer = own?.proto_error_code;
  if (older !== undefined && newer !== undefined && older !== newer) {
    report.add("violation.proto_error_code");
  }
  return Object.freeze({
    httpHeaders: requestedHeaders(headers, at, (path) => report.add(path)),
    retryDelayMs: document.retry_delay_ms,
    mcpErrorCode: older ?? newer,
    httpStatusCode: own?.http_status_code,
    denialMetadata: metadataOf(document, report),
  });
}

/** Returns numbers and booleans that describe a denial. They mean nothing in any other result. */
function metadataOf(
  { continue_processing: goesOn, denial_metadata: given }: ResultDocument,
  report: DropReport,
): Answer["denialMetadata"] {
  if (given === undefined) return undefined;
  const kept = goesOn ? [] : Object.entries(given).filter(isMetric);
  if (kept.length < Object.keys(given).length) report.add("denial_metadata");
  return kept.length === 0 ? undefined : recordOf(kept);
}
