/** Messages and payloads: read once, frozen, and recognized afterwards. */
import type * as z from "zod/mini";
import { admit, areWithin, type Json, type Limits, payloadLimitsInForce } from "../data/index.ts";
import {
  BrandCarrier,
  concat,
  copiedMap,
  freeze,
  getPrototypeOf,
  isArray,
  isFrozen,
  objectPrototype,
} from "../data/intrinsics.ts";
import { type ErrorCode, formatProblems, GlassineError, type Problem } from "../errors/index.ts";
import { type Compiled, compilerFor, compileSchema, jsonValue } from "../schema/index.ts";
import type { DeepReadonly } from "../slots/index.ts";
import type { Message, MessageInput, MessageSchema } from "./message-types.generated.ts";
import { messageObject } from "./schemas.ts";

/** What is known about a payload root: which schema read it, and under which limits. */
interface PayloadMark {
  schema: Compiled | undefined;
  limits: Limits;
  /** The result of reading it with `schema`: `undefined` or the root if nothing was filled in. */
  result: object | undefined;
  /** What a message was read from, if the reader named it. */
  readonly source: object | undefined;
}

/** Carries the mark. A class of its own, so that the engine sees one field and few shapes here. */
class Marked extends BrandCarrier {
  #mark: PayloadMark;
  constructor(value: object, mark: PayloadMark) {
    super(value);
    this.#mark = mark;
  }
  static of(value: unknown): PayloadMark | undefined {
    if (typeof value !== "object" || value === null) return undefined;
    return #mark in value ? (value as Marked).#mark : undefined;
  }
}
const anyJson = compileSchema(jsonValue(), { closed: false, shownWhole: true });
/** For the schemas of messages and of their parts: what they share is compiled once. */
export const compileMessage: (schema: z.core.$ZodType) => Compiled = compilerFor({
  closed: true,
  shownWhole: true,
});
export const messageReader: Compiled = compileMessage(messageObject);

/** The schema of messages, for hooks whose payload is a message. */
export const messageSchema: MessageSchema = messageObject;

/**
 * Makes a message: checked, defaults filled in, deep-frozen.
 *
 * @throws GlassineError `message_invalid`, with every problem and its path in `data.problems`
 * @example
 * ```ts
 * import { createMessage } from "glassine/messages";
 *
 * const message = createMessage({
 *   role: "user",
 *   content: [{ content_type: "text", text: "Ahoy" }],
 * });
 * console.log(message.schema_version); // 2.0
 * ```
 */
export function createMessage(input: MessageInput): Message {
  return payloadFor(messageReader, input, "message_invalid", "message") as Message;
}

/**
 * Makes a message from plain data that the library built and does not share, so it is read without
 * descriptors. The data is not changed.
 *
 * @throws GlassineError `message_invalid`
 */
export function messageOfPlain(plain: MessageInput): Message {
  return messageReadFrom(undefined, plain);
}

/** Like `messageOfPlain`, for a message from a document, which `sourceOf` then returns. */
export function messageReadFrom(source: object | undefined, plain: MessageInput): Message {
  const limits = payloadLimitsInForce();
  const read = readOpen(messageReader, plain, "message_invalid", "message", limits, "parsed");
  return markPayload(read as object, messageReader, limits, source) as Message;
}

/** Returns what a message was read from; `undefined` for a copy, or one that somebody else made. */
export function sourceOf(message: Message): object | undefined {
  return Marked.of(message)?.source;
}

/**
 * Reads a value once into a deep-frozen copy, which every later `invoke` passes by reference.
 * JSON data only.
 *
 * @throws GlassineError `payload_invalid`
 * @example
 * ```ts
 * import { freezePayload } from "glassine/messages";
 *
 * const payload = freezePayload({ name: "add", args: { a: 1 } });
 * console.log(Object.isFrozen(payload.args)); // true
 * ```
 */
export function freezePayload<const T extends object>(value: T): DeepReadonly<T> {
  if (Marked.of(value) !== undefined) return value as DeepReadonly<T>;
  const limits = payloadLimitsInForce();
  const copy = readOpen(anyJson, value, "payload_invalid", "freezePayload", limits) as Json;
  if (typeof copy !== "object" || copy === null) {
    throw new GlassineError("payload_invalid", "The payload is not an object.");
  }
  return markPayload(copy, undefined, limits) as DeepReadonly<T>;
}

