/**
 * A provider's API, declared as tables, which tell the engine how to read, write and stream:
 *
 * - `BlockTable` (block-kinds.ts): the kinds of blocks and the places they can be in. With it,
 *   read-blocks.ts reads blocks as parts, and blocks.ts writes parts over the blocks that they came
 *   from: what no part shows stays in its place, and what is only valid with the old content is
 *   dropped and reported in `lost`.
 * - `TurnTable` (turns.ts): the system prompt, the turns of a request and their roles.
 *   `TurnFields` (turn-fields.ts): turns that spread a message's list of parts over several fields.
 *   `SectionTable`: turns that are several items in a row of a flat list.
 * - `AnswerTable` (answers.ts): where an answer has its blocks. `AnswersTable`: an answer with
 *   several messages. `FactTable` (facts.ts): an answer's model, stop reason and token counts.
 * - `StreamTable` (answer-stream.ts): what each event does. `PieceTable` (growing-block.ts): how
 *   blocks come in pieces, which is also how `blockEvents` (answer-events.ts) cuts an answer into
 *   events. Streams without blocks have functions instead of both.
 * - `finish`: what follows from the content of a written document, such as the numbers of choices.
 * - `settings`: a document's fields without effect on what is said. A field that no table names is
 *   content that nobody has seen, and is reported in `left`.
 *
 * Whatever is peculiar to a format is a function in a table: a `FieldRule` for a field that is more
 * than a string (field-rules.ts has those that formats share), the `apply` of an event, `fresh`.
 */
import type * as z from "zod/mini";
import type { Message } from "../../core/messages/index.ts";
import type { WriteEvents } from "./answer-events.ts";
import type { StreamReading, StreamTable } from "./answer-stream.ts";
import type { AnswersTable, AnswerTable } from "./answers.ts";
import type { BlockTable } from "./block-kinds.ts";
import type { BytesTable } from "./bytes.ts";
import type { AnswerFacts, GivenFacts, ModelFacts } from "./facts.ts";
import type { JsonObject } from "./json.ts";
import type { LimitOptions, Read, Written } from "./messages.ts";
import type { AnswerStreamOptions, ModelProvider } from "./provider.ts";
import type { Reading } from "./reading.ts";
import type { Collector, Lost } from "./report.ts";
import type { MessageStream } from "./stream.ts";
import type { TurnTable } from "./turns.ts";

/** How a document is checked: with a schema or, if that is not enough, with a function. */
type DocumentCheck =
  | { readonly schema: z.ZodMiniType }
  /** For `previous`, see `readDocumentAgain`. */
  | { readonly check: (document: unknown, previous?: object) => JsonObject };

/** A kind of document: what it must contain, and its fields without effect on what is said. */
export type DocumentTable<Facts extends object> = DocumentCheck & DocumentFields<Facts>;

interface DocumentFields<Facts extends object> {
  /** Returns what a document says about slots, if tables do not declare it. */
  readonly extensions?: (document: JsonObject) => Facts;
  /** Changes a new document where something follows from its content, and reports what was lost. */
  readonly finish?: (
    written: JsonObject,
    old: OldDocument | undefined,
    lost: Collector<Lost>,
    given: GivenFacts,
  ) => JsonObject;
  /** Reports fields in the format's own way, and returns their names. */
  readonly report?: (document: JsonObject, reading: Reading) => readonly string[];
  readonly settings: readonly string[];
  /** Fields that are the same in each document. */
  readonly constants?: readonly string[];
}

/** A document that messages are written over. */
export interface OldDocument {
  readonly given: JsonObject;
  /** The same, but a value that another program may read differently is what was read. */
  readonly document: JsonObject;
}

/** What a guard knows about a format besides its documents. */
type GuardTable = Pick<
  ModelProvider,
  | "name"
  | "requests"
  | "modelIn"
  | "ownHeaders"
  | "repeatedIn"
  | "eventTexts"
  | "lastData"
  | "denied"
