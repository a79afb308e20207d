/**
 * Multi-round-trip requests of MCP 2026-07-28: a result asks for input under keys that it chooses,
 * and the request is sent again with an answer for each key. In earlier versions these were
 * requests and results of their own, so they become messages in the same way.
 */

import { GlassineError, quoted } from "../../core/errors/index.ts";
import type { Message } from "../../core/messages/index.ts";
import {
  type Left,
  type LimitOptions,
  pathOf,
  type Read,
  readDocument,
  readerWithLimits,
  type Written,
  withLimits,
} from "../rewrite/index.ts";
import { answeredDocument, askedDocument } from "./asked.ts";
import { expectKnown, type Onto, type ReadOptions, type RequestOptions } from "./call-options.ts";
import {
  fromElicitationRequest,
  fromElicitationResult,
  toElicitationRequest,
  toElicitationResult,
} from "./elicitation-documents.ts";
import { isObject, type JsonObject } from "./json.ts";
import { reader, writer } from "./one-part.ts";
import {
  addUnder,
  lostReports,
  mcpReading,
  readMessages,
  readOf,
  reportRest,
  settingsOf,
  written,
} from "./report.ts";
import {
  fromSamplingRequest,
  fromSamplingResult,
  toSamplingRequest,
  toSamplingResult,
} from "./sampling-documents.ts";
import {
  inputRequestsSchema,
  inputResponsesSchema,
  rootsRequestSchema,
  rootsResultSchema,
} from "./schemas.ts";

/** One input that a server asks for, or the answer to it. */
export interface Input extends Read {
  /** `sampling/createMessage`, `elicitation/create`, `roots/list`, or an unknown method. */
  readonly method: string;
}

/** The inputs that a document asks for or answers, by the server's keys. */
export interface Inputs {
  readonly inputs: { readonly [key: string]: Input };
  /** What else the document holds. */
  readonly left: readonly Left[];
}

/** The changed messages of each input, by key. */
export interface InputMessages {
  readonly [key: string]: readonly Message[];
}

interface Kind {
  readonly from: (document: object, options: ReadOptions<RequestOptions>) => Read;
  readonly to: (
    messages: readonly Message[],
    options: ReadOptions<RequestOptions> & Required<Onto>,
  ) => Written<object>;
}

/** The settings of any document with inputs: results and tasks ask for them, params bring them. */
const anywhere = [...settingsOf.toolResult, ...settingsOf.task];

const roots = "roots/list";
const rootsRequest = /* @__PURE__ */ askedDocument(roots, rootsRequestSchema, "roots request");
const rootsResult = /* @__PURE__ */ answeredDocument(roots, rootsResultSchema, "roots result");

const fromRootsRequest = reader("fromInputRequests", rootsRequest);
const toRootsRequest = writer("toInputRequests", rootsRequest);
const fromRootsResult = reader("fromInputResponses", rootsResult);
const toRootsResult = writer("toInputResponses", rootsResult);

const requests: ReadonlyMap<string, Kind> = /* @__PURE__ */ new Map<string, Kind>([
  ["sampling/createMessage", { from: fromSamplingRequest, to: toSamplingRequest as Kind["to"] }],
  ["elicitation/create", { from: fromElicitationRequest, to: toElicitationRequest }],
  [roots, { from: fromRootsRequest, to: toRootsRequest }],
]);

const results: ReadonlyMap<string, Kind> = /* @__PURE__ */ new Map<string, Kind>([
  ["sampling/createMessage", { from: fromSamplingResult, to: toSamplingResult }],
  ["elicitation/create", { from: fromElicitationResult, to: toElicitationResult }],
  [roots, { from: fromRootsResult, to: toRootsResult }],
]);

/**
 * Reads the inputs that a result asks for, by key: each embedded request as messages, with the key
 * as their id. Takes the result of any request, or a task, that asks for input.
 *
 * @throws GlassineError `document_invalid`
 * @see spec `mcp:input-requests`
 */
export const fromInputRequests = readerWithLimits("fromInputRequests", (result: object): Inputs => {
  const document = readDocument(inputRequestsSchema, result, "result that asks for input");
  return readInputs(document, "inputRequests", requests, (entry) => ({
    method: String(entry.method),
    document: isObject(entry.params) ? entry.params : {},
  }));
});

/**
 * Writes `inputs` as the result that asks for them. A key that is left out is no longer asked for;
 * one that `onto` does not have is reported.
 *
 * @throws GlassineError `options_invalid`, `message_invalid`, `document_invalid`
 * @see spec `mcp:input-requests`, `mcp:onto`
 */
export const toInputRequests = withLimits(
  "toInputRequests",
  (inputs: InputMessages, options: Required<Onto> & LimitOptions): Written<object> => {
    expectKnown(options, "toInputRequests");
    const { onto } = options;
    const document = readDocument(inputRequestsSchema, onto, "result that asks for input");
    const list = { field: "inputRequests", inside: ["params"] };
    return writeInputs(document, list, inputs, (key, messages, entry) => {
      const kind = requests.get(String(entry.method));
      if (kind === undefined) return undefined;
      const params = isObject(entry.params) ? entry.params : {};
      const next = kind.to(messages, { id: key, onto: params });
      const isBare = entry.params === undefined && Object.keys(next.document).length === 0;
      return { ...next, document: isBare ? entry : { ...entry, params: next.document } };
    });
  },
);

