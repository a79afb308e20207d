/** What came back from another process, as a handler would have returned it. */
import type * as z from "zod";
import { compileSchema, type LevelValue } from "../admit/index.ts";
import { formatPath } from "../errors/index.ts";
import { type Denial, type PluginContext, type Violation, violationOf } from "../hooks/index.ts";
import type { Changed } from "../plugins/index.ts";
import type { Answer } from "./answer.ts";
import type { WireSurface } from "./encode-result.ts";
import { executionFrom, type WireExecution } from "./executions.ts";
import {
  changeHeaderMaps,
  recordOf,
  shownAt,
  withoutSecrets,
  withSecretsOf,
} from "./header-secrets.ts";
import { withHeadersField } from "./payload-headers.ts";
import { type DecodeWireOptions, type Dropped, type DropReport, readWire } from "./read-wire.ts";
import { resultSchema } from "./schemas.ts";
import { denialFrom } from "./violation.ts";

/** A handler's turn: what it was handed. */
export interface Turn<Payload extends object = object, View extends object = object> {
  readonly payload: Payload;
  readonly context: PluginContext;
  /** The view; left out by a handler that takes none. */
  readonly extensions?: View | undefined;
}

/** Options of `decodeResult`: the turn that the result answers. */
export interface DecodeResultOptions<Payload extends object = object, View extends object = object>
  extends Partial<Turn<Payload, View>>,
    DecodeWireOptions {}

/** What `decodeResult` gives. */
export interface DecodedResult<Payload = object, Proposal = object> extends Dropped {
  /** For the handler to return. Changes are as they came: the dispatcher judges them. */
  readonly result: Denial | Changed<Payload, Proposal> | undefined;
  /** What the denial says. */
  readonly violation: Violation | undefined;
  readonly answer: Answer;
  readonly executions: readonly WireExecution[];
}

const reader = compileSchema(resultSchema, { closed: false, shownWhole: true });

type ResultDocument = Readonly<z.output<typeof resultSchema>>;

export function decodeReturned(
  surface: WireSurface,
  input: unknown,
  options: DecodeResultOptions = {},
): DecodedResult {
  const what = { what: "plugin result", code: "result_shape" } as const;
  const { document, report } = readWire<ResultDocument>(reader, input, what, options);
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

const changeParts = ["modified_payload", "modified_extensions", "metadata"] as const;

function changesFrom(
  surface: WireSurface,
  document: ResultDocument,
  turn: Partial<Turn>,
  report: DropReport,
): Changed<object, object> | undefined {
  const { modified_payload: payload, modified_extensions: proposal, metadata } = document;
  if (payload === undefined && proposal === undefined && metadata === undefined) return undefined;
  return Object.freeze({
    ...(payload && { modifiedPayload: payloadFrom(surface, payload, turn, report) }),
    ...(proposal && { modifiedExtensions: proposalFrom(surface, proposal, turn, report) }),
    ...(metadata && { metadata }),
  });
}

/** Unknown slots are dropped, and sensitive headers are as they were shown. */
function proposalFrom(
  { slots }: WireSurface,
  proposal: LevelValue,
  { extensions: view }: Partial<Turn>,
  report: DropReport,
): LevelValue {
  const known = Object.entries(proposal).filter(([slot]) => {
    const isKnown = slots.names.includes(slot);
    if (!isKnown) report.add(formatPath(["modified_extensions", slot]));
    return isKnown;
  });
  const kept = known.length === Object.keys(proposal).length ? proposal : recordOf(known);
  return changeHeaderMaps(slots.nodes, kept, (map, path, keys) => {
    const at = `modified_extensions.${path}`;
    // Without the view nobody can tell what was stripped from what was taken away.
    if (view === undefined) report.add(at);
    return view === undefined
      ? undefined
      : withSecretsOf(shownAt(view, keys), map, at, (each) => report.add(each));
  });
}

function payloadFrom(
  { hooks }: WireSurface,
  payload: object,
  turn: Partial<Turn>,
  report: DropReport,
): object {
  return withHeadersField(hooks, turn.context?.hook, payload, (map) => {
    const at = "modified_payload.headers";
    const { headers: shown } = (turn.payload ?? {}) as { readonly headers?: unknown };
    return withSecretsOf(shown, map, at, (each) => report.add(each));
  });
}

function answerFrom(document: ResultDocument, report: DropReport): Answer {
  const { violation, continue_processing: goesOn } = document;
  const own = goesOn ? undefined : violation;
  const headers = own?.http_headers ?? document.http_headers;
  if (own?.http_headers !== undefined && document.http_headers !== undefined) {
    report.add("http_headers");
  }
  const at = headers === document.http_headers ? "http_headers" : "violation.http_headers";
  return Object.freeze({
    httpHeaders: withoutSecrets(headers, at, (path) => report.add(path)) as Answer["httpHeaders"],
    retryDelayMs: document.retry_delay_ms,
    mcpErrorCode: own?.mcp_error_code,
    httpStatusCode: own?.http_status_code,
  });
}
