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
import type * as z from "zod/mini";
import type { Message } from "../../core/messages/index.ts";
import type { StreamReading, StreamTable } from "./answer-stream.ts";
import type { AnswersTable, AnswerTable } from "./answers.ts";
import type { BlockTable } from "./block-kinds.ts";
import type { BytesTable } from "./bytes.ts";
import type { AnswerFacts, GivenFacts, ModelFacts } from "./facts.ts";
import type { JsonObject } from "./json.ts";
import type { LimitOptions, Read, Written } from "./messages.ts";
import type { AnswerStreamOptions, ModelProvider } from "./provider.ts";
import type { Collector, Left } from "./report.ts";
import type { MessageStream } from "./stream.ts";
import type { TurnTable } from "./turns.ts";

/** A kind of document: what it must have, and its fields without effect on what is said. */
export interface DocumentTable<Facts extends object> {
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