/** Options for the input in a repeated request. */
export interface InputResponseOptions extends LimitOptions {
  /** The result that asked for the input: it names the method for each key. */
  readonly asked: object;
}

/**
 * Reads the answers that a request brings along, by key, as messages with the key as their id.
 * One that was not asked for has no messages, only a report in its `left`.
 *
 * @throws GlassineError `options_invalid`, `document_invalid`
 * @see spec `mcp:input-responses`
 */
export const fromInputResponses = withLimits(
  "fromInputResponses",
  (params: object, options: InputResponseOptions): Inputs => {
    expectKnown(options, "fromInputResponses");
    const { asked } = options;
    const document = readDocument(inputResponsesSchema, params, "request with input");
    const methods = methodsOf(asked);
    return readInputs(document, "inputResponses", results, (entry, key) => ({
      method: methods.get(key) ?? "",
      document: entry,
    }));
  },
);

/**
 * Writes changed answers as the params of a request. A key that is left out is not answered; one
 * that `onto` does not have is reported.
 *
 * @throws GlassineError `options_invalid`, `message_invalid`, `document_invalid`
 * @see spec `mcp:input-responses`, `mcp:onto`
 */
export const toInputResponses = withLimits(
  "toInputResponses",
  (inputs: InputMessages, options: InputResponseOptions & Required<Onto>): Written<object> => {
    expectKnown(options, "toInputResponses");
    const { asked, onto } = options;
    const document = readDocument(inputResponsesSchema, onto, "request with input");
    const methods = methodsOf(asked);
    const list = { field: "inputResponses", inside: [] };
    return writeInputs(document, list, inputs, (key, messages, entry) => {
      const kind = results.get(methods.get(key) ?? "");
      return kind?.to(messages, { id: key, onto: entry });
    });
  },
);

function methodsOf(asked: object): ReadonlyMap<string, string> {
  const { inputRequests = {} } = readDocument(inputRequestsSchema, asked, "result that asks");
  const entries = Object.entries(inputRequests);
  return new Map(entries.map(([key, entry]) => [key, String(entry.method)]));
}

function readInputs(
  document: JsonObject,
  field: string,
  kinds: ReadonlyMap<string, Kind>,
  entryOf: (entry: JsonObject, key: string) => { method: string; document: JsonObject },
): Inputs {
  const reading = mcpReading();
  reportRest(reading, document, [field], [], anywhere);
  const inputs = Object.entries(document[field] ?? {}).map(([key, entry]) => {
    const { method, document: inner } = entryOf(isObject(entry) ? entry : {}, key);
    const read = kinds.get(method)?.from(inner, { id: key }) ?? unknownInput();
    return [key, Object.freeze({ method, ...read })] as const;
  });
  return Object.freeze({ inputs: recordOf(inputs), left: reading.left.list() });
}

/** What is read from an input that has an unknown method or that was not asked for. */
function unknownInput(): Read {
  const reading = mcpReading();
  reading.left.add({ path: pathOf(), kind: "content", reason: "An unknown kind of input." }, []);
  return readOf([], {}, reading);
}

function writeInputs(
  document: JsonObject,
  // `inside` leads from an entry to the document that it holds.
  { field, inside }: { readonly field: string; readonly inside: readonly string[] },
  inputs: InputMessages,
  write: (
    key: string,
    messages: readonly Message[],
    entry: JsonObject,
  ) => Written<object> | undefined,
): Written<object> {
  if (!isObject(inputs)) {
    throw new GlassineError("message_invalid", "Expected messages keyed by their input.");
  }
  const lost = lostReports();
  const old = isObject(document[field]) ? document[field] : {};
  const entries = Object.entries(inputs).flatMap(([key, given]) => {
    // In brackets, so that no key of a server looks like the `onto` of a removed item.
    const path = `[${quoted(key)}]`;
    const lose = (reason: string) => lost.all.add({ path, reason });
    const messages = readMessages(given);
    const entry = Object.hasOwn(old, key) ? old[key] : undefined;
    if (!isObject(entry)) {
      lose("The document has no input with this key.");
      return [];
    }
    const next = write(key, messages, entry);
    if (next === undefined && messages.length > 0) lose("An unknown kind of input.");
    addUnder(lost.all, path, next?.lost ?? [], [field, key, ...inside]);
    return [[key, next?.document ?? entry] as const];
  });
  const isBare = document[field] === undefined && entries.length === 0;
  const next = isBare ? document : { ...document, [field]: recordOf(entries) };
  return written(next, "document with input", lost);
}

function recordOf<Value>(entries: readonly (readonly [string, Value])[]) {
  return Object.freeze(Object.fromEntries(entries));
}
