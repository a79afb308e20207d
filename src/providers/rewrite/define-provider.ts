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
import { type Message, sourceOf } from "../../core/messages/index.ts";
import { AnswerStream, type StreamReading, type StreamTable } from "./answer-stream.ts";
import {
  type AnswersTable,
  type AnswerTable,
  readAnswer,
  withRemarks,
  writeAnswer,
  writeAnswers,
} from "./answers.ts";
import { type BlockTable, type CompiledBlocks, compileBlocks } from "./block-kinds.ts";
import { type BytesTable, withBytes, withoutBytes } from "./bytes.ts";
import { copyOnWrite } from "./copy-on-write.ts";
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
  sameList,
  valueAt,
  withFields,
  withValueAt,
} from "./json.ts";
import type { LimitOptions, Read, Written } from "./messages.ts";
import type { AnswerStreamOptions, ModelProvider } from "./provider.ts";
import { hasCall } from "./read-blocks.ts";
import { readDocument, readDocumentAgain, readOnce } from "./read-document.ts";
import { type KnownFields, knownFields, type Reading, reportFields } from "./reading.ts";
import { type Collector, collector, type Left, type Lost, pathOf, removedItem } from "./report.ts";
import type { MessageStream } from "./stream.ts";
import { type OldTurns, readTurns, type Segment, type TurnTable } from "./turns.ts";
import { readerWithLimits, streamWithLimits, withLimits } from "./with-limits.ts";
import { writeTurns } from "./write-turns.ts";

