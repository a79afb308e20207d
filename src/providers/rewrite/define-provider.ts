/**
 * A provider's API, declared as tables. The engine reads, writes and streams by them:
 *
 * - `BlockTable` (block-kinds.ts): the kinds of blocks and the places they can be in. From it
 *   read-blocks.ts reads blocks as parts; blocks.ts writes parts over the blocks that they came
 *   from: what no part shows stays in its place, what is bound to an edited content goes and is in
 *   `lost`.
 * - `TurnTable` (turns.ts): the system prompt, the turns of a request and their roles.
 *   `TurnFields` (turn-fields.ts): those of a format that says in several fields what a message says
 *   in one list. `SectionTable`: those of a flat list, of which several items in a row are a message.
 * - `AnswerTable` (answers.ts): where an answer has its blocks. `AnswersTable`: one that says several
 *   messages. `FactTable` (facts.ts): its model, stop reason and token counts.
 * - `StreamTable` (answer-stream.ts): what each event does. `PieceTable` (growing-block.ts): how
 *   blocks come in pieces; by it an answer is also cut into events. Functions instead of both are
 *   for streams without blocks.
 * - `settings`: the fields of a document without effect on what is said. A field that no table
 *   names is content that nobody has seen, and is in `left`.
 *
 * What is peculiar to a format is a function in a table: a `FieldRule` of a field that is more than
 * a string (field-rules.ts has those that formats share), `apply` of an event, `fresh`.
 */
import * as z from "zod/mini";
import { expectOptions } from "../../core/data/index.ts";
import type { Message } from "../../core/messages/index.ts";
import { AnswerStream, type StreamReading, type StreamTable } from "./answer-stream.ts";
import {
  type AnswersTable,
  type AnswerTable,
  readAnswer,
  writeAnswer,
  writeAnswers,
} from "./answers.ts";
import { type BlockTable, type CompiledBlocks, compileBlocks } from "./block-kinds.ts";
import { type BytesTable, withBytes, withoutBytes } from "./bytes.ts";
import {
  type AnswerFacts,
  answerFacts,
  type GivenFacts,
  type ModelFacts,
  modelFacts,
} from "./facts.ts";
import { tableReading } from "./forms.ts";
import { givenMessages } from "./given-messages.ts";
import { cutBlock } from "./growing-block.ts";
import {
  isJsonObject,
  type JsonObject,
  keysOf,
  objectIn,
  objectsIn,
  valueAt,
  withFields,
  withValueAt,
} from "./json.ts";
import type { LimitOptions, Read, Written } from "./messages.ts";
import type { AnswerStreamOptions, ModelProvider } from "./provider.ts";
import { hasCall } from "./read-blocks.ts";
import { readDocument } from "./read-document.ts";
import { type KnownFields, knownFields, type Reading, reportFields } from "./reading.ts";
import { type Collector, collector, type Left, type Lost } from "./report.ts";
import type { MessageStream } from "./stream.ts";
import { readTurns, type TurnTable } from "./turns.ts";
import { readerWithLimits, streamWithLimits, withLimits } from "./with-limits.ts";
import { writeTurns } from "./write-turns.ts";

/** A kind of document: what it must have, and its fields without effect on what is said. */
interface DocumentTable<Facts extends object> {
  readonly schema: z.ZodMiniType;
  /** Reads a document where the schema alone is not enough. */
  readonly check?: (document: unknown) => JsonObject;
  /** What it says of slots, where tables do not say it. */
  readonly extensions?: (document: JsonObject) => Facts;
  /** An old document as it is sent on even where nothing changed. */
  readonly sentOn?: (document: JsonObject, lost: Collector<Lost>) => JsonObject;
  /** Reports fields in ways of the format; returns which. */
  readonly report?: (document: JsonObject, left: Collector<Left>) => readonly string[];
  readonly settings: readonly string[];
  /** Fields that are the same in each document. */
  readonly constants?: readonly string[];
}

/** An answer without its blocks and the blocks in pieces, as events. */
export interface EventTable {
  readonly schema: z.ZodMiniType;
  readonly begin: (answer: JsonObject) => readonly JsonObject[];
  readonly block: (
    index: number,
    start: JsonObject,
    pieces: readonly (readonly [name: string, fields: JsonObject])[],
  ) => readonly JsonObject[];
  readonly end: (answer: JsonObject) => readonly JsonObject[];
}

/** What a guard knows of a format beside its documents. */
type GuardTable = Pick<
  ModelProvider,
  | "name"
  | "requests"
  | "asksForStream"
  | "eventTexts"
  | "namesEvents"
  | "lastData"
  | "denied"
  | "deniedEvent"
>;

