/** Documents of the AI SDK, typed as its own packages type them. */
import type {
  JSONObject,
  JSONValue,
  LanguageModelV2Content,
  LanguageModelV2FinishReason,
  LanguageModelV2Prompt,
  LanguageModelV2Usage,
  LanguageModelV3Content,
  LanguageModelV3GenerateResult,
  LanguageModelV3Prompt,
  LanguageModelV3ToolResultOutput,
  SharedV3ProviderOptions,
} from "@ai-sdk/provider";
import type { ModelMessage } from "ai";
import fc from "fast-check";
import { createMessage, type Message } from "glassine/messages";
import { isRecord } from "../../src/core/data/index.ts";
import { jsonValues, keys, mapOf, texts, urls as webUrls } from "./schema-values.ts";

type Item<List> = List extends readonly (infer Each)[] ? Each : never;
type PartOf<M, Role, Type> = M extends { role: Role; content: infer Content }
  ? Extract<Item<Content>, { type: Type }>
  : never;

const json = jsonValues as fc.Arbitrary<JSONValue>;
const object = mapOf(keys, json) as fc.Arbitrary<JSONObject>;
/** Provider options: some are settings, and an `itemId` refers to a stored copy. */
const options = mapOf(
  fc.constantFrom("anthropic", "openai", "__proto__", "test"),
  fc.oneof(
    object,
    mapOf(fc.constantFrom("cacheControl", "signature", "itemId", "logprobs"), json, 2),
  ),
  2,
) as fc.Arbitrary<SharedV3ProviderOptions>;

const bytes = fc.uint8Array({ maxLength: 8 });
const base64 = bytes.map((each) => Buffer.from(each).toString("base64"));
const urls = fc
  .oneof(
    fc.constantFrom("https://a.example/", "https://a.example/b.png?c=d#e", "gs://bucket/a"),
    webUrls,
  )
  .map((text) => new URL(text));
const odd = fc.constantFrom(
  "data:image/png;base64,AAEC",
  "data:,hello",
  "HTTPS://A.Example",
  "file-1",
);
const mediaTypes = fc.constantFrom(
  "image/png",
  "image/*",
  "IMAGE/JPEG",
  "audio/wav",
  "audio/*",
  "video/mp4",
  "application/pdf",
  "text/plain",
  "*/*",
  "",
);

/** Which parts, and which fields that messages do not hold, a document can have. */
interface Extent {
  /** Only what messages can show. */
  readonly plain: boolean;
}

type NeededOf<T> = {
  readonly [Key in keyof T as object extends Pick<T, Key> ? never : Key]-?: fc.Arbitrary<T[Key]>;
};
type FurtherOf<T> = {
  readonly [Key in keyof T as object extends Pick<T, Key> ? Key : never]?: fc.Arbitrary<T[Key]>;
};

/** A record of an SDK type, with all required fields and any of the optional ones. */
function record<T>(needed: NeededOf<T>, further: FurtherOf<T> = {}): fc.Arbitrary<T> {
  return fc.record({ ...needed, ...further } as never, {
    requiredKeys: Object.keys(needed) as never[],
  }) as fc.Arbitrary<T>;
}

/** The same for objects that no package has a type for. */
function loose(
  needed: { readonly [key: string]: fc.Arbitrary<unknown> },
  further: { readonly [key: string]: fc.Arbitrary<unknown> } = {},
): fc.Arbitrary<object> {
  return record<Record<string, unknown>>(needed as never, further as never);
}

type Output = LanguageModelV3ToolResultOutput;
type OutputOf<Type> = Extract<Output, { type: Type }>;
type OutputItem = OutputOf<"content">["value"][number];
type ItemOf<Type> = Extract<OutputItem, { type: Type }>;

const is = <const Type extends string>(type: Type) => fc.constant(type);

