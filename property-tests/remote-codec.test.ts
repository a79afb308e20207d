/** Laws of the codec: it reads back what it writes, and refuses or repairs what is damaged. */
import fc from "fast-check";
import { allow, deny, GlassineError } from "glassine";
import { type DecodedMessage, decodeMessage, encodeMessage } from "glassine/messages";
import {
  type Answer,
  decodeError,
  decodeResult,
  encodeError,
  encodeResult,
  type WireExecution,
} from "glassine/remote";
import { describe, expect, it } from "vitest";
import { type Wire, wireOf } from "./support/boundary.ts";
import { documentsOf, grantsOf } from "./support/documents.ts";
import { hostileValues, Watch } from "./support/hostile.ts";
import { messageDocuments } from "./support/messages.ts";
import { type Outcome, outcomeOf } from "./support/outcome.ts";
import { plansOf, propose } from "./support/proposals.ts";
import { share } from "./support/runs.ts";
import { jsonValues, keys, mapOf, texts } from "./support/schema-values.ts";
import { type World, worlds } from "./support/tables.ts";

const jsonMaps = mapOf(keys, jsonValues, 3);
const whole = fc.nat({ max: 2 ** 31 });
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

const executions: fc.Arbitrary<WireExecution> = fc.record({
  pluginId: texts,
  plugin: texts,
  pluginKind: texts,
  hook: texts,
  mode: fc.constantFrom("sequential", "transform", "audit", "concurrent", "disabled"),
  status: fc.constantFrom("completed", "error", "timeout", "skipped", "cancelled", "disabled"),
  requestedAllow: maybe(fc.boolean()),
  effectiveAllow: fc.boolean(),
  matched: maybe(fc.boolean()),
  applied: fc.boolean(),
  payloadModified: fc.boolean(),
  extensionsModified: fc.boolean(),
  durationNs: whole,
  reason: maybe(texts),
  errorCode: maybe(texts),
  configKeys: fc.array(texts, { maxLength: 2 }),
});

/** Headers that a plugin may write, and sensitive ones, which do not cross. */
const answerHeaders = mapOf(
  fc.constantFrom("accept", "X-A", "x-b", "7", "constructor", "authorization", " Cookie "),
  fc.constantFrom("", "1", "a b\tc", "\u00e9"),
);

const answers: fc.Arbitrary<Answer> = fc.record(
  {
    httpHeaders: answerHeaders,
    retryDelayMs: whole,
    mcpErrorCode: fc.integer(),
    httpStatusCode: whole,
  },
  { requiredKeys: [] },
);

/** A document that was written, and how to read and write it. */
interface Codec {
  readonly text: string;
  readonly decode: (text: string) => unknown;
  /** The decoded value, encoded again. */
  readonly encode: (decoded: never) => string;
}

/** The context of a task, as `decodeTask` returns it. */
function contextOf(
  hook: string,
  capabilities: readonly string[],
  operation: unknown,
  done: boolean | undefined,
) {
  return {
    plugin: { name: "far-away", version: "1.0.0" },
    hook,
    capabilities,
    config: { depth: 1 },
    operation: operation as Record<string, unknown> | undefined,
    stream: done === undefined ? undefined : { done },
    request: "r-1",
    signal: new AbortController().signal,
    state: new Map(),
  };
}

function tasksOf({ slots, host }: World, wire: Wire): fc.Arbitrary<Codec> {
  return fc
    .tuple(
      documentsOf(slots),
      grantsOf(slots),
      maybe(jsonMaps),
      messageDocuments,
      maybe(fc.boolean()),
    )
    .map(([document, grant, operation, payload, done]) => {
      const capabilities = host.resolveCapabilities(grant);
      const context = contextOf("cmf.tool_pre_invoke", capabilities, operation, done);
      const extensions = host.filterExtensions(host.createExtensions(document), grant);
      return {
        text: wire.encodeTask({ payload, context, extensions }),
        decode: wire.decodeTask,
        encode: wire.encodeTask,
      };
    });
}

