/** Laws of the AI SDK's adapter: reading and writing change nothing except what was edited. */
import type { LanguageModelV3StreamPart } from "@ai-sdk/provider";
import { modelMessageSchema } from "ai";
import fc from "fast-check";
import {
  contentStream,
  fromContent,
  fromModelMessages,
  fromPrompt,
  type PromptLike,
  type ResultLike,
  type StreamPartLike,
  toContent,
  toModelMessages,
  toPrompt,
  toStreamParts,
} from "glassine/ai-sdk";
import type { Message } from "glassine/messages";
import { adapterLaws } from "glassine/testing";
import { describe, expect, it } from "vitest";
import { providers } from "../src/providers/ai-sdk/tables.ts";
import { pathOf } from "../src/providers/rewrite/index.ts";
import { verifies } from "../test/support/verifies.ts";
import {
  doubtful,
  messages,
  modelMessages,
  normal,
  olderPrompts,
  olderResults,
  plainModelMessages,
  plainPrompts,
  plainResults,
  prompts,
  results,
} from "./support/ai-sdk.ts";
import {
  newerPrompts,
  newerResults,
  plainNewerPrompts,
  plainNewerResults,
} from "./support/ai-sdk-newer.ts";
import { isObject, reach } from "./support/data.ts";
import { hostiles, Watch } from "./support/hostile.ts";
import { outcomeOf } from "./support/outcome.ts";
import { casesOf, expectSome, share } from "./support/runs.ts";

interface Written {
  readonly document: unknown;
  readonly lost: readonly unknown[];
}
interface Pair<Document> {
  readonly name: string;
  readonly all: fc.Arbitrary<Document>;
  readonly plain: fc.Arbitrary<Document>;
  readonly from: (document: Document) => {
    readonly messages: readonly Message[];
    readonly extensions: object;
    readonly left: readonly { readonly kind: string; readonly path: string }[];
  };
  readonly onto: (messages: readonly Message[], onto: Document) => Written;
  readonly fresh: (messages: readonly Message[], extensions?: object) => Written;
}
const pair = <Document>(each: Pair<Document>) => each as unknown as Pair<unknown>;

const promptPair = pair<PromptLike>({
  name: "prompts",
  all: fc.oneof(prompts, plainPrompts),
  plain: fc.oneof(prompts, plainPrompts),
  from: fromPrompt,
  onto: (list, onto) => toPrompt(list, { onto }),
  fresh: (list) => toPrompt(list),
});
const olderPair = pair<PromptLike>({
  ...promptPair,
  name: "prompts of ai 5",
  all: olderPrompts,
  plain: olderPrompts,
  from: fromPrompt,
  onto: (list, onto) => toPrompt(list, { onto, specificationVersion: "v2" }),
  fresh: (list) => toPrompt(list, { specificationVersion: "v2" }),
});
const messagePair = pair<PromptLike>({
  name: "lists of ModelMessage",
  all: modelMessages,
  plain: fc.oneof(modelMessages, plainModelMessages),
  from: fromModelMessages,
  onto: (list, onto) => toModelMessages(list, { onto }),
  fresh: (list) => toModelMessages(list),
});
const resultPair = pair<ResultLike>({
  name: "results",
  all: fc.oneof(results, plainResults),
  plain: fc.oneof(results, plainResults),
  from: fromContent,
  onto: (list, onto) => toContent(list, { onto }),
  fresh: (list, extensions = {}) => toContent(list, { extensions }),
});
const olderResultPair = pair<ResultLike>({
  ...resultPair,
  name: "results of ai 5",
  all: olderResults as fc.Arbitrary<ResultLike>,
  plain: olderResults as fc.Arbitrary<ResultLike>,
  from: fromContent,
  onto: (list, onto) => toContent(list, { onto, specificationVersion: "v2" }),
  fresh: (list, extensions = {}) => toContent(list, { extensions, specificationVersion: "v2" }),
});
const newerPair = pair<PromptLike>({
  ...promptPair,
  name: "prompts of ai 7",
  all: fc.oneof(newerPrompts, plainNewerPrompts),
  plain: plainNewerPrompts,
  from: fromPrompt,
  onto: (list, onto) => toPrompt(list, { onto, specificationVersion: "v4" }),
  fresh: (list) => toPrompt(list, { specificationVersion: "v4" }),
});
const newerResultPair = pair<ResultLike>({
  ...resultPair,
  name: "results of ai 7",
  all: fc.oneof(newerResults, plainNewerResults),
  plain: plainNewerResults,
  from: fromContent,
  onto: (list, onto) => toContent(list, { onto, specificationVersion: "v4" }),
  fresh: (list, extensions = {}) => toContent(list, { extensions, specificationVersion: "v4" }),
});
const pairs = [
  promptPair,
  olderPair,
  newerPair,
  messagePair,
  resultPair,
  olderResultPair,
  newerResultPair,
];

