/** Requests and responses of the Messages API, written from the types of the provider's SDK. */
import type Anthropic from "@anthropic-ai/sdk";
import fc from "fast-check";

type Block = Anthropic.ContentBlockParam;
type Answered = Anthropic.ContentBlock;
type OneOf<Union, Type extends string> = Extract<Union, { readonly type: Type }>;

/** Texts, including some that trip careless code. */
const text = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: "grapheme", maxLength: 8 }) },
  fc.constantFrom("", "__proto__", "constructor", '{"type":"text"}', "\u0000", "😀", "\u2028"),
);
const id = fc.constantFrom("toolu_1", "toolu_2", "toolu_3", "__proto__", "constructor");
const name = fc.constantFrom("add", "web_search", "toString", "__proto__", "");
const count = fc.nat({ max: 100_000 });
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
const nothing = { requiredKeys: [] };

/** A record with the `needed` fields and any of `more`, typed with those as optional. */
const fields = <Needed extends object, More extends object = object>(
  needed: { readonly [Key in keyof Needed]: fc.Arbitrary<Needed[Key]> },
  more: { readonly [Key in keyof More]: fc.Arbitrary<More[Key]> } = {} as never,
): fc.Arbitrary<Needed & Partial<More>> =>
  fc
    .tuple(fc.record(needed), fc.record(more, nothing))
    .map(([all, some]) => ({ ...all, ...some }) as Needed & Partial<More>);

const cached = {
  cache_control: maybe(
    fields<{ type: "ephemeral" }, { ttl: "5m" | "1h" }>(
      { type: fc.constant("ephemeral") },
      { ttl: fc.constantFrom("5m", "1h") },
    ),
  ),
};

/** Arguments: any JSON object, including keys that every object inherits. */
export const jsonObjects = fc
  .dictionary(
    fc.oneof(fc.string({ maxLength: 4 }), fc.constantFrom("__proto__", "constructor", "type")),
    fc.jsonValue({ maxDepth: 2 }),
    { maxKeys: 3 },
  )
  .map((value) => JSON.parse(JSON.stringify(value)) as Record<string, unknown>);
/** Inputs of tools. One that a model made up need not be an object. */
const inputs = fc.oneof({ weight: 4, arbitrary: jsonObjects }, fc.jsonValue({ maxDepth: 1 }));

const callers: fc.Arbitrary<Anthropic.DirectCaller | Anthropic.ServerToolCaller> = fc.oneof(
  fc.constant({ type: "direct" as const }),
  fc.record({ type: fc.constant("code_execution_20250825" as const), tool_id: id }),
);

const citationParams: fc.Arbitrary<Anthropic.TextCitationParam> = fc.oneof(
  fc.record({
    type: fc.constant("char_location" as const),
    cited_text: text,
    document_index: count,
    document_title: maybe(text),
    start_char_index: count,
    end_char_index: count,
  }),
  fc.record({
    type: fc.constant("web_search_result_location" as const),
    cited_text: text,
    encrypted_index: text,
    title: maybe(text),
    url: text,
  }),
);

const textBlocks: fc.Arbitrary<Anthropic.TextBlockParam> = fields(
  { type: fc.constant("text" as const), text },
  { ...cached, citations: maybe(fc.array(citationParams, { maxLength: 2 })) },
);

const imageType = fc.constantFrom("image/png" as const, "image/webp" as const);
const imageBlocks: fc.Arbitrary<Anthropic.ImageBlockParam> = fields(
  {
    type: fc.constant("image" as const),
    source: fc.oneof(
      fc.record({ type: fc.constant("base64" as const), media_type: imageType, data: text }),
      fc.record({ type: fc.constant("url" as const), url: text }),
      fc.record({ type: fc.constant("file" as const), file_id: text }),
    ),
  },
  cached,
);

const plainText: fc.Arbitrary<Anthropic.PlainTextSource> = fc.record({
  type: fc.constant("text" as const),
  media_type: fc.constant("text/plain" as const),
  data: text,
});
const pdf: fc.Arbitrary<Anthropic.Base64PDFSource> = fc.record({
  type: fc.constant("base64" as const),
  media_type: fc.constant("application/pdf" as const),
  data: text,
});