> & {
  /** Default: false. */
  readonly namesEvents?: boolean;
  /** Default: `denied`. */
  readonly deniedEvent?: ModelProvider["deniedEvent"];
};

/** The tables of one format. */
export interface ProviderTable<
  Name extends string,
  RequestExtensions extends object = ModelFacts<Name>,
  AnswerExtensions extends object = AnswerFacts<Name>,
> {
  readonly guard: GuardTable;
  /** The name of the format's vendor in slots. */
  readonly vendor: Name;
  /**
   * The public names of the provider's functions, for error messages; or the word in all of them:
   * `Chat` in `fromChatRequest`, `toChatResponse` and `chatStream`.
   */
  readonly calls: string | Calls;
  /** Set if documents contain bytes, as in an SDK whose documents are not plain JSON. */
  readonly bytes?: BytesTable;
  readonly blocks: BlockTable;
  readonly request: DocumentTable<RequestExtensions> & TurnTable & { readonly model?: string };
  readonly answer: DocumentTable<AnswerExtensions> &
    (AnswerTable | AnswersTable) & {
      /** The blocks of answers, if not those of requests. */
      readonly blocks?: BlockTable;
    };
  readonly stream:
    | StreamTable
    | ((options: AnswerStreamOptions, read: StreamReading) => MessageStream<unknown, JsonObject>);
  readonly events: WriteEvents;
}

/** Options for writing a request. */
export interface WriteRequestOptions<Document extends object = JsonObject> extends LimitOptions {
  /** The request that the messages came from, or one that only has settings and no messages. */
  readonly onto?: Document | undefined;
  /** Only used without `onto`: the model is `llm.model_id`. */
  readonly extensions?:
    | { readonly llm?: { readonly model_id?: string | undefined } | undefined }
    | undefined;
}

/** Options for writing an answer. */
export interface WriteAnswerOptions<Document extends object = JsonObject> extends LimitOptions {
  /** The answer that the message came from. */
  readonly onto?: Document | undefined;
  /** Only used without `onto`: id, model, stop reason and usage. */
  readonly extensions?: GivenFacts | undefined;
}

/** The names of the provider's functions that convert documents. */
export interface Calls {
  readonly readRequest: string;
  readonly writeRequest: string;
  readonly readAnswer: string;
  readonly writeAnswer: string;
  readonly stream: string;
  readonly toEvents: string;
}

/** The accumulator of a streamed answer. */
export interface TableStream<
  Name extends string,
  Document extends object,
  AnswerExtensions extends object = AnswerFacts<Name>,
> extends MessageStream<unknown, Document> {
  readonly current: Read<AnswerExtensions>;
}

/**
 * A provider that reads, writes and streams documents with tables. The schemas check documents and
 * events; a caller may name the SDK's types for them.
 */
export interface TableProvider<
  Name extends string,
  Request extends object = JsonObject,
  Answer extends object = JsonObject,
  Event extends object = JsonObject,
  RequestExtensions extends object = ModelFacts<Name>,
  AnswerExtensions extends object = AnswerFacts<Name>,
> extends ModelProvider {
  readonly readRequest: (document: unknown, options?: LimitOptions) => Read<RequestExtensions>;
  readonly writeRequest: <Document extends object = Request>(
    messages: readonly Message[],
    options?: WriteRequestOptions<Document>,
  ) => Written<Document>;
  readonly readAnswer: (document: unknown, options?: LimitOptions) => Read<AnswerExtensions>;
  readonly writeAnswer: <Document extends object = Answer>(
    messages: readonly Message[],
    options?: WriteAnswerOptions<Document>,
  ) => Written<Document>;
  readonly stream: <Document extends object = Answer>(
    options?: AnswerStreamOptions,
  ) => TableStream<Name, Document, AnswerExtensions>;
  readonly toEvents: <Each extends object = Event>(
    document: unknown,
    options?: LimitOptions,
  ) => readonly Each[];
}