it.each(pairs)("$name written over themselves are unchanged and frozen", ({ all, from, onto }) => {
  verifies("aisdk:onto", "aisdk:frozen");
  fc.assert(
    fc.property(all, (document) => {
      const before = JSON.stringify(normal(document));
      const { messages: shown, left } = from(document);
      const written = onto(shown, document);
      expect(written.document).toEqual(document);
      expect(written.lost).toEqual([]);
      expect(JSON.stringify(normal(document))).toBe(before);
      const given = reach({ shown, left, written });
      for (const each of reach(document)) expect(given.has(each)).toBe(false);
      for (const each of [...reach(shown), ...reach(left), ...reach(written)]) {
        const isHosts = each instanceof URL || each instanceof Uint8Array || each instanceof Date;
        expect(isHosts || each instanceof ArrayBuffer || Object.isFrozen(each)).toBe(true);
      }
    }),
  );
});

it.each(pairs)("$name with nothing left over survive a round trip", ({ plain, from, fresh }) => {
  verifies("aisdk:round-trip");
  let met = 0;
  fc.assert(
    fc.property(plain, (document) => {
      const { messages: shown, extensions, left } = from(document);
      if (left.length > 0) return;
      met += 1;
      const written = fresh(shown, extensions);
      expect(normal(written.document)).toEqual(normal(document));
    }),
  );
  expectSome(met);
});

it.each([promptPair, newerPair, messagePair])(
  "messages that lose nothing survive a round trip through $name",
  ({ from, fresh }) => {
    verifies("aisdk:messages-round-trip");
    let met = 0;
    fc.assert(
      fc.property(fc.array(messages, { maxLength: 3 }), (list) => {
        const { document, lost } = fresh(list);
        if (lost.length > 0) return;
        met += list.length;
        expect(from(document).messages).toEqual(list);
      }),
    );
    expectSome(met);
  },
);

it("messages that lose nothing survive a round trip through results", () => {
  verifies("aisdk:messages-round-trip");
  let met = 0;
  fc.assert(
    fc.property(messages, (message) => {
      const { document, lost } = toContent([message]);
      if (lost.length > 0) return;
      met += 1;
      expect(fromContent(document).messages).toEqual([message]);
    }),
  );
  expectSome(met);
});

/** Each value in a document with its path, as reports write it. */
function leavesOf(value: unknown, path: readonly (string | number)[] = []): [string, unknown][] {
  if (!isObject(value)) return [[pathOf(...path), value]];
  const entries = Object.entries(value).map(([key, item]) => {
    return leavesOf(item, [...path, Array.isArray(value) ? Number(key) : key]);
  });
  return entries.flat();
}