/**
 * Returns `value` as a message. One that the library made and checked before is returned at once,
 * whatever limits it was read under; anything else is read now.
 *
 * @throws GlassineError `message_invalid`
 */
export function messageOf(value: unknown): Message {
  const mark = Marked.of(value);
  if (mark?.schema === messageReader) return (mark.result ?? value) as Message;
  return payloadFor(messageReader, value, "message_invalid", "message") as Message;
}

/**
 * Reads a payload from the host with `compiled`. One that the library made and checked before,
 * under limits no wider than these, is returned at once, by reference.
 */
export function payloadFor(
  compiled: Compiled,
  value: unknown,
  code: ErrorCode,
  what: string,
  limits: Limits = payloadLimitsInForce(),
): object {
  const mark = Marked.of(value);
  if (mark !== undefined && mark.schema === compiled && areWithin(mark.limits, limits)) {
    return mark.result ?? (value as object);
  }
  return readPayload(compiled, value, mark, code, what, limits);
}

/** A separate function, so that the engine inlines `payloadFor`: row D12 of tools/bench/report.md. */
function readPayload(
  compiled: Compiled,
  value: unknown,
  mark: PayloadMark | undefined,
  code: ErrorCode,
  what: string,
  limits: Limits,
): object {
  const read = readOpen(compiled, value, code, what, limits) as object;
  if (mark === undefined) return markPayload(read, compiled, limits);
  // A frozen payload that the schema adds nothing to stays the same object.
  const isSame = equalsFrozen(read, value, limits);
  const result = isSame ? (value as object) : markPayload(read, compiled, limits);
  mark.schema = compiled;
  mark.limits = limits;
  mark.result = result;
  return result;
}

/** Reads a value from the host, which need not be an object, with `compiled`. */
export function valueFor(
  compiled: Compiled,
  value: unknown,
  code: ErrorCode,
  what: string,
  limits: Limits = payloadLimitsInForce(),
): unknown {
  const isObject = typeof value === "object" && value !== null;
  const read = isObject ? payloadFor : readHost;
  return read(compiled, value, code, what, limits);
}

/** Whether a copy equals a value that this library froze. */
function equalsFrozen(copy: object, frozen: unknown, limits: Limits): boolean {
  const options = { origin: "host", limits, shapeCode: "payload_shape", strict: true } as const;
  const again = admit(anyJson.read, copy, options, frozen);
  return again.ok && again.value === frozen;
}

/** Marks a new payload, all of which was checked under `limits`, and freezes it. */
export function markPayload(
  value: object,
  schema: Compiled | undefined,
  limits: Limits,
  source?: object,
): object {
  // A mark must be added before freezing; a frozen value is copied one level deep.
  const open = isFrozen(value) ? shallowCopy(value) : value;
  new Marked(open, { schema, limits, result: undefined, source });
  return freeze(open);
}

function shallowCopy(value: object): object {
  if (isArray(value)) return concat(value);
  return getPrototypeOf(value) === objectPrototype ? { ...value } : copiedMap(value);
}

/** @throws GlassineError `code`, with every problem and its path */
export function readHost(
  compiled: Compiled,
  value: unknown,
  code: ErrorCode,
  what: string,
  limits: Limits = payloadLimitsInForce(),
): unknown {
  return freeze(readOpen(compiled, value, code, what, limits));
}

/** Like `readHost`, with the outermost container left unfrozen for its mark. */
function readOpen(
  compiled: Compiled,
  value: unknown,
  code: ErrorCode,
  what: string,
  limits: Limits,
  origin: "host" | "parsed" = "host",
): unknown {
  const options = { origin, limits, shapeCode: "payload_shape", strict: true } as const;
  const admitted = admit(compiled.read, value, options, undefined, "open");
  if (admitted.ok) return admitted.value;
  throw unreadable(code, what, admitted.problems);
}

export function unreadable(
  code: ErrorCode,
  what: string,
  problems: readonly Problem[],
): GlassineError {
  const subject = code === "payload_invalid" ? `The payload of ${what}` : `The ${what}`;
  const text = `${subject} is not readable. ${formatProblems(problems)}.`;
  return new GlassineError(code, text, { problems });
}
