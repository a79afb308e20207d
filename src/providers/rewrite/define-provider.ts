/** Makes a provider from its format's tables, which provider-table.ts describes. */
import { expectOptions } from "../../core/data/index.ts";
import { type Message, sourceOf } from "../../core/messages/index.ts";
import { AnswerStream } from "./answer-stream.ts";
import {
  type AnswersTable,
  type AnswerTable,
  readAnswer,
  withRemarks,
  writeAnswer,
} from "./answers.ts";
import { type CompiledBlocks, compileBlocks } from "./block-kinds.ts";
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
import {
  isJsonObject,
  type JsonObject,
  keysOf,
  sameList,
  set,
  valueAt,
  withFields,
} from "./json.ts";
import type { Read, Written } from "./messages.ts";
import type { AnswerStreamOptions } from "./provider.ts";
import type {
  Calls,
  DocumentTable,
  OldDocument,
  ProviderTable,
  TableProvider,
  WriteAnswerOptions,
  WriteRequestOptions,
} from "./provider-table.ts";
import { hasCall } from "./read-blocks.ts";
import { readDocumentAgain, readOnce } from "./read-document.ts";
import { type KnownFields, knownFields, type Reading, reportFields } from "./reading.ts";
import { type Collector, collector, type Left, type Lost, pathOf, removedItem } from "./report.ts";
import { type OldTurns, readTurns, type Segment } from "./turns.ts";
import { readerWithLimits, streamWithLimits, withLimits } from "./with-limits.ts";
import { writeTurns } from "./write-turns.ts";

/** One kind of document, requests or answers, and what follows from its table. */
interface Side<Facts extends object> {
  readonly what: string;
  readonly document: DocumentTable<Facts>;
  readonly blocks: CompiledBlocks;
  readonly known: KnownFields;
  readonly bytes: BytesTable | undefined;
  readonly turnsIn: (document: JsonObject, reading: Reading) => readonly Segment[];
  /** Returns the facts in a document that tables declare. */
  readonly factsIn: (
    document: JsonObject,
    segments: readonly Segment[],
    reading: Reading,
  ) => object;
  /** Writes messages as a document, over the old one if there is one. */
  readonly write: (
    messages: readonly Message[],
    old: OldTurns | undefined,
    given: GivenFacts,
    lost: Collector<Lost>,
  ) => JsonObject;
  /** The field with token counts. Counts of zero in it are not reported. */
  readonly usage: string | undefined;
}

/** The result of reading a document. */
interface DocumentReading<Facts extends object> extends OldTurns {
  readonly read: Read<Facts>;
  readonly ambiguousValues: Reading["ambiguousValues"];
}

/* @__NO_SIDE_EFFECTS__ */
export function defineProvider<
  Name extends string,
  Request extends object = JsonObject,
  Answer extends object = JsonObject,
  Event extends object = JsonObject,
  RequestExtensions extends object = ModelFacts<Name>,
  AnswerExtensions extends object = AnswerFacts<Name>,
>(
  table: ProviderTable<Name, RequestExtensions, AnswerExtensions>,
): TableProvider<Name, Request, Answer, Event, RequestExtensions, AnswerExtensions> {
  const calls = typeof table.calls === "string" ? callsWith(table.calls) : table.calls;
  const requests = requestsOf(table);
  const answers = answersOf(table);
  const read = {
    event: (event: unknown) => toJsonForm(table, event),
    document: (document: unknown) => toSdkForm(table, checkedBy(answers, document)),
    answer: (document: unknown) => readingOf(answers, document).read,
  };
  const made = {
    namesEvents: false,
    deniedEvent: table.guard.denied,
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
    toEvents: readerWithLimits(calls.toEvents, (document: unknown) =>
      toSdkForm(table, table.events(checkedBy(answers, document))),
    ),
  };
  // The caller chooses the types of its documents.
  return Object.freeze(made) as TableProvider<
    Name,
    never,
    never,
    never,
    RequestExtensions,
    AnswerExtensions
  > as TableProvider<Name, Request, Answer, Event, RequestExtensions, AnswerExtensions>;
}

function callsWith(word: string): Calls {
  return {
    readRequest: `from${word}Request`,
    writeRequest: `to${word}Request`,
    readAnswer: `from${word}Response`,
    writeAnswer: `to${word}Response`,
    stream: `${word.toLowerCase()}Stream`,
    toEvents: `to${word}Events`,
  };
}

type BytesOf = { readonly bytes?: BytesTable | undefined };