it.each(pairs)("$name differ from a fresh document only where something is left over", (each) => {
  verifies("aisdk:left");
  const { all, from, fresh } = each;
  let met = 0;
  fc.assert(
    fc.property(all, (document) => {
      const { messages: shown, extensions, left } = from(document);
      const paths = left.map(({ path }) => path);
      // Without hidden parts, all others have the same index.
      if (paths.some((path) => /(^|\.)(content|value)\[\d+\]$/.test(path))) return;
      const isReported = (at: string) =>
        paths.some((path) => at.startsWith(path) && /^($|[.[])/.test(at.slice(path.length)));
      const before = new Map(leavesOf(normal(document)));
      const after = new Map(leavesOf(normal(fresh(shown, extensions).document)));
      for (const [at, value] of before) {
        if (!isReported(at)) expect([at, after.get(at)]).toEqual([at, value]);
        else met += 1;
      }
      for (const [at, value] of after)
        if (!isReported(at)) expect([at, before.get(at)]).toEqual([at, value]);
    }),
  );
  expectSome(met);
});

/** Parts that messages do not show, in order. */
const hiddenTypes = ["tool-approval-response", "tool-approval-request"];
const hiddenIn = (value: unknown) =>
  [...reach(value)].filter((each) => hiddenTypes.includes(String(Reflect.get(each, "type"))));

it.each([promptPair, messagePair])(
  "what messages do not show of $name keeps its order, whatever happens to the rest",
  ({ all, from, onto }) => {
    verifies("aisdk:unshown-kept");
    let met = 0;
    fc.assert(
      fc.property(
        all,
        fc.infiniteStream(fc.boolean()),
        fc.array(messages),
        (document, keep, more) => {
          const shown = from(document).messages;
          const kept = shown.map((message) => ({
            ...message,
            content: message.content.filter(() => keep.next().value),
          }));
          // A message that was replaced counts as its replacement.
          const before = shown.map((each) => JSON.stringify(each));
          const after = [...kept, ...more] as Message[];
          const isOther = (each: Message, at: number) =>
            before.includes(JSON.stringify(each)) && before[at] !== JSON.stringify(each);
          if (after.some(isOther) || new Set(before).size < before.length) return;
          const written = onto(after, document).document;
          const hidden = hiddenIn(document);
          met += hidden.length;
          expect(hiddenIn(written)).toEqual(hidden);
        },
      ),
    );
    expectSome(met);
  },
);

/** What must not remain of a changed message or result. */
function withoutStale(fields: Record<string, unknown>, role: string): object {
  const { providerOptions, providerMetadata: _, request, response, ...rest } = fields;
  if (fields.role === undefined) {
    const bodiless = Object.entries({ request, response }).flatMap(([name, value]) => {
      if (value === undefined) return [];
      const { body: _, ...others } = value as Record<string, unknown>;
      return [[name, others]];
    });
    return { ...rest, ...Object.fromEntries(bodiless) };
  }
  const { left } = fromPrompt([{ role: "user", content: "", providerOptions }]);
  const isStale = role === "assistant" && left.some(({ kind }) => kind === "content");
  return isStale || providerOptions === undefined ? rest : { ...rest, providerOptions };
}

it.each([promptPair, messagePair, resultPair])(
  "in $name a changed text changes, with its settings unless a model wrote it, and nothing else",
  ({ all, from, onto }) => {
    verifies("aisdk:changed-part", "aisdk:provider-fields", "aisdk:copies");
    let met = 0;
    fc.assert(
      fc.property(all, (document) => {
        const shown = from(document).messages;
        const text = "changed";
        const mark = (value: unknown): unknown => {
          if (Array.isArray(value)) return value.map(mark);
          if (!isObject(value)) return value;
          const { content_type } = value as Record<string, unknown>;
          if (content_type === "text" || content_type === "thinking") return { content_type, text };
          if (content_type !== undefined) return value;
          return { ...value, content: mark((value as { content: unknown }).content) };
        };
        const changed = mark(shown) as Message[];
        const written = normal(onto(changed, document).document);
        const expected = (value: unknown, role = "assistant"): unknown => {
          if (Array.isArray(value)) return value.map((each) => expected(each, role));
          if (!isObject(value)) return value;
          const fields = value as Record<string, unknown>;
          if (fields.type === "text" || fields.type === "reasoning") {
            if (fields.text === text) return fields;
            met += 1;
            const { providerOptions: _, providerMetadata: __, ...rest } = fields;
            return { ...(role === "assistant" ? rest : fields), text };
          }
          if (!("content" in fields)) return value;
          const inside = typeof fields.role === "string" ? fields.role : role;
          const content =
            typeof fields.content === "string" ? text : expected(fields.content, inside);
          if (JSON.stringify(content) === JSON.stringify(fields.content)) return fields;
          return { ...withoutStale(fields, inside), content };
        };
        expect(written).toEqual(expected(normal(document)));
      }),
    );
    expectSome(met);
  },
);

it("an input that another program may read differently is reported, and never written", () => {
  verifies("aisdk:input");
  let met = 0;
  fc.assert(
    fc.property(results, (result) => {
      const twice = { ...result, content: result.content.map(doubtful) };
      const { messages: shown, left } = fromContent(twice);
      const { content } = toContent(shown, { onto: twice }).document;
      for (const [at, part] of result.content.entries()) {
        const given = twice.content[at];
        if (given === part || part.type !== "tool-call") continue;
        met += 1;
        const path = `content[${at}].input`;
        expect(left).toContainEqual({ path, kind: "content", reason: expect.any(String) });
        expect((content[at] as typeof part).input).not.toBe((given as typeof part).input);
      }
    }),
  );
  expectSome(met);
});

const files: readonly unknown[] = ["file", "image", "media", "file-data", "image-data"];

it("base64 is never written where the SDK reads a URL", () => {
  verifies("aisdk:base64-only");
  let met = 0;
  fc.assert(
    fc.property(fc.array(messages, { maxLength: 3 }), (list) => {
      const urls = new Set(
        [...reach(list)].flatMap((each) => {
          const { type, data } = each as { type?: unknown; data?: unknown };
          return type === "url" ? [data, hrefOf(String(data))] : [];
        }),
      );
      for (const { document } of [toPrompt(list), toModelMessages(list), toContent(list)]) {
        for (const each of reach(document)) {
          const { data, image } = each as { data?: unknown; image?: unknown };
          const source = data ?? image;
          const text = source instanceof URL ? source.href : source;
          const isFile = files.includes((each as { type?: unknown }).type);
          if (isFile && typeof text === "string" && text.includes(":")) {
            met += 1;
            expect(urls).toContain(text);
          }
        }
      }
    }),
  );
  expectSome(met);
});

const hrefOf = (text: string) => (URL.canParse(text) ? new URL(text).href : text);

/** A result's events split up: each delta in pieces, and blocks interleaved. */
const cut = (result: ResultLike) =>
  fc.infiniteStream(fc.nat(9)).map((chance) => {
    const next = (most: number) => (chance.next().value as number) % most;
    const parts = toStreamParts(result);
    const lanes: StreamPartLike[][] = [];
    for (const event of parts) {
      const { delta } = event as { delta?: string };
      const lane = lanes.at(-1);
      if (delta !== undefined) {
        let rest = delta;
        while (rest !== "") {
          const size = 1 + next(3);
          lane?.push({ ...event, delta: rest.slice(0, size) } as StreamPartLike);
          rest = rest.slice(size);
        }
      } else if (event.type.endsWith("-end")) lane?.push(event);
      else lanes.push([event]);
    }
    const last = lanes.pop();
    const events: StreamPartLike[] = [];
    let open = 0;
    // Parts begin in their order; the rest of each comes at any time.
    while (lanes.some((lane) => lane.length > 0)) {
      const begun = lanes.slice(0, open).filter((lane) => lane.length > 0);
      const at = next(begun.length + 1);
      const lane = begun[at] ?? lanes[open];
      if (begun[at] === undefined) open += 1;
      const event = lane?.shift();
      if (event !== undefined) events.push(event);
    }
    return [...events, ...(last ?? [])];
  });

const streamed = (events: readonly StreamPartLike[]) => {
  const stream = contentStream();
  for (const event of events) {
    expect(stream.done).toBe(false);
    stream.push(event);
  }
  return stream;
};

it("a result reads the same with and without streaming, however its events are split", () => {
  verifies("aisdk:streamed-alike");
  let met = 0;
  fc.assert(
    fc.property(
      results.chain((result) => fc.tuple(fc.constant(result), cut(result))),
      ([result, events]) => {
        const stream = streamed(events);
        const { request: _, response, ...rest } = result;
        const { id, timestamp, modelId } = response ?? {};
        met += events.length;
        expect(stream.done).toBe(true);
        expect(normal(stream.document)).toEqual(
          normal({
            ...rest,
            ...(id === undefined && timestamp === undefined && modelId === undefined
              ? {}
              : { response: { id, timestamp, modelId } }),
          }),
        );
        const whole = fromContent(result);
        expect(stream.current.messages).toEqual(whole.messages);
        expect(stream.current.extensions).toEqual(whole.extensions);
      },
    ),
  );
  expectSome(met);
});

it("the events of a streamed result stream it again", () => {
  verifies("aisdk:stream-events");
  fc.assert(
    fc.property(
      results.chain((result) => cut(result)),
      (events) => {
        const { document } = streamed(events);
        const again = streamed(toStreamParts<LanguageModelV3StreamPart>(document));
        expect(again.document).toEqual(document);
      },
    ),
  );
});

it("a stream shows a prefix of each text at any time", () => {
  verifies("aisdk:stream-current");
  const textsOf = (list: readonly Message[]) =>
    list.flatMap(({ content }) => content).flatMap((part) => ("text" in part ? [part.text] : []));
  fc.assert(
    fc.property(
      results.chain((result) => fc.tuple(fc.constant(result), cut(result))),
      ([result, events]) => {
        const stream = contentStream();
        const all = textsOf(fromContent(result).messages);
        for (const event of events) {
          stream.push(event);
          const now = textsOf(stream.current.messages);
          for (const [at, text] of now.entries()) expect(all[at]?.startsWith(text)).toBe(true);
        }
      },
    ),
    share(1 / 2),
  );
});

it("L24: any AI SDK document or event is read, or refused with a listed code", () => {
  verifies("aisdk:refused");
  // Created inside the law: fast-check would run their code.
  const strange: fc.Arbitrary<() => unknown> = fc.oneof(
    fc
      .anything({ withDate: true, withMap: true, withTypedArray: true, withBigInt: true })
      .map((value) => () => value),
    hostiles.map(
      ({ make }) =>
        () =>
          make(new Watch()),
    ),
  );
  const result = { type: "tool-result", toolCallId: "", toolName: "" };
  const places = fc.constantFrom<(value: unknown) => unknown>(
    (value) => value,
    (value) => [value],
    (value) => [{ role: value, content: value }],
    (value) => [{ role: "user", content: [value] }],
    (value) => [{ role: "user", content: [{ type: "text", text: value }] }],
    (value) => [{ role: "user", content: [{ type: "file", data: value, mediaType: "a/b" }] }],
    (value) => [{ role: "user", content: "a", providerOptions: value }],
    (value) => [{ role: "tool", content: [{ ...result, output: value }] }],
    (value) => [{ role: "tool", content: [{ ...result, output: { type: "json", value } }] }],
    (value) => ({ content: [], finishReason: value, usage: value, response: value }),
    (value) => ({ content: [{ type: "tool-call", toolCallId: "", toolName: "", input: value }] }),
    (value) => ({ type: value }),
    (value) => ({ type: "text-start", id: value }),
    (value) => ({ type: "text-start", id: "1", providerMetadata: value }),
    (value) => ({ type: "finish", usage: value, finishReason: value, providerMetadata: value }),
  );
  fc.assert(
    fc.property(strange, places, (make, place) => {
      const any = place(make()) as never;
      outcomeOf(() => toPrompt(fromPrompt(any).messages, { onto: any }));
      outcomeOf(() => toModelMessages(fromModelMessages(any).messages, { onto: any }));
      outcomeOf(() => toContent(fromContent(any).messages, { onto: any }));
      outcomeOf(() => toStreamParts(any));
      outcomeOf(() => {
        const stream = contentStream();
        stream.push(any);
        return stream.current;
      });
    }),
    share(1 / 4),
  );
});

it("the generators create what the SDK accepts", () => {
  fc.assert(
    fc.property(modelMessages, (list) => {
      for (const each of list) expect(modelMessageSchema.safeParse(each).error).toBeUndefined();
    }),
    share(1 / 2),
  );
});

describe.each(["v2", "v3", "v4"] as const)("the laws of a provider, for %s", (version) => {
  const call = { toolCallId: "c", toolName: "find" };
  const options = { openai: { itemId: "i" }, anthropic: { cacheControl: { type: "a" } } };
  const image = { data: "AAEC", mediaType: "image/png" };
  const outputs = [
    { type: "text", value: "Ada" },
    { type: "json", value: [{ name: "Ada" }, "Ada", null, 3] },
    { type: "error-text", value: "Ada" },
    { type: "error-json", value: { name: "Ada" } },
    { type: "execution-denied", reason: "Ada said no" },
    { type: "later", value: "Ada" },
    {
      type: "content",
      providerOptions: options,
      value: [
        { type: "text", text: "Ada", providerOptions: options, later: "Ada" },
        { type: "file-id", fileId: "Ada" },
        { type: "image-url", url: "https://ada.example/" },
        { type: "file-url", url: "https://ada.example/", mediaType: "audio/wav" },
        { type: "file-data", ...image, mediaType: "text/plain", filename: "Ada" },
        { type: "image-data", ...image },
        { type: "media", ...image },
        { type: "file", data: { type: "text", text: "Ada" }, mediaType: "text/plain" },
      ],
    },
  ];
  const files = [
    { type: "file", ...image, filename: "Ada" },
    { type: "file", data: "data:image/png;base64,AAEC", mediaType: "image/*" },
    { type: "file", data: { type: "data", data: "AAEC", later: "Ada" }, mediaType: "image" },
    { type: "file", data: { type: "text", text: "Ada" }, mediaType: "a/b", filename: "Ada" },
    { type: "file", data: { type: "reference", reference: { a: "Ada" } }, mediaType: "a/b" },
  ];
  const hostile = {
    prompt: [
      { role: "system", content: "Ada", providerOptions: options },
      { role: "user", content: "Ada", later: "Ada" },
      { role: "user", content: [{ type: "text", text: "Ada", later: "Ada" }, ...files] },
      { role: "data", content: "Ada" },
      {
        role: "assistant",
        content: [
          { type: "reasoning", text: "Ada", providerOptions: { anthropic: { signature: "s" } } },
          { type: "text", text: "Ada", providerOptions: options },
          { type: "tool-call", ...call, input: { name: "Ada", list: [{ name: "Ada" }] } },
          { type: "tool-call", ...call, input: "Ada", providerExecuted: true },
          { type: "tool-result", ...call, output: outputs[0] },
          { type: "custom", kind: "Ada", providerOptions: options },
        ],
      },
      {
        role: "tool",
        content: [
          ...outputs.map((output) => ({ type: "tool-result", ...call, output })),
          { type: "tool-approval-response", approvalId: "a", approved: true, reason: "Ada" },
        ],
      },
    ],
    modelId: "m",
    tools: [{ type: "function", name: "Ada", inputSchema: { title: "Ada" } }],
    responseFormat: { type: "json", schema: { title: "Ada" } },
    providerOptions: options,
    later: "Ada",
  };
  const answer = {
    content: [
      { type: "reasoning", text: "Ada", providerMetadata: { a: { signature: "s" } } },
      { type: "text", text: "Ada", later: "Ada" },
      { type: "file", ...image, later: "Ada" },
      { type: "source", sourceType: "url", id: "1", url: "https://ada.example/", title: "Ada" },
      { type: "source", sourceType: "document", id: "2", mediaType: "a/b", title: "Ada" },
      { type: "tool-call", ...call, input: '{"name":"Ada"}', title: "Ada" },
      { type: "tool-call", ...call, toolCallId: "d", input: "Ada" },
      { type: "tool-result", ...call, result: { name: "Ada" }, isError: true },
      { type: "tool-approval-request", approvalId: "Ada", toolCallId: "c" },
    ],
    warnings: [{ type: "other", message: "Ada" }],
    response: { id: "r", modelId: "m", timestamp: "1970-01-01T00:00:00.000Z" },
    finishReason: { unified: "stop", raw: "Ada" },
    usage: { inputTokens: { total: 1, noCache: 1 }, outputTokens: { total: 2 }, later: "Ada" },
    providerMetadata: { openai: { responseId: "r", logprobs: ["Ada"] } },
  };
  /** Only what events repeat, in their order. */
  const streamable = plainResults.map((result) => {
    const { content, finishReason, usage, response } = normal(result) as typeof answer;
    const isAny = Object.keys(response ?? {}).length > 0;
    return { content, warnings: [], ...(isAny && { response }), finishReason, usage };
  });
  const laws = adapterLaws(providers[version], {
    requests: fc.oneof(
      fc.constant(hostile),
      prompts.map((prompt) => ({ prompt: normal(prompt), modelId: "m" })),
    ),
    answers: fc.oneof(fc.constant<object>(answer), streamable),
    words: ["type", "role", "mediaType", "sourceType", "unified", "timestamp", "modelId"],
    pieceIn: (event) => (Object.hasOwn(event, "delta") ? ["delta"] : undefined),
  });
  it.each(casesOf(laws, 1 / 4))("%s: %s", async (_id, _text, check) => {
    verifies("aisdk:onto", "aisdk:left", "aisdk:streamed-alike", "aisdk:stream-events");
    await check();
  });
});