/** The tables of one format. */
export interface ProviderTable<
  Name extends string,
  Asked extends object = ModelFacts<Name>,
  Said extends object = AnswerFacts<Name>,
> {
  readonly guard: GuardTable;
  /** Whose format it is, as slots name it. */
  readonly vendor: Name;
  /** The functions by which users know the members of the provider, for error messages. */
  readonly calls: { readonly [call in Converting]: string };
  /** Set where documents have bytes, as those of an SDK do that is more than its JSON. */
  readonly bytes?: BytesTable;
  readonly blocks: BlockTable;
  readonly request: DocumentTable<Asked> & TurnTable & { readonly model?: string };
  readonly answer: DocumentTable<Said> &
    (AnswerTable | AnswersTable) & {
      /** The blocks of answers, if not those of requests. */
      readonly blocks?: BlockTable;
    };
  readonly stream:
    | StreamTable
    | ((options: AnswerStreamOptions, read: StreamReading) => MessageStream<unknown, JsonObject>);
  readonly events: EventTable | ((answer: JsonObject) => readonly object[]);
}

/** Options of writing a request. */
export interface WriteRequestOptions<Document extends object = JsonObject> extends LimitOptions {
  /** The request that the messages came from, or one that only has settings and no messages. */
  readonly onto?: Document | undefined;
  /** Used without `onto`: the model is `llm.model_id`. */
  readonly extensions?: {
    readonly llm?: { readonly model_id?: string | undefined } | undefined;
  };
}

/** Options of writing an answer. */
export interface WriteAnswerOptions<Document extends object = JsonObject> extends LimitOptions {
  /** The answer that the message came from. */
  readonly onto?: Document | undefined;
  /** Used without `onto`: id, model, stop reason and usage. */
  readonly extensions?: GivenFacts;
}

/** The members that convert documents. */
type Converting =
  | "readRequest"
  | "writeRequest"
  | "readAnswer"
  | "writeAnswer"
  | "stream"
  | "toEvents";

/** A streamed answer, as its accumulator has it. */
export interface TableStream<
  Name extends string,
  Document extends object,
  Said extends object = AnswerFacts<Name>,
> extends MessageStream<unknown, Document> {
  readonly current: Read<Said>;
}

/**
 * A provider whose documents are read, written and streamed by tables. The schemas check documents
 * and events; a caller may name the types that the SDK has for them.
 */
export interface TableProvider<
  Name extends string,
  Request extends object = JsonObject,
  Answer extends object = JsonObject,
  Event extends object = JsonObject,
  Asked extends object = ModelFacts<Name>,
  Said extends object = AnswerFacts<Name>,
> extends ModelProvider {
  readonly readRequest: (document: unknown, options?: LimitOptions) => Read<Asked>;
  readonly writeRequest: <Document extends object = Request>(
    messages: readonly Message[],
    options?: WriteRequestOptions<Document>,
  ) => Written<Document>;
  readonly readAnswer: (document: unknown, options?: LimitOptions) => Read<Said>;
  readonly writeAnswer: <Document extends object = Answer>(
    messages: readonly Message[],
    options?: WriteAnswerOptions<Document>,
  ) => Written<Document>;
  readonly stream: <Document extends object = Answer>(
    options?: AnswerStreamOptions,
  ) => TableStream<Name, Document, Said>;
  readonly toEvents: <Each extends object = Event>(
    document: unknown,
    options?: LimitOptions,
  ) => readonly Each[];
}

/** The tables, and what follows from them once. */
interface Compiled<Name extends string, Asked extends object, Said extends object>
  extends ProviderTable<Name, Asked, Said> {
  readonly compiled: CompiledBlocks;
  readonly compiledAnswer: CompiledBlocks;
  readonly knownInRequest: KnownFields;
  readonly knownInAnswer: KnownFields;
}
type AnyCompiled = Compiled<string, object, object>;

/** The functions of a format that tables declare. */
/* @__NO_SIDE_EFFECTS__ */
export function defineProvider<
  Name extends string,
  Request extends object = JsonObject,
  Answer extends object = JsonObject,
  Event extends object = JsonObject,
  Asked extends object = ModelFacts<Name>,
  Said extends object = AnswerFacts<Name>,