function outputsOf({ plain }: Extent): fc.Arbitrary<Output> {
  const settings = plain ? {} : { providerOptions: options };
  const shown: fc.Arbitrary<OutputItem>[] = [
    record<ItemOf<"text">>({ type: is("text"), text: texts }, settings),
    record<ItemOf<"image-data">>(
      { type: is("image-data"), data: base64, mediaType: is("image/png") },
      settings,
    ),
    record<ItemOf<"file-data">>(
      { type: is("file-data"), data: base64, mediaType: is("application/pdf") },
      {
        ...settings,
        filename: texts,
      },
    ),
    record<ItemOf<"image-url">>({ type: is("image-url"), url: texts }, settings),
    record<ItemOf<"file-url">>(
      { type: is("file-url"), url: texts },
      { ...settings, mediaType: mediaTypes },
    ),
  ];
  const hidden: fc.Arbitrary<OutputItem>[] = [
    record<ItemOf<"file-id">>({ type: is("file-id"), fileId: texts }, settings),
    record<ItemOf<"image-file-id">>(
      { type: is("image-file-id"), fileId: mapOf(keys, texts) },
      settings,
    ),
    record<ItemOf<"custom">>({ type: is("custom") }, settings),
    record<ItemOf<"file-data">>(
      { type: is("file-data"), data: fc.oneof(base64, odd), mediaType: mediaTypes },
      { ...settings, filename: texts },
    ),
  ];
  const items = fc.array(fc.oneof(...shown, ...(plain ? [] : hidden)), { maxLength: 4 });
  return fc.oneof(
    record<OutputOf<"text">>({ type: is("text"), value: texts }, settings),
    record<OutputOf<"json">>({ type: is("json"), value: json }, settings),
    record<OutputOf<"error-text">>({ type: is("error-text"), value: texts }, settings),
    record<OutputOf<"error-json">>({ type: is("error-json"), value: json }, settings),
    record<OutputOf<"content">>({ type: is("content"), value: items }, settings),
    ...(plain
      ? []
      : [
          record<OutputOf<"execution-denied">>(
            { type: is("execution-denied") },
            { ...settings, reason: texts },
          ),
        ]),
  );
}

/** The parts of prompts, by kind, and the settings that each can have. */
function partsOf(extent: Extent) {
  const { plain } = extent;
  const settings = plain ? {} : { providerOptions: options };
  const data = fc.oneof(bytes, base64, urls, ...(plain ? [] : [odd]));
  const call = { toolCallId: texts, toolName: texts };
  type V3 = Item<LanguageModelV3Prompt>;
  const file = record<PartOf<V3, "user", "file">>(
    { type: is("file"), data, mediaType: mediaTypes },
    { ...settings, filename: texts, ...(plain ? {} : { originalUrl: texts }) },
  );
  return {
    text: record<PartOf<V3, "user", "text">>({ type: is("text"), text: texts }, settings),
    file,
    reasoning: record<PartOf<V3, "assistant", "reasoning">>(
      { type: is("reasoning"), text: texts },
      settings,
    ),
    call: record<PartOf<V3, "assistant", "tool-call">>(
      { type: is("tool-call"), ...call, input: plain ? object : json },
      plain ? {} : { ...settings, providerExecuted: fc.boolean() },
    ),
    result: record<PartOf<V3, "tool", "tool-result">>(
      { type: is("tool-result"), ...call, output: outputsOf(extent) },
      settings,
    ),
    approval: record<PartOf<V3, "tool", "tool-approval-response">>(
      { type: is("tool-approval-response"), approvalId: texts, approved: fc.boolean() },
      { ...settings, reason: texts },
    ),
    settings,
  };
}

function some<T>(...parts: fc.Arbitrary<T>[]): fc.Arbitrary<T[]> {
  return fc.array(fc.oneof(...parts), { maxLength: 4 });
}

function promptsOf(extent: Extent): fc.Arbitrary<LanguageModelV3Prompt> {
  const { text, file, reasoning, call, result, approval, settings } = partsOf(extent);
  type Each = Item<LanguageModelV3Prompt>;
  const answers = extent.plain
    ? some(result)
    : some<PartOf<Each, "tool", string>>(result, approval);
  return fc.array(
    fc.oneof(
      record<Each>({ role: is("system"), content: texts }, settings),
      record<Each>(
        { role: is("user"), content: some<PartOf<Each, "user", string>>(text, file) },
        settings,
      ),
      record<Each>(
        {
          role: is("assistant"),
          content: some<PartOf<Each, "assistant", string>>(text, file, reasoning, call, result),
        },
        settings,
      ),
      record<Each>({ role: is("tool"), content: answers }, settings),
    ),
    { maxLength: 4 },
  );
}

/** Prompts of ai 6: any, and those that messages can show in full. */
export const prompts = promptsOf({ plain: false });
export const plainPrompts = promptsOf({ plain: true });

/** Prompts of ai 5, limited to what differs from ai 6. */
export const olderPrompts: fc.Arbitrary<LanguageModelV2Prompt> = fc.array(
  record<Item<LanguageModelV2Prompt>>({
    role: is("tool"),
    content: fc.array(
      record<PartOf<Item<LanguageModelV2Prompt>, "tool", "tool-result">>({
        type: is("tool-result"),
        toolCallId: texts,
        toolName: texts,
        output: record({
          type: is("content"),
          value: some<
            { type: "text"; text: string } | { type: "media"; data: string; mediaType: string }
          >(
            record({ type: is("text"), text: texts }),
            record({ type: is("media"), data: base64, mediaType: mediaTypes }),
          ),
        }),
      }),
      { maxLength: 3 },
    ),
  }),
  { maxLength: 3 },
);