function resultsOf({ slots }: World, wire: Wire): fc.Arbitrary<Codec> {
  const denials = fc
    .record(
      { description: texts, details: jsonMaps, code: fc.constantFrom("no", "a.b:c-1") },
      { requiredKeys: ["code"] },
    )
    .map((rest) => deny({ reason: "No", ...rest }));
  const changes = fc
    .tuple(plansOf(slots, 1), jsonMaps, jsonMaps, fc.nat(7))
    .map(([plan, words, metadata, which]) => {
      const proposal = propose(slots, {}, plan);
      return {
        ...((which & 1) === 0 ? {} : { modifiedExtensions: proposal }),
        ...((which & 2) === 0 ? {} : { modifiedPayload: words }),
        ...((which & 4) === 0 ? {} : { metadata }),
      };
    });
  const returned = fc.oneof(fc.constantFrom(undefined, null, allow()), denials, changes);
  // Header maps are returned only over a view, even an empty one.
  const extensions = {};
  return fc
    .tuple(returned, answers, maybe(fc.array(executions, { maxLength: 2 })))
    .map(([result, answer, records]) => ({
      text: wire.encodeResult(result, { ...answer, executions: records }),
      decode: (text: string) => wire.decodeResult(text, { extensions }),
      encode: (decoded: ReturnType<Wire["decodeResult"]>) =>
        wire.encodeResult(decoded.result, { ...decoded.answer, executions: decoded.executions }),
    }));
}

const errors: fc.Arbitrary<Codec> = fc
  .tuple(
    fc.oneof(
      texts.map((message) => new Error(message)),
      texts.map((message) => new GlassineError("label_invalid", message)),
      jsonValues,
    ),
    fc.record(
      { plugin: texts, details: jsonMaps, mcpErrorCode: fc.integer() },
      { requiredKeys: ["plugin"] },
    ),
  )
  .map(([thrown, options]) => ({
    text: encodeError(thrown, options),
    decode: (text: string) => decodeError(text),
    encode: (error: GlassineError) =>
      encodeError(error, error.data as { plugin: string; mcpErrorCode: number }),
  }));

const messages: fc.Arbitrary<Codec> = messageDocuments.map((document) => ({
  text: encodeMessage(decodeMessage(document).message),
  decode: (text: string) => decodeMessage(text),
  encode: ({ message }: DecodedMessage) => encodeMessage(message),
}));

function extensionsOf({ slots, host }: World): fc.Arbitrary<Codec> {
  return documentsOf(slots).map((document) => ({
    text: host.encodeExtensions(host.createExtensions(document)),
    decode: (text: string) => host.decodeExtensions(text),
    encode: ({ extensions }: { readonly extensions: object }) => host.encodeExtensions(extensions),
  }));
}

/** The decoded value as text. What was dropped is reported once. */
function textOf(decoded: unknown): string {
  if (decoded instanceof GlassineError) {
    return JSON.stringify([decoded.code, decoded.message, decoded.data]);
  }
  const { dropped: _, droppedCount: __, ...rest } = decoded as Record<string, unknown>;
  return JSON.stringify(rest);
}

const codecs = worlds.flatMap((world) => {
  const wire = wireOf(world);
  return [
    [`tasks of ${world.name}`, tasksOf(world, wire)],
    [`results over ${world.name}`, resultsOf(world, wire)],
    [`extensions of ${world.name}`, extensionsOf(world)],
  ] as const;
});

const tokens = [
  '""',
  "null",
  "true",
  "-1",
  "1e999",
  "{}",
  "[]",
  ",",
  ":",
  "{",
  "}",
  "[",
  "]",
  '"',
  "\\",
  "\\u0000",
  "\\ud800",
  "\u0000",
  "\ufeff",
  " ",
  "0",
  "é",
];

/** A token of JSON text: a string, a word or number, or punctuation. */
const anyToken = /"(?:[^"\\]|\\.)*"|[\w.+-]+|[{}[\],:]/g;

/** One token of JSON text replaced, duplicated or removed. */
function tokenChanged(text: string, place: number, by: string, how: number): string {
  const found = [...text.matchAll(anyToken)];
  const { 0: token, index } = found[place % found.length] as RegExpExecArray;
  const now = how === 0 ? by : how === 1 ? token + token : how === 2 ? "" : `${by}${token}`;
  return text.slice(0, index) + now + text.slice(index + token.length);
}

/** One byte of JSON text replaced, inserted or removed, decoded as UTF-8. */
function byteChanged(text: string, place: number, byte: number, how: number): string {
  const bytes = [...new TextEncoder().encode(text)];
  const at = place % bytes.length;
  if (how === 0) bytes[at] = byte;
  else if (how === 1) bytes.splice(at, 0, byte);
  else bytes.splice(at, 1);
  return new TextDecoder().decode(Uint8Array.from(bytes));
}