/** A kind of document: what it must have, and its fields without effect on what is said. */
interface DocumentTable<Facts extends object> {
  readonly schema: z.ZodMiniType;
  /** Reads a document where the schema alone is not enough; see `readDocumentAgain` for `previous`. */
  readonly check?: (document: unknown, previous?: object) => JsonObject;
  /** What it says of slots, where tables do not say it. */
  readonly extensions?: (document: JsonObject) => Facts;
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
  | "repeatedIn"
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

/** The documents of one kind, and what follows from their table once. */
interface Side<Facts extends object> {
  readonly what: string;
  readonly document: DocumentTable<Facts>;
  readonly blocks: CompiledBlocks;
  readonly known: KnownFields;
  readonly bytes: BytesTable | undefined;
  readonly turnsIn: (document: JsonObject, reading: Reading) => readonly Segment[];
  /** The facts that tables say. */
  readonly factsIn: (
    document: JsonObject,
    segments: readonly Segment[],
    reading: Reading,
  ) => object;
  /** The document that says the messages, over the old one if there is one. */
  readonly write: (
    messages: readonly Message[],
    old: OldTurns | undefined,
    given: GivenFacts,
    lost: Collector<Lost>,
  ) => JsonObject;
  /** The field with counts, of which those of nothing are not reported. */
  readonly usage: string | undefined;
}

/** What was read of a document. */
interface DocumentReading<Facts extends object> extends OldTurns {
  readonly read: Read<Facts>;
  readonly asRead: Reading["asRead"];
}

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
  const { calls } = table;
  const requests = requestsOf(table);
  const answers = answersOf(table);
  const read = {
    event: (event: unknown) => plain(table, event),
    document: (document: unknown) => host(table, checkedBy(answers, document)),
    answer: (document: unknown) => readingOf(answers, document).read,
  };
  const made = {
    ...table.guard,
    requests: Object.freeze([...table.guard.requests]),
    readRequest: readerWithLimits(
      calls.readRequest,
      (document: unknown) => readingOf(requests, document).read,
    ),
    writeRequest: withLimits(
      calls.writeRequest,
      (messages: readonly Message[], options: WriteRequestOptions<object> = {}) =>
        writtenOf(requests, calls.writeRequest, messages, options),
    ),
    readAnswer: readerWithLimits(calls.readAnswer, read.answer),
    writeAnswer: withLimits(
      calls.writeAnswer,
      (messages: readonly Message[], options: WriteAnswerOptions<object> = {}) =>
        writtenOf(answers, calls.writeAnswer, messages, options),
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
    toEvents: withLimits(calls.toEvents, (document: unknown, options: LimitOptions = {}) => {
      expectOptions(options, ["limits"], calls.toEvents);
      return host(table, eventsOf(table, checkedBy(answers, document)));
    }),
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

type BytesOf = { readonly bytes?: BytesTable | undefined };

/** A document, or an event, as tables see it. */
function plain({ bytes }: BytesOf, document: unknown): unknown {
  return bytes === undefined ? document : withoutBytes(document, bytes);
}

/** The same as the SDK has it. */
function host<Document extends object>({ bytes }: BytesOf, document: Document): Document {
  return bytes === undefined ? document : withBytes(document, bytes);
}

function given(field: string | undefined): readonly string[] {
  return field === undefined ? [] : [field];
}

/** The fields of an answer that messages and extensions show. */
function shownInAnswer(answer: AnswerTable | AnswersTable): readonly string[] {
  if ("choices" in answer) return [answer.choices.turns];
  const { content, remarks = {}, facts } = answer;
  const counts = [...facts.usage.input.slice(0, 1), ...facts.usage.output];
  return [
    ...[content, ...Object.keys(remarks), facts.stop.field],
    ...[...given(facts.model), ...given(facts.id)],
    ...counts.map((count) => `${facts.usage.field}.${count}`),
  ];
}

function requestsOf<Name extends string, Asked extends object>({
  blocks,
  bytes,
  request,
  vendor,
}: ProviderTable<Name, Asked, object>): Side<Asked> {
  const compiled = compileBlocks(blocks);
  const { turns, prompt, model, constants = [], settings } = request;
  return {
    what: "request",
    document: request,
    blocks: compiled,
    bytes,
    usage: undefined,
    known: knownFields([turns, ...given(prompt), ...given(model), ...constants], settings),
    turnsIn: (document, reading) => readTurns(compiled, request, document, reading),
    factsIn: (document) => modelFacts(vendor, model === undefined ? undefined : document[model]),
    write(messages, old, { llm }, lost) {
      const fresh = model === undefined ? {} : withFields({}, { [model]: llm?.model_id });
      return writeTurns(compiled, request, messages, old, old?.document ?? fresh, lost);
    },
  };
}

function answersOf<Name extends string, Said extends object>({
  blocks,
  bytes,
  answer,
  vendor,
}: ProviderTable<Name, object, Said>): Side<Said> {
  const own = answer.blocks ?? blocks;
  const compiled = compileBlocks("choices" in answer ? own : withRemarks(own, answer));
  const common = {
    what: "response",
    document: answer,
    blocks: compiled,
    bytes,
    known: knownFields([...shownInAnswer(answer), ...(answer.constants ?? [])], answer.settings),
  } as const;
  if ("choices" in answer) {
    return {
      ...common,
      turnsIn: (document, reading) => readTurns(compiled, answer.choices, document, reading),
      factsIn: () => ({}),
      write: (...given) => writeAnswers(compiled, answer, ...given),
      usage: undefined,
    };
  }
  return {
    ...common,
    turnsIn: (document, reading) => [readAnswer(compiled, answer, document, reading)],
    factsIn(document, segments, reading) {
      const calls = segments.some(({ shown }) => hasCall(compiled, shown.blocks));
      return answerFacts(vendor, answer.facts, document, calls, reading);
    },
    write: (...given) => writeAnswer(compiled, answer, ...given),
    usage: answer.facts.usage.field,
  };
}

/** The schema checks what the table says, and keeps unknown fields. */
function checkedBy(side: Side<object>, document: unknown, previous?: object): JsonObject {
  const { check, schema } = side.document;
  if (check !== undefined) return check(document, previous);
  return readDocumentAgain(schema, plain(side, document), side.what, previous) as JsonObject;
}

function readingOf<Facts extends object>(
  side: Side<Facts>,
  given: unknown,
  previous?: object,
): DocumentReading<Facts> {
  const document = checkedBy(side, given, previous);
  return readOnce(side, document, () => {
    const left = collector<Left>();
    const reading = tableReading(left, side.blocks);
    const segments = side.turnsIn(document, reading);
    const leftOfTurns = left.list();
    const facts = side.factsIn(document, segments, reading);
    reportDocument(side, document, reading);
    const read = {
      messages: Object.freeze(segments.map(({ message }) => message)),
      // Without a function, the facts are those of the default type.
      extensions: side.document.extensions?.(document) ?? (facts as Facts),
      left: left.list(),
    };
    const { asRead } = reading;
    return { document, segments, left: leftOfTurns, asRead, read: Object.freeze(read) };
  });
}

/** Reports the fields of the document itself that are not shown. */
function reportDocument(
  { document: { report }, known, usage }: Side<object>,
  document: JsonObject,
  reading: Reading,
): void {
  const counted = usage === undefined ? document : withoutZeros(document, usage);
  const reported = report?.(counted, reading.left) ?? [];
  reportFields(reading, counted, [], known, reported);
}

/** Nothing was counted there, so there is nothing to report. */
function withoutZeros(answer: JsonObject, usage: string): JsonObject {
  const counts = valueAt(answer, keysOf(usage));
  if (!isJsonObject(counts)) return answer;
  const some = Object.entries(counts).filter(([, count]) => count !== 0);
  return objectIn(withValueAt(answer, keysOf(usage), Object.fromEntries(some)));
}

/** Writes messages over the old document. Those that were read of it stand in it as they are. */
function writtenOf<Facts extends object>(
  side: Side<Facts>,
  call: string,
  messages: readonly Message[],
  options: WriteAnswerOptions<object>,
): Written<JsonObject> {
  expectOptions(options, ["onto", "extensions", "limits"], call);
  const { onto, extensions = {} } = options;
  const checked = givenMessages(messages, call);
  const lost = collector<Lost>();
  const old = onto === undefined ? undefined : oldOf(side, onto, checked, lost);
  const isSame = old !== undefined && sameList(old.read.messages, checked) === old.read.messages;
  const document = isSame
    ? old.document
    : checkedBy(side, side.write(checked, old, extensions, lost));
  return Object.freeze({ document: host(side, document), lost: lost.list() });
}

/** An old document, in which values that another program may read otherwise are as they were read. */
function oldOf<Facts extends object>(
  side: Side<Facts>,
  onto: unknown,
  messages: readonly Message[],
  lost: Collector<Lost>,
): DocumentReading<Facts> {
  // Messages that were read from it say what it was then.
  const source = messages.map(sourceOf).find((each) => each !== undefined);
  const reading = readingOf(side, onto, source);
  if (reading.asRead.length === 0) return reading;
  const { root, holderOf } = copyOnWrite(reading.document);
  for (const { path, value } of reading.asRead) {
    const holder = holderOf(path);
    const key = String(path.at(-1));
    if (value !== undefined) holder[key] = value;
    else if ((holder[key] ?? undefined) !== undefined) {
      lost.add(removedItem(pathOf(...path)));
      delete holder[key];
    }
  }
  return readingOf(side, root);
}

function eventsOf(
  { answer, events, stream }: ProviderTable<string, object, object>,
  read: JsonObject,
): readonly JsonObject[] {
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