const documentBlocks: fc.Arbitrary<Anthropic.DocumentBlockParam> = fields(
  {
    type: fc.constant("document" as const),
    source: fc.oneof(
      pdf,
      plainText,
      fc.record({ type: fc.constant("url" as const), url: text }),
      fc.record({ type: fc.constant("file" as const), file_id: text }),
      fc.record({
        type: fc.constant("content" as const),
        content: fc.oneof(
          text,
          fc.array(fc.oneof(textBlocks, imageBlocks), { maxLength: 3 }),
        ) as fc.Arbitrary<Anthropic.ContentBlockSource["content"]>,
      }),
    ),
  },
  {
    ...cached,
    title: maybe(text),
    context: maybe(text),
    citations: maybe(fields<object, { enabled: boolean }>({}, { enabled: fc.boolean() })),
  },
);

const searchResults: fc.Arbitrary<Anthropic.SearchResultBlockParam> = fields(
  {
    type: fc.constant("search_result" as const),
    source: text,
    title: text,
    content: fc.array(textBlocks, { maxLength: 3 }),
  },
  cached,
);

const thinking: fc.Arbitrary<Anthropic.ThinkingBlock> = fc.record({
  type: fc.constant("thinking" as const),
  thinking: text,
  signature: text,
});
const redacted: fc.Arbitrary<Anthropic.RedactedThinkingBlock> = fc.record({
  type: fc.constant("redacted_thinking" as const),
  data: text,
});

const calls: fc.Arbitrary<Anthropic.ToolUseBlockParam> = fields(
  { type: fc.constant("tool_use" as const), id, name, input: inputs as fc.Arbitrary<unknown> },
  { ...cached, caller: callers, toolset_name: maybe(text) },
);

const references: fc.Arbitrary<Anthropic.ToolReferenceBlockParam> = fc.record({
  type: fc.constant("tool_reference" as const),
  tool_name: name,
});
const results: fc.Arbitrary<Anthropic.ToolResultBlockParam> = fields(
  { type: fc.constant("tool_result" as const), tool_use_id: id },
  {
    ...cached,
    content: fc.oneof(
      text,
      fc.array(
        fc.oneof(
          textBlocks,
          imageBlocks,
          documentBlocks,
          searchResults,
          references,
        ) as fc.Arbitrary<
          Exclude<Anthropic.ToolResultBlockParam["content"], string | undefined>[number]
        >,
        { maxLength: 3 },
      ),
    ),
    is_error: fc.boolean(),
    toolset_name: maybe(text),
  },
);

const serverCalls: fc.Arbitrary<Anthropic.ServerToolUseBlock> = fc.record({
  type: fc.constant("server_tool_use" as const),
  id,
  name: fc.constantFrom("web_search" as const, "code_execution" as const),
  input: inputs as fc.Arbitrary<unknown>,
  caller: callers,
});

const failed = <const Type extends string, Code extends string>(type: Type, ...codes: Code[]) =>
  fc.record({ type: fc.constant(type), error_code: fc.constantFrom(...codes) });