const all = [...codecs, ["errors", errors], ["messages", messages]] as const;

describe.each(all)("%s", (_name, documents) => {
  it("L28: encoding and decoding again changes neither the text nor the data", () => {
    fc.assert(
      fc.property(documents, ({ text, decode, encode }) => {
        const first = decode(text);
        const again = encode(first as never);
        expect(textOf(decode(again))).toBe(textOf(first));
        expect(encode(decode(again) as never)).toBe(again);
      }),
      share(0.5),
    );
  });

  it("L28: two documents decode alike if and only if they encode alike", () => {
    fc.assert(
      fc.property(documents, documents, (a, b) => {
        const [one, other] = [a, b].map(({ text, decode, encode }) => {
          const decoded = decode(text);
          return { data: textOf(decoded), written: encode(decoded as never) };
        });
        expect(one?.written === other?.written).toBe(one?.data === other?.data);
      }),
      share(0.25),
    );
  });

  it("L29: a document with one changed byte or token is refused with a listed code, or survives a round trip", () => {
    const changes = fc.oneof(
      fc.tuple(fc.constant(byteChanged), fc.nat(), fc.nat(255), fc.nat(2)),
      fc
        .tuple(fc.nat(), fc.constantFrom(...tokens), fc.nat(3))
        .map((rest) => [tokenChanged, ...rest] as const),
    );
    fc.assert(
      fc.property(documents, changes, ({ text, decode, encode }, [change, place, by, how]) => {
        const damaged = change(text, place, by as never, how);
        const outcome: Outcome<unknown> = outcomeOf(() => decode(damaged));
        if (!outcome.ok) return;
        const again = encode(outcome.value as never);
        expect(textOf(decode(again))).toBe(textOf(outcome.value));
        expect(encode(decode(again) as never)).toBe(again);
      }),
    );
  });
});

describe("denials", () => {
  const fields = [
    "modified_payload",
    "modified_extensions",
    "as_returned",
    "metadata",
    "http_headers",
    "retry_delay_ms",
    "executions",
    "more",
  ] as const;
  const said = [
    "reason",
    "description",
    "code",
    "details",
    "mcp_error_code",
    "proto_error_code",
    "http_status_code",
    "http_headers",
    "plugin_name",
  ] as const;
  const valuesAt = (names: readonly string[], value: fc.Arbitrary<unknown>) =>
    fc.record(Object.fromEntries(names.map((name) => [name, value])), { requiredKeys: [] });
  const documents = fc
    .tuple(
      valuesAt(fields, jsonValues),
      fc.oneof(jsonValues, valuesAt(said, fc.oneof(jsonValues, texts))),
      fc.boolean(),
    )
    .map(([rest, violation, isSaid]) => ({
      ...rest,
      continue_processing: false,
      ...(isSaid ? { violation } : {}),
    }));

  it("L29: a document that stops the operation is a denial, whatever else it contains", () => {
    fc.assert(
      fc.property(documents, (document) => {
        const { result, violation, answer, executions } = decodeResult(JSON.stringify(document));
        expect(violation).toBeDefined();
        const again = decodeResult(encodeResult(result, { ...answer, executions }));
        expect([again.violation, again.answer, again.executions]).toEqual([
          violation,
          answer,
          executions,
        ]);
        expect(again.dropped).toEqual([]);
      }),
    );
  });

  it("L29: a document that stops the operation is a denial even with hostile values in it, and none of their code runs", () => {
    const spoilt = fc.constantFrom(
      ...fields,
      "violation",
      ...said.map((name) => `violation.${name}`),
    );
    fc.assert(
      fc.property(
        documents,
        fc.constantFrom(...hostileValues),
        spoilt,
        (document, hostile, place) => {
          const watch = new Watch();
          const [outer, inner] = place.split(".") as [string, string?];
          const value = hostile.make(watch);
          const odd = { ...document, [outer]: inner === undefined ? value : { [inner]: value } };
          expect(decodeResult(odd).violation).toBeDefined();
          expect(watch.ran).toBe(0);
        },
      ),
      share(0.25),
    );
  });
});