function modelMessagesOf(extent: Extent): fc.Arbitrary<ModelMessage[]> {
  const { text, reasoning, call, result, file, settings } = partsOf(extent);
  const { plain } = extent;
  const buffer = bytes.map((each) => each.slice().buffer);
  const image = record<PartOf<ModelMessage, "user", "image">>(
    { type: is("image"), image: fc.oneof(bytes, buffer, base64, urls) },
    plain ? {} : { ...settings, mediaType: mediaTypes },
  );
  const request = record<PartOf<ModelMessage, "assistant", "tool-approval-request">>(
    { type: is("tool-approval-request"), approvalId: texts, toolCallId: texts },
    { signature: texts },
  );
  type Said = PartOf<ModelMessage, "assistant", string>;
  const said = some<Said>(text, file, reasoning, call, result, ...(plain ? [] : [request]));
  return fc.array(
    fc.oneof(
      record<ModelMessage>({ role: is("system"), content: texts }, settings),
      record<ModelMessage>(
        {
          role: is("user"),
          content: fc.oneof(texts, some<PartOf<ModelMessage, "user", string>>(text, image, file)),
        },
        settings,
      ),
      record<ModelMessage>({ role: is("assistant"), content: fc.oneof(texts, said) }, settings),
      record<ModelMessage>({ role: is("tool"), content: some(result) }, settings),
    ),
    { maxLength: 4 },
  );
}

export const modelMessages = modelMessagesOf({ plain: false });
export const plainModelMessages = modelMessagesOf({ plain: true });

const counts = fc.oneof(fc.nat(9), fc.constant(undefined), fc.constantFrom(Number.NaN, 1.5));

function contentOf({ plain }: Extent): fc.Arbitrary<LanguageModelV3Content[]> {
  const settings = plain ? {} : { providerMetadata: options };
  const call = { toolCallId: texts, toolName: texts };
  const input = object.map((each) => JSON.stringify(each));
  const oddInput = fc.oneof(
    texts,
    jsonValues.map((each) => JSON.stringify(each, null, 1)),
  );
  const flags = plain ? {} : { ...settings, providerExecuted: fc.boolean(), dynamic: fc.boolean() };
  type Of<Type> = Extract<LanguageModelV3Content, { type: Type }>;
  const kinds: fc.Arbitrary<LanguageModelV3Content>[] = [
    record<Of<"text">>({ type: is("text"), text: texts }, settings),
    record<Of<"reasoning">>({ type: is("reasoning"), text: texts }, settings),
    record<Of<"file">>(
      { type: is("file"), data: fc.oneof(bytes, base64), mediaType: mediaTypes },
      settings,
    ),
    record<Of<"source">>(
      { type: is("source"), sourceType: is("url"), id: texts, url: texts },
      { ...settings, title: texts },
    ),
    record<Of<"source">>(
      {
        type: is("source"),
        sourceType: is("document"),
        id: texts,
        mediaType: mediaTypes,
        title: texts,
      },
      { ...settings, filename: texts },
    ),
    record<Of<"tool-call">>(
      { type: is("tool-call"), ...call, input: plain ? input : fc.oneof(input, oddInput) },
      flags,
    ),
    record<Of<"tool-result">>(
      { type: is("tool-result"), ...call, result: json.map((each) => each ?? "none") },
      { ...(plain ? {} : settings), isError: plain ? fc.constant(true) : fc.boolean() },
    ),
  ];
  const asking = record<Of<"tool-approval-request">>(
    { type: is("tool-approval-request"), approvalId: texts, toolCallId: texts },
    settings,
  );
  return some<LanguageModelV3Content>(...kinds, ...(plain ? [] : [asking]));
}

const finishReasons = record<LanguageModelV3GenerateResult["finishReason"]>({
  unified: fc.constantFrom("stop", "length", "content-filter", "tool-calls", "error", "other"),
  raw: fc.oneof(texts, fc.constantFrom("stop_sequence", undefined)),
});

function resultsOf(extent: Extent): fc.Arbitrary<LanguageModelV3GenerateResult> {
  const { plain } = extent;
  const count = plain ? fc.nat(9) : counts;
  const none = fc.constant(undefined);
  const detail = plain ? none : counts;
  const response = record<NonNullable<LanguageModelV3GenerateResult["response"]>>(
    {},
    {
      timestamp: fc.date({ noInvalidDate: true, min: new Date(0), max: new Date("9999-01-01") }),
      modelId: texts,
      ...(plain ? {} : { id: texts, headers: mapOf(keys, texts), body: fc.anything() }),
    },
  );
  return record<LanguageModelV3GenerateResult>(
    {
      content: contentOf(extent),
      finishReason: plain
        ? fc.constantFrom(
            { unified: "stop", raw: undefined },
            { unified: "length", raw: undefined },
            { unified: "tool-calls", raw: undefined },
            { unified: "stop", raw: "stop_sequence" },
          )
        : finishReasons,
      usage: record<LanguageModelV3GenerateResult["usage"]>(
        {
          inputTokens: record({
            total: count,
            noCache: detail,
            cacheRead: detail,
            cacheWrite: detail,
          }),
          outputTokens: record({ total: count, text: detail, reasoning: detail }),
        },
        plain ? {} : { raw: object },
      ),
      warnings: plain
        ? fc.constant([])
        : fc.array(record({ type: is("other"), message: texts }), { maxLength: 1 }),
    },
    plain
      ? { response }
      : { response, providerMetadata: options, request: record({}, { body: fc.anything() }) },
  ) as fc.Arbitrary<LanguageModelV3GenerateResult>;
}

