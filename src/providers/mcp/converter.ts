/** Makes the functions that read and write one kind of document. */
import type * as z from "zod/mini";
import type { Message } from "../../core/messages/index.ts";
import {
  type Read,
  type Reading,
  readDocument,
  type Written,
  withLimits,
} from "../rewrite/index.ts";
import {
  type Onto,
  type ReadOptions,
  type RequestOptions,
  readCallOptions,
} from "./call-options.ts";
import { type LostReports, lostReports, mcpReading, readMessages, written } from "./report.ts";

/** A kind of document. */
export interface DocumentKind<Schema extends z.ZodMiniType = z.ZodMiniType> {
  readonly what: string;
  readonly schema: Schema;
  /** True for an answer: the host must then pass the name of the call. */
  readonly isAnswer?: boolean;
}

/** Makes the function named `call`, which reads one kind of document. */
/* @__NO_SIDE_EFFECTS__ */
export function documentReader<
  Schema extends z.ZodMiniType,
  Slots extends object,
  Options extends RequestOptions = RequestOptions,
>(
  call: string,
  kind: DocumentKind<Schema>,
  read: (
    document: z.output<Schema>,
    reading: Reading,
    options: ReadOptions<Options>,
  ) => Read<Slots>,
): (document: object, options: Options) => Read<Slots> {
  return withLimits(call, (document: object, given: Options) => {
    const options = readCallOptions(given, call, kind.isAnswer);
    const known = readDocument(kind.schema, document, kind.what);
    return read(known, mcpReading({ id: options.id }), options);
  });
}

/** Makes the function named `call`, which writes one kind of document, over `onto` if given. */
/* @__NO_SIDE_EFFECTS__ */
export function documentWriter<
  Schema extends z.ZodMiniType,
  Options extends RequestOptions & Onto = RequestOptions & Onto,
>(
  call: string,
  kind: DocumentKind<Schema>,
  write: (
    messages: readonly Message[],
    before: z.output<Schema> | undefined,
    lost: LostReports,
    options: ReadOptions<Options>,
  ) => object,
): (messages: readonly Message[], options: Options) => Written<object> {
  return withLimits(call, (messages: readonly Message[], given: Options) => {
    const options = readCallOptions(given, call, kind.isAnswer);
    const lost = lostReports();
    const { onto } = given;
    const before = onto === undefined ? undefined : readDocument(kind.schema, onto, kind.what);
    return written(write(readMessages(messages), before, lost, options), kind.what, lost);
  });
}