const searched: fc.Arbitrary<Anthropic.WebSearchToolResultBlock> = fc.record({
  type: fc.constant("web_search_tool_result" as const),
  tool_use_id: id,
  caller: callers,
  content: fc.oneof(
    failed("web_search_tool_result_error", "unavailable", "query_too_long"),
    fc.array(
      fc.record({
        type: fc.constant("web_search_result" as const),
        url: text,
        title: text,
        encrypted_content: text,
        page_age: maybe(text),
      }),
      { maxLength: 3 },
    ),
  ),
});
const fetched: fc.Arbitrary<Anthropic.WebFetchToolResultBlock> = fc.record({
  type: fc.constant("web_fetch_tool_result" as const),
  tool_use_id: id,
  caller: callers,
  content: fc.oneof(
    failed("web_fetch_tool_result_error", "url_too_long", "unavailable"),
    fc.record({
      type: fc.constant("web_fetch_result" as const),
      url: text,
      retrieved_at: maybe(text),
      content: fc.record({
        type: fc.constant("document" as const),
        source: fc.oneof(pdf, plainText),
        title: maybe(text),
        citations: maybe(fc.record({ enabled: fc.boolean() })),
      }),
    }),
  ),
});
const outputs: fc.Arbitrary<Anthropic.CodeExecutionOutputBlock> = fc.record({
  type: fc.constant("code_execution_output" as const),
  file_id: text,
});
const executed: fc.Arbitrary<Anthropic.CodeExecutionToolResultBlock> = fc.record({
  type: fc.constant("code_execution_tool_result" as const),
  tool_use_id: id,
  content: fc.oneof(
    failed("code_execution_tool_result_error", "unavailable"),
    fc.record({
      type: fc.constant("encrypted_code_execution_result" as const),
      encrypted_stdout: text,
      stderr: text,
      return_code: count,
      content: fc.array(outputs, { maxLength: 2 }),
    }),
    fc.record({
      type: fc.constant("code_execution_result" as const),
      stdout: text,
      stderr: text,
      return_code: count,
      content: fc.array(outputs, { maxLength: 2 }),
    }),
  ),
});
const edited: fc.Arbitrary<Anthropic.TextEditorCodeExecutionToolResultBlock> = fc.record({
  type: fc.constant("text_editor_code_execution_tool_result" as const),
  tool_use_id: id,
  content: fc.oneof(
    fc.record({
      type: fc.constant("text_editor_code_execution_view_result" as const),
      content: text,
      file_type: fc.constantFrom("text" as const, "pdf" as const),
      num_lines: maybe(count),
      start_line: maybe(count),
      total_lines: maybe(count),
    }),
    fc.record({
      type: fc.constant("text_editor_code_execution_str_replace_result" as const),
      lines: maybe(fc.array(text, { maxLength: 3 })),
      new_lines: maybe(count),
      new_start: maybe(count),
      old_lines: maybe(count),
      old_start: maybe(count),
    }),
  ),
});
const uploads: fc.Arbitrary<Anthropic.ContainerUploadBlock> = fc.record({
  type: fc.constant("container_upload" as const),
  file_id: text,
});
const serverResults = fc.oneof(searched, fetched, executed, edited);

/** Blocks of beta types and of unknown types. */
const foreign = fc.oneof(
  fc.record({ type: fc.constant("mcp_tool_use"), id, name, server_name: text, input: jsonObjects }),
  fc.record({
    type: fc.constant("mcp_tool_result"),
    tool_use_id: id,
    is_error: fc.boolean(),
    content: fc.oneof(text, fc.array(textBlocks, { maxLength: 2 })),
  }),
  fields<object, object>(
    { type: fc.constant("compaction"), content: maybe(text) },
    { encrypted_content: maybe(text), later: jsonObjects },
  ),
  fc.record({
    type: fc.constantFrom("later", "constructor", "__proto__"),
    text,
    more: jsonObjects,
  }),
  fc.record({ type: fc.constant("text"), text, later: jsonObjects }),
  fc.record({ type: fc.constant("text"), text, parsed_output: fc.jsonValue({ maxDepth: 2 }) }),
  fc.record({
    type: fc.constantFrom("image", "document"),
    source: fc.record({ type: fc.constant("url"), url: text, later: text }),
  }),
) as fc.Arbitrary<never>;

/** Every kind of block that a request can hold. */
const blocks: fc.Arbitrary<Block> = fc.oneof(
  { weight: 4, arbitrary: textBlocks },
  imageBlocks,
  documentBlocks,
  searchResults,
  thinking,
  redacted,
  { weight: 2, arbitrary: calls },
  { weight: 3, arbitrary: results },
  serverCalls,
  serverResults,
  uploads,
  foreign,
);

const turns: fc.Arbitrary<Anthropic.MessageParam> = fc.oneof(
  fc.record({
    role: fc.constantFrom("user" as const, "assistant" as const),
    content: fc.oneof(text, fc.array(blocks, { maxLength: 5 })),
  }),
  fc.record({
    role: fc.constant("system" as const),
    content: fc.oneof(text, fc.array(textBlocks, { maxLength: 2 })),
  }),
);