export const results = resultsOf({ plain: false });
export const plainResults = resultsOf({ plain: true });

function olderResultsOf(extent: Extent) {
  const count = extent.plain ? fc.nat(9) : counts;
  return record<{
    content: LanguageModelV2Content[];
    finishReason: LanguageModelV2FinishReason;
    usage: LanguageModelV2Usage;
    warnings: [];
  }>({
    content: contentOf(extent) as fc.Arbitrary<LanguageModelV2Content[]>,
    finishReason: extent.plain
      ? fc.constantFrom("stop", "length", "tool-calls")
      : fc.constantFrom("stop", "length", "content-filter", "tool-calls", "unknown"),
    usage: record({ inputTokens: count, outputTokens: count, totalTokens: count }),
    warnings: fc.constant([] as []),
  });
}

/** Results of ai 5. */
export const olderResults = fc.oneof(
  olderResultsOf({ plain: false }),
  olderResultsOf({ plain: true }),
);

const sources = loose(
  {
    type: fc.constantFrom("url", "base64"),
    data: fc.oneof(
      base64,
      urls.map(({ href }) => href),
      odd,
      texts,
    ),
  },
  { media_type: mediaTypes },
);
const ids = {
  resource_request_id: texts,
  uri: texts,
  resource_type: fc.constantFrom("uri", "file"),
};
const shownParts = fc.oneof(
  ...["text", "thinking"].map((content_type) =>
    loose({ content_type: is(content_type), text: texts }),
  ),
  ...["image", "audio", "video", "document"].map((content_type) =>
    loose({ content_type: is(content_type), content: sources }),
  ),
);
const answers = fc.oneof(json, fc.array(shownParts, { maxLength: 3 }));
const contentParts = fc.oneof(
  { weight: 4, arbitrary: shownParts },
  loose({
    content_type: is("tool_call"),
    content: loose({ tool_call_id: texts, name: texts, arguments: object }, { namespace: texts }),
  }),
  loose({
    content_type: is("tool_result"),
    content: loose(
      { tool_call_id: texts, tool_name: texts },
      { content: answers, is_error: fc.boolean() },
    ),
  }),
  loose({
    content_type: is("resource_ref"),
    content: loose(ids, { name: texts, selector: texts }),
  }),
  loose({
    content_type: is("resource"),
    content: loose(ids, {
      name: texts,
      mime_type: mediaTypes,
      content: texts,
      annotations: object,
    }),
  }),
  loose({
    content_type: is("prompt_request"),
    content: loose({ prompt_request_id: texts, name: texts }),
  }),
);

/** Messages with parts of every kind that the SDK can express, and of some that it cannot. */
export const messages: fc.Arbitrary<Message> = loose(
  {
    role: fc.constantFrom("system", "developer", "user", "assistant", "tool"),
    content: fc.array(contentParts, { maxLength: 3 }),
  },
  { channel: fc.constantFrom("final", undefined) },
).map((each) => createMessage(each as never));

/** Repeats the first name in a call's input object, which other programs may read differently. */
export function doubtful<Part extends { readonly type: string }>(part: Part): Part {
  const { type, input } = part as { type: string; input?: unknown };
  if (type !== "tool-call" || typeof input !== "string" || !input.startsWith('{"')) return part;
  return { ...part, input: input.replace("{", `{${input.slice(1, input.indexOf('":'))}":0,`) };
}

/** A document with bytes, URLs and dates as strings, and string content as a list of one part. */
export function normal(value: unknown): unknown {
  if (value instanceof ArrayBuffer) return normal(new Uint8Array(value));
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (value instanceof URL) return value.href;
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(normal);
  if (Object.is(value, -0)) return 0;
  if (!isRecord(value)) return value;
  const fields = Object.entries(value).flatMap(([key, field]) => {
    if (field === undefined) return [];
    const isText = key === "content" && typeof field === "string" && value.role !== "system";
    return [[key, isText ? [{ type: "text", text: field }] : normal(field)]];
  });
  return Object.fromEntries(fields);
}