>(
  table: ProviderTable<Name, Asked, Said>,
): TableProvider<Name, Request, Answer, Event, Asked, Said> {
  const { calls, request, answer } = table;
  const prompt = request.prompt === undefined ? [] : [request.prompt];
  const provider: Compiled<Name, Asked, Said> = {
    ...table,
    compiled: compileBlocks(table.blocks),
    compiledAnswer: compileBlocks(answer.blocks ?? table.blocks),
    knownInRequest: knownFields(
      [request.turns, ...prompt, ...given(request.model), ...(request.constants ?? [])],
      request.settings,
    ),
    knownInAnswer: knownFields(
      [...shownInAnswer(answer), ...(answer.constants ?? [])],
      answer.settings,
    ),
  };
  const read = {
    event: (event: unknown) => plain(provider, event),
    document: (document: unknown) => host(provider, checkedAnswer(provider, document)),
    answer: (document: unknown) => readAnswerOf(provider, document),
  };
  const made = {
    ...table.guard,
    requests: Object.freeze([...table.guard.requests]),
    readRequest: readerWithLimits(calls.readRequest, (document: unknown) =>
      readRequestOf(provider, document),
    ),
    writeRequest: withLimits(
      calls.writeRequest,
      (messages: readonly Message[], options: WriteRequestOptions<object> = {}) =>
        writeRequestOf(provider, messages, options),
    ),
    readAnswer: readerWithLimits(calls.readAnswer, read.answer),
    writeAnswer: withLimits(
      calls.writeAnswer,
      (messages: readonly Message[], options: WriteAnswerOptions<object> = {}) =>
        writeAnswerOf(provider, messages, options),
    ),
    stream: (options: AnswerStreamOptions = {}) => {
      expectOptions(options, ["limits", "maxEvents", "textUnits", "request"], calls.stream);
      const { request: _, ...limits } = options;
      const stream =
        typeof table.stream === "function"
          ? table.stream(options, read)
          : new AnswerStream(table.stream, read, limits);
      return streamWithLimits(limits, stream);
    },
    toEvents: withLimits(calls.toEvents, (document: unknown, options: LimitOptions = {}) =>
      host(provider, eventsOf(provider, document, options)),
    ),
  };
  // The caller says the types of its documents.
  return Object.freeze(made) as TableProvider<
    Name,
    never,
    never,
    never,
    Asked,
    Said
  > as TableProvider<Name, Request, Answer, Event, Asked, Said>;
}

/** A document, or an event, as tables see it. */
function plain({ bytes }: AnyCompiled, document: unknown): unknown {
  return bytes === undefined ? document : withoutBytes(document, bytes);
}

/** The same as the SDK has it. */
function host<Document extends object>({ bytes }: AnyCompiled, document: Document): Document {
  return bytes === undefined ? document : withBytes(document, bytes);
}

function given(field: string | undefined): readonly string[] {
  return field === undefined ? [] : [field];
}

/** The fields of an answer that messages and extensions show. */
function shownInAnswer(answer: AnswerTable | AnswersTable): readonly string[] {
  if ("choices" in answer) return [answer.choices.turns];
  const { content, facts } = answer;
  const counts = [...facts.usage.input.slice(0, 1), ...facts.usage.output];
  return [
    ...[content, facts.stop.field, ...given(facts.model), ...given(facts.id)],
    ...counts.map((count) => `${facts.usage.field}.${count}`),
  ];
}

/** The schema checks what the table says, and keeps unknown fields. */
function checkedRequest(provider: AnyCompiled, document: unknown): JsonObject {
  const { check, schema } = provider.request;
  if (check !== undefined) return check(document);
  return readDocument(schema, plain(provider, document), "request") as JsonObject;
}

function checkedAnswer(provider: AnyCompiled, document: unknown): JsonObject {
  const { check, schema } = provider.answer;
  if (check !== undefined) return check(document);
  return readDocument(schema, plain(provider, document), "response") as JsonObject;
}

/** Reports the fields of the document itself that are not shown. */
function reportDocument(
  { report }: DocumentTable<object>,
  document: JsonObject,
  known: KnownFields,
  reading: Reading,
): void {
  const reported = report?.(document, reading.left) ?? [];
  const rest = Object.entries(document).filter(([name]) => !reported.includes(name));
  reportFields(reading, Object.fromEntries(rest), [], known);
}

function readRequestOf<Name extends string, Asked extends object>(
  provider: Compiled<Name, Asked, object>,
  document: unknown,
): Read<Asked> {
  const { compiled, request, vendor, knownInRequest } = provider;
  const read = checkedRequest(provider, document);
  const left = collector<Left>();
  const reading = tableReading(left, compiled);
  const segments = readTurns(compiled, request, read, reading);
  reportDocument(request, read, knownInRequest, reading);
  const model = request.model === undefined ? undefined : read[request.model];
  // Without a function, the facts are those of the default type.
  const facts = request.extensions?.(read) ?? (modelFacts(vendor, model) as object as Asked);
  return Object.freeze({
    messages: Object.freeze(segments.map(({ message }) => message)),
    extensions: facts,
    left: left.list(),
  });
}

