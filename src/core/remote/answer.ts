/** A result's instructions for the answer to the caller. */

import { isRecord, payloadLimits } from "../data/index.ts";
import { toLowerAscii } from "../data/intrinsics.ts";
import { type HeaderMap, headerFault } from "../envelope/index.ts";
import { formatPath, optionsInvalid, quoted, suggestion } from "../errors/index.ts";
import { readPlain } from "../schema/index.ts";
import { checkOptions, misuse, readOption } from "./documents.ts";
import { type OnDropped, recordOf, withoutSecrets } from "./headers.ts";
import { answerFields, compileDocument } from "./schemas.ts";

/** A plugin's instructions for the answer to the caller. This library does not act on them. */
export interface Answer {
  /**
   * Headers for the answer: each name once, regardless of case, and no header that frames a
   * message. Sensitive ones are stripped.
   */
  readonly httpHeaders?: HeaderMap | undefined;
  /** Milliseconds to wait before a retry. */
  readonly retryDelayMs?: number | undefined;
  /** The protocol's error code, for a denial: -32600 and the like. */
  readonly mcpErrorCode?: number | undefined;
  /** The HTTP status, for a denial. */
  readonly httpStatusCode?: number | undefined;
  /**
   * Numbers and booleans that describe a denial, for metrics: at most 16, with names of letters,
   * digits and `._-`. Source: CPEX Python 0.1.4.
   */
  readonly denialMetadata?: Readonly<Record<string, number | boolean>> | undefined;
}

const readers = (Object.keys(answerFields) as (keyof typeof answerFields)[]).map(
  (option) => [option, compileDocument(answerFields[option])] as const,
);

const known = [...Object.keys(answerFields), "denialMetadata", "hook", "executions", "limits"];

/** @throws GlassineError `options_invalid` */
export function checkAnswer(answer: Answer, call: string): void {
  checkOptions(answer, call);
  for (const name of Object.keys(answer)) {
    // Other names are ignored, because a whole task may be passed.
    const hint = known.includes(name) ? "" : suggestion(name, known);
    if (hint !== "") throw optionsInvalid(`${call} has no option ${quoted(name)}.${hint}`);
  }
  const { denialMetadata, httpHeaders } = answer;
  for (const [option, reader] of readers) {
    const value = answer[option];
    if (value !== undefined) readOption(reader, value, option, payloadLimits);
  }
  if (httpHeaders !== undefined) checkHeaders(httpHeaders);
  if (denialMetadata !== undefined && !isDenialMetadata(denialMetadata)) {
    const expected =
      "an object of at most 16 numbers and booleans, named by letters, digits and ._-";
    throw misuse("denialMetadata", expected);
  }
}

function checkHeaders(headers: HeaderMap): void {
  const option = "httpHeaders";
  fitHeaders(withoutSecrets(headers, option), (name) => {
    const text = `${option} expects well-formed headers, each once, and none that frames a message; ${quoted(name)} is not accepted.`;
    throw optionsInvalid(text, { option, name });
  });
}

/** Returns an answer's headers without sensitive ones. They have already been checked. */
export function answerHeaders({ httpHeaders }: Answer): HeaderMap | undefined {
  return withoutSecrets(httpHeaders, "http_headers");
}

/** Returns the answer's headers from another process, limited to those that a plugin may write. */
export function requestedHeaders(
  map: HeaderMap | undefined,
  path: readonly string[],
  onDropped: OnDropped,
): HeaderMap | undefined {
  const kept = withoutSecrets(map, formatPath(path), onDropped);
  return kept && fitHeaders(kept, (name) => onDropped(formatPath([...path, name])));
}

/** Returns the headers that a plugin may write; of repeated names, only the first. */
function fitHeaders(map: HeaderMap, refuse: (name: string) => void): HeaderMap {
  const taken = new Set<string>();
  const entries = Object.entries(map);
  const kept = entries.filter(([name, value]) => {
    const lower = toLowerAscii(name);
    if (headerFault(name, value) === undefined && !taken.has(lower)) {
      taken.add(lower);
      return true;
    }
    refuse(name);
    return false;
  });
  return kept.length === entries.length ? map : recordOf(kept);
}

const isDenialMetadata = (value: unknown) =>
  isRecord(value) &&
  Object.keys(value).length <= 16 &&
  Object.entries(readPlain(value) ?? { none: null }).every(isMetric);

/** Whether an entry is valid in `denialMetadata`. */
export function isMetric(entry: readonly [string, unknown]): entry is [string, number | boolean] {
  const [name, value] = entry;
  return (
    /^[A-Za-z0-9._-]{1,64}$/.test(name) && (typeof value === "boolean" || Number.isFinite(value))
  );
}