/** Returns a document or an event as tables see it. */
function toJsonForm({ bytes }: BytesOf, document: unknown): unknown {
  return bytes === undefined ? document : withoutBytes(document, bytes);
}

/** Returns a document or events in the SDK's form. */
function toSdkForm<Document extends object>({ bytes }: BytesOf, document: Document): Document {
  return bytes === undefined ? document : withBytes(document, bytes);
}

function given(field: string | undefined): readonly string[] {
  return field === undefined ? [] : [field];
}

/** Returns the fields of an answer that messages and extensions show. */
function shownInAnswer(answer: AnswerTable | AnswersTable): readonly string[] {
  if ("choices" in answer) return [answer.choices.turns];
  const { content, remarks = {}, facts } = answer;
  const counts = [...facts.usage.input.slice(0, 1), ...facts.usage.output];
  return [
    content,
    ...Object.keys(remarks),
    facts.stop.field,
    ...given(facts.model),
    ...given(facts.id),
    ...counts.map((count) => `${facts.usage.field}.${count}`),
  ];
}

function requestsOf<Name extends string, RequestExtensions extends object>({
  blocks,
  bytes,
  request,
  vendor,
}: ProviderTable<Name, RequestExtensions, object>): Side<RequestExtensions> {
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

function answersOf<Name extends string, AnswerExtensions extends object>({
  blocks,
  bytes,
  answer,
  vendor,
}: ProviderTable<Name, object, AnswerExtensions>): Side<AnswerExtensions> {
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
      write(messages, old, given, lost) {
        const base = old?.document ?? answer.freshAnswer(given);
        return writeTurns(compiled, answer.choices, messages, old, base, lost);
      },
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

/** Checks a document. Fields that a schema does not know stay. */
function checkedBy(side: Side<object>, given: unknown, previous?: object): JsonObject {
  const { document, what } = side;
  if ("check" in document) return document.check(given, previous);
  return readDocumentAgain(document.schema, toJsonForm(side, given), what, previous) as JsonObject;
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
      // Without an `extensions` function, the facts have the default type.
      extensions: side.document.extensions?.(document) ?? (facts as Facts),
      left: left.list(),
    };
    const { ambiguousValues } = reading;
    return { document, segments, left: leftOfTurns, ambiguousValues, read: Object.freeze(read) };
  });
}

/** Reports the document's top-level fields that nothing shows. */
function reportDocument(
  { document: { report }, known, usage }: Side<object>,
  document: JsonObject,
  reading: Reading,
): void {
  const counted = usage === undefined ? document : withoutZeros(document, usage);
  const reported = report?.(counted, reading) ?? [];
  reportFields(reading, counted, [], known, reported);
}

/** Removes counts of zero: nothing was counted, so there is nothing to report. */
function withoutZeros(answer: JsonObject, usage: string): JsonObject {
  const counts = valueAt(answer, keysOf(usage));
  if (!isJsonObject(counts)) return answer;
  const some = Object.entries(counts).filter(([, count]) => count !== 0);
  return set(answer, keysOf(usage), Object.fromEntries(some));
}

/** Writes messages over the old document. Messages that were read from it keep their old form. */
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
  const { finish = (written: JsonObject) => written } = side.document;
  const write = () => finish(side.write(checked, old, extensions, lost), old, lost, extensions);
  const document = isSame ? old.document : checkedBy(side, write());
  return Object.freeze({ document: toSdkForm(side, document), lost: lost.list() });
}

/** Reads an old document. Values that another program may read differently become what was read. */
function oldOf<Facts extends object>(
  side: Side<Facts>,
  onto: unknown,
  messages: readonly Message[],
  lost: Collector<Lost>,
): DocumentReading<Facts> & OldDocument {
  // Messages that were read from it lead to the copy that was made then.
  const source = messages.map(sourceOf).find((each) => each !== undefined);
  const reading = readingOf(side, onto, source);
  const { document: given } = reading;
  if (reading.ambiguousValues.length === 0) return { ...reading, given };
  const { root, holderOf } = copyOnWrite(given);
  for (const { path, value } of reading.ambiguousValues) {
    const holder = holderOf(path);
    const key = String(path.at(-1));
    if (value !== undefined) holder[key] = value;
    else if ((holder[key] ?? undefined) !== undefined) {
      lost.add(removedItem(pathOf(...path)));
      delete holder[key];
    }
  }
  return { ...readingOf(side, root), given };
}