/** Any request. */
export const requests: fc.Arbitrary<Anthropic.MessageCreateParamsNonStreaming> = fields(
  {
    model: fc.constantFrom("claude-opus-4-8", "another"),
    max_tokens: count,
    messages: fc.array(turns, { maxLength: 5 }),
  },
  {
    system: fc.oneof(text, fc.array(textBlocks, { maxLength: 2 })),
    metadata: fc.record({ user_id: maybe(text) }),
    stop_sequences: fc.array(text, { maxLength: 2 }),
    tools: fc.array(
      fc.record({
        name,
        description: text,
        input_schema: fc.constant({ type: "object" as const, properties: {} }),
      }),
      { maxLength: 2 },
    ),
    tool_choice: fc.constant({ type: "auto" as const }),
    container: fc.oneof(
      text,
      fields<object, Anthropic.ContainerParams>(
        {},
        {
          id: maybe(text),
          skills: maybe(
            fc.array(fc.record({ type: fc.constant("custom" as const), skill_id: text }), {
              maxLength: 1,
            }),
          ),
        },
      ),
    ),
    output_config: fields<object, Anthropic.OutputConfig>(
      {},
      {
        effort: fc.constantFrom("low" as const, null),
        format: maybe(
          fc.record({
            type: fc.constant("json_schema" as const),
            schema: fc.record({ description: text }),
          }),
        ),
      },
    ),
  },
);

const citations: fc.Arbitrary<Anthropic.TextCitation> = fc.record({
  type: fc.constant("search_result_location" as const),
  cited_text: text,
  search_result_index: count,
  source: text,
  start_block_index: count,
  end_block_index: count,
  title: maybe(text),
});
const usages: fc.Arbitrary<Anthropic.Usage> = fc.record({
  input_tokens: count,
  output_tokens: count,
  cache_creation: maybe(
    fc.record({ ephemeral_1h_input_tokens: count, ephemeral_5m_input_tokens: count }),
  ),
  cache_creation_input_tokens: maybe(count),
  cache_read_input_tokens: maybe(count),
  inference_geo: maybe(text),
  output_tokens_details: maybe(fc.record({ thinking_tokens: count })),
  server_tool_use: maybe(fc.record({ web_fetch_requests: count, web_search_requests: count })),
  service_tier: maybe(fc.constantFrom("standard" as const, "batch" as const)),
  speed: maybe(fc.constantFrom("standard" as const, "fast" as const)),
});

const answers: fc.Arbitrary<Answered> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant("text" as const),
      text,
      citations: maybe(fc.array(citations, { maxLength: 2 })),
    }),
  },
  { weight: 2, arbitrary: thinking },
  redacted,
  {
    weight: 3,
    arbitrary: fields<
      Omit<OneOf<Anthropic.ToolUseBlock, "tool_use">, "toolset_name">,
      { toolset_name: string | null }
    >(
      {
        type: fc.constant("tool_use" as const),
        id,
        name,
        input: inputs as fc.Arbitrary<unknown>,
        caller: callers,
      },
      { toolset_name: maybe(text) },
    ),
  },
  serverCalls,
  serverResults,
  uploads,
  foreign,
);

/** Any response. */
export const responses: fc.Arbitrary<Anthropic.Message> = fc.record({
  id: text,
  type: fc.constant("message" as const),
  role: fc.constant("assistant" as const),
  model: fc.constant("claude-opus-4-8"),
  container: maybe(fc.record({ id: text, expires_at: text, skills: fc.constant(null) })),
  content: fc.array(answers, { maxLength: 5 }),
  diagnostics: maybe(fc.record({ cache_miss_reason: fc.constant(null) })),
  stop_reason: maybe(
    fc.constantFrom(
      "end_turn" as const,
      "max_tokens" as const,
      "stop_sequence" as const,
      "tool_use" as const,
      "pause_turn" as const,
      "refusal" as const,
    ),
  ),
  stop_sequence: maybe(text),
  stop_details: maybe(
    fc.record({
      type: fc.constant("refusal" as const),
      category: maybe(fc.constantFrom("cyber" as const, "bio" as const)),
      explanation: maybe(text),
    }),
  ),
  usage: usages,
});

const plainBlocks = {
  text: fc.record({ type: fc.constant("text" as const), text }),
  image: imageBlocks.map(({ type, source }) => ({ type, source })),
  call: fields(
    {
      type: fc.constant("tool_use" as const),
      id: fc.uuid(),
      name,
      input: jsonObjects as fc.Arbitrary<unknown>,
    },
    { toolset_name: text },
  ),
  document: fields(
    {
      type: fc.constant("document" as const),
      source: fc.oneof(plainText, pdf, fc.record({ type: fc.constant("url" as const), url: text })),
    },
    { title: text },
  ),
  search: fc.record({
    type: fc.constant("search_result" as const),
    source: text.filter((source) => source !== ""),
    title: text,
    content: fc.tuple(fc.record({ type: fc.constant("text" as const), text })),
  }),
};