function writeRequestOf(
  provider: AnyCompiled,
  messages: readonly Message[],
  options: WriteRequestOptions<object>,
): Written<JsonObject> {
  const { calls, compiled, request } = provider;
  expectOptions(options, ["onto", "extensions", "limits"], calls.writeRequest);
  const { onto, extensions } = options;
  const checked = givenMessages(messages, calls.writeRequest);
  const lost = collector<Lost>();
  const read = onto === undefined ? undefined : checkedRequest(provider, onto);
  const old = read && (request.sentOn?.(read, lost) ?? read);
  const model = extensions?.llm?.model_id;
  const fresh = request.model === undefined ? {} : withFields({}, { [request.model]: model });
  const written = writeTurns(compiled, request, checked, old, old ?? fresh, lost);
  const document = host(provider, checkedRequest(provider, written));
  return Object.freeze({ document, lost: lost.list() });
}

function readAnswerOf<Name extends string, Said extends object>(
  provider: Compiled<Name, object, Said>,
  document: unknown,
): Read<Said> {
  const { answer } = provider;
  const read = checkedAnswer(provider, document);
  const left = collector<Left>();
  const { messages, extensions } = messagesIn(
    provider,
    read,
    tableReading(left, provider.compiledAnswer),
  );
  // Without a function, the facts are those of the default type.
  return Object.freeze({
    messages: Object.freeze(messages),
    extensions: answer.extensions?.(read) ?? (extensions as object as Said),
    left: left.list(),
  });
}

function messagesIn(
  { compiledAnswer: compiled, answer, vendor, knownInAnswer }: AnyCompiled,
  read: JsonObject,
  reading: Reading,
): { readonly messages: readonly Message[]; readonly extensions: object } {
  if ("choices" in answer) {
    const segments = readTurns(compiled, answer.choices, read, reading);
    reportDocument(answer, read, knownInAnswer, reading);
    return { messages: segments.map(({ message }) => message), extensions: {} };
  }
  const { message, shown } = readAnswer(compiled, answer, read, reading);
  const calls = hasCall(compiled, shown.blocks);
  const extensions = answerFacts(vendor, answer.facts, read, calls, reading);
  reportDocument(answer, withoutZeros(read, answer.facts.usage.field), knownInAnswer, reading);
  return { messages: [message], extensions };
}

/** Nothing was counted there, so there is nothing to report. */
function withoutZeros(answer: JsonObject, usage: string): JsonObject {
  const counts = valueAt(answer, keysOf(usage));
  if (!isJsonObject(counts)) return answer;
  const some = Object.entries(counts).filter(([, count]) => count !== 0);
  return objectIn(withValueAt(answer, keysOf(usage), Object.fromEntries(some)));
}

function writeAnswerOf(
  provider: AnyCompiled,
  messages: readonly Message[],
  options: WriteAnswerOptions<object>,
): Written<JsonObject> {
  const { calls, compiledAnswer: compiled, answer } = provider;
  expectOptions(options, ["onto", "extensions", "limits"], calls.writeAnswer);
  const { onto, extensions = {} } = options;
  const checked = givenMessages(messages, calls.writeAnswer);
  const lost = collector<Lost>();
  const read = onto === undefined ? undefined : checkedAnswer(provider, onto);
  const old = read && (answer.sentOn?.(read, lost) ?? read);
  const written =
    "choices" in answer
      ? writeAnswers(compiled, answer, checked, old, extensions, lost)
      : writeAnswer(compiled, answer, checked, old, extensions, lost);
  const document = host(provider, checkedAnswer(provider, written));
  return Object.freeze({ document, lost: lost.list() });
}

function eventsOf(
  provider: AnyCompiled,
  document: unknown,
  options: LimitOptions,
): readonly JsonObject[] {
  const { calls, answer, events, stream } = provider;
  expectOptions(options, ["limits"], calls.toEvents);
  const read = checkedAnswer(provider, document);
  if (typeof events === "function") {
    return readDocument(anyEvents, events(read), "response") as readonly JsonObject[];
  }
  const pieces = typeof stream === "function" ? {} : stream.pieces;
  const content = "choices" in answer ? answer.choices.turns : answer.content;
  const blocks = objectsIn(valueAt(read, keysOf(content)));
  const list = [
    ...events.begin(read),
    ...blocks.flatMap((block, index) => {
      const grown = typeof stream === "function" ? block : (stream.grown?.(block) ?? block);
      const { start, pieces: cut } = cutBlock(grown, pieces);
      return events.block(index, start, cut);
    }),
    ...events.end(read),
  ];
  return readDocument(events.schema, list, "response") as readonly JsonObject[];
}

const anyEvents = /* @__PURE__ */ z.array(/* @__PURE__ */ z.looseObject({}));