/** A list of one text block is written as a string. */
const shortened = <B extends Block>(list: B[]): string | B[] => {
  const [only] = list;
  return list.length === 1 && only?.type === "text" ? only.text : list;
};

/** Calls and their results, in two turns; other blocks can follow the results. */
const exchanges: fc.Arbitrary<Anthropic.MessageParam[]> = fc
  .record({
    before: fc.array(plainBlocks.text, { maxLength: 2 }),
    calls: fc.array(plainBlocks.call, { minLength: 1, maxLength: 2 }),
    contents: fc.array(
      fc.oneof(
        text,
        fc
          .array(fc.oneof(plainBlocks.text, plainBlocks.document, plainBlocks.search), {
            minLength: 2,
            maxLength: 3,
          })
          .map((list) => list as Exclude<Anthropic.ToolResultBlockParam["content"], string>),
        fc.constant(undefined),
      ),
      { minLength: 2, maxLength: 2 },
    ),
    failed: fc.boolean(),
    after: fc.array(fc.oneof(plainBlocks.text, plainBlocks.document), { maxLength: 2 }),
  })
  .map(({ before, calls: asked, contents, failed: isError, after }) => [
    { role: "assistant", content: [...before, ...asked] },
    {
      role: "user",
      content: [
        ...asked.map(
          (call, i): Anthropic.ToolResultBlockParam => ({
            type: "tool_result",
            tool_use_id: call.id,
            ...(contents[i] === undefined ? {} : { content: contents[i] }),
            ...(isError ? { is_error: true } : {}),
          }),
        ),
        ...after,
      ],
    },
  ]);

/**
 * Requests that messages can express in full, in the form in which they are written: one text as a
 * string, text after results, and no user turn right after one that ends with a result.
 */
export const plainRequests: fc.Arbitrary<Omit<Anthropic.MessageCreateParams, "max_tokens">> =
  fields(
    {
      model: fc.constant("claude-opus-4-8"),
      messages: fc
        .array(
          fc.oneof(
            exchanges,
            fc
              .array(
                fc.oneof(
                  plainBlocks.text,
                  plainBlocks.document,
                  plainBlocks.search,
                  plainBlocks.text,
                ),
                { maxLength: 3 },
              )
              .map((list): Anthropic.MessageParam[] => [
                { role: "assistant", content: "…" },
                { role: "user", content: shortened(list as Block[]) },
              ]),
          ),
          { maxLength: 3 },
        )
        .map((list) => [
          { role: "user", content: "Ahoy" } as Anthropic.MessageParam,
          ...list.flat(),
        ]),
    },
    {
      system: fc
        .array(plainBlocks.text, { minLength: 1, maxLength: 2 })
        .map((list) => shortened(list) as string | Anthropic.TextBlockParam[]),
    },
  );

/** Responses that a message and its slots can express in full. */
export const plainResponses: fc.Arbitrary<Anthropic.Message> = fc.record({
  id: text,
  type: fc.constant("message" as const),
  role: fc.constant("assistant" as const),
  model: fc.constant("claude-opus-4-8"),
  container: fc.constant(null),
  content: fc.array(
    fc.oneof(
      fc.record({ type: fc.constant("text" as const), text, citations: fc.constant(null) }),
      fc.record({
        type: fc.constant("tool_use" as const),
        // Unique: an id that two tools share is reported.
        id: fc.uuid(),
        name,
        input: jsonObjects as fc.Arbitrary<unknown>,
        caller: fc.constant({ type: "direct" as const }),
      }),
    ),
    { maxLength: 4 },
  ),
  diagnostics: fc.constant(null),
  stop_reason: fc.constantFrom("end_turn", "max_tokens", "stop_sequence", "tool_use"),
  stop_sequence: fc.constant(null),
  stop_details: fc.constant(null),
  usage: fc.record({
    input_tokens: count,
    output_tokens: count,
    cache_creation: fc.constant(null),
    cache_creation_input_tokens: fc.constant(null),
    cache_read_input_tokens: fc.constant(null),
    inference_geo: fc.constant(null),
    output_tokens_details: fc.constant(null),
    server_tool_use: fc.constant(null),
    service_tier: fc.constant(null),
    speed: fc.constant(null),
  }),
});
