/** Documents of Responses, in the types of OpenAI's own SDK. */
import fc from "fast-check";
import type OpenAI from "openai";
import { argumentTexts, type Extras, merged, names, only, partial, urls } from "./openai-chat.ts";
import { jsonValues, keys, texts } from "./schema-values.ts";

type Response = OpenAI.Responses.Response;
type Request = OpenAI.Responses.ResponseCreateParamsNonStreaming;
type InputItem = OpenAI.Responses.ResponseInputItem;
type OutputItem = OpenAI.Responses.ResponseOutputItem;
type InputBlock = OpenAI.Responses.ResponseInputContent;
type OutputText = OpenAI.Responses.ResponseOutputText;
type OutputBlock = OutputText | OpenAI.Responses.ResponseOutputRefusal;
type Arb<T> = fc.Arbitrary<T>;
/** A response as on the wire: the SDK adds `output_text`. */
export type WireResponse = Omit<Response, "output_text">;

const constant = <const T>(value: T) => fc.constant(value);
const ids = fc.constantFrom("call_1", "call_2", "call___proto__");
const status = fc.constantFrom("completed" as const, "incomplete" as const);
const itemIds = fc.constantFrom("rs_1", "msg_1", "item_0", "");

const inputBlock = (extras: Extras): Arb<InputBlock> => {
  const text = fc.record({ type: constant("input_text"), text: texts });
  const image = fc.record({
    type: constant("input_image"),
    detail: extras.rich ? fc.constantFrom("auto" as const, "low" as const) : constant("auto"),
    image_url: extras.rich ? fc.option(urls) : urls,
  });
  const file = merged(
    fc.record({ type: constant("input_file") }),
    fc.oneof(
      fc.record({ file_url: constant("https://a.example/f.pdf"), filename: texts }),
      fc.record({
        file_data: fc.constantFrom(
          "data:application/pdf;base64,AAEC",
          "AAEC",
          "data:text/plain;base64,QWRh",
        ),
      }),
      ...(extras.rich ? [fc.record({ file_id: texts })] : []),
    ),
  );
  const stranger = fc.constant({ type: "hologram" } as unknown as InputBlock);
  return fc.oneof(text, image, file, ...(extras.rich ? [stranger] : []));
};

const outputBlock = (extras: Extras): Arb<OutputBlock> => {
  const citation = fc.constant({
    type: "url_citation" as const,
    url: "https://a.example",
    title: "A",
    start_index: 0,
    end_index: 1,
  });
  const text: Arb<OutputText> = merged(
    fc.record({
      type: constant("output_text"),
      text: texts,
      annotations: fc.array(citation, { maxLength: extras.rich ? 1 : 0 }),
    }),
    only<{ logprobs: NonNullable<OutputText["logprobs"]> }>(extras, {
      logprobs: fc.array(
        fc.record({
          token: texts,
          bytes: fc.constant([1]),
          logprob: fc.constant(-1),
          top_logprobs: fc.constant<NonNullable<OutputText["logprobs"]>[number]["top_logprobs"]>(
            [],
          ),
        }),
        { maxLength: 2 },
      ),
    }),
  );
  const refusal = fc.record({ type: constant("refusal"), refusal: texts });
  return extras.rich ? fc.oneof(text, refusal) : text;
};

/** One plain text in a list means the same as the string alone. */
const contents = <B extends { type: string }>(block: Arb<B>): Arb<string | B[]> =>
  fc.oneof(
    texts,
    fc
      .array(block, { minLength: 1, maxLength: 3 })
      .filter(([first, second]) => !(first?.type.endsWith("_text") && !second)),
  );

const inputMessage = (extras: Extras): Arb<InputItem> =>
  merged(
    fc.record({
      type: constant("message"),
      role: fc.constantFrom("user" as const, "system" as const, "developer" as const),
      content: contents(inputBlock(extras)),
    }),
    only<{ status: "completed" | "incomplete" }>(extras, { status }),
  );

const assistantMessage = (extras: Extras): Arb<InputItem> =>
  merged(
    fc.record({
      type: constant("message"),
      role: constant("assistant"),
      content: contents(outputBlock(extras)) as Arb<string>,
    }),
    partial<{ phase: "commentary" | "final_answer" }>({
      phase: fc.constantFrom("commentary" as const, "final_answer" as const),
    }),
  );

const functionCall = (extras: Extras) =>
  merged(
    fc.record({
      type: constant("function_call"),
      call_id: ids,
      name: names,
      arguments: argumentTexts(extras),
    }),
    merged(
      partial<{ namespace: string }>({ namespace: texts }),
      only<{ id: string; status: "completed" | "incomplete" }>(extras, { id: itemIds, status }),
    ),
  );

const functionOutput = (extras: Extras): Arb<InputItem> =>
  merged(
    fc.record({
      type: constant("function_call_output"),
      call_id: ids,
      output: fc.oneof(texts, fc.array(inputBlock(extras), { maxLength: 3 })),
    }),
    only<{ id: string }>(extras, { id: itemIds }),
  );

const summaries = fc.array(fc.record({ type: constant("summary_text"), text: texts }), {
  maxLength: 2,
});
const reasoning = merged(
  fc.record({ type: constant("reasoning"), id: itemIds, summary: summaries }),
  partial<Partial<OpenAI.Responses.ResponseReasoningItem>>({
    encrypted_content: fc.option(texts),
    status,
    content: fc.array(fc.record({ type: constant("reasoning_text"), text: texts }), {
      maxLength: 2,
    }),
  } as never),
) as Arb<OpenAI.Responses.ResponseReasoningItem>;

const maybeText: Arb<string | null> = fc.option(texts);
const maybeBytes: Arb<string | null> = fc.option(fc.base64String());

/** Calls of the provider's own tools, and items that are not part of a message. */
const builtIns: readonly Arb<InputItem & OutputItem>[] = [
  fc.record({
    type: constant("web_search_call"),
    id: itemIds,
    status: constant("completed"),
    action: fc.record({ type: constant("search"), query: texts }),
  }) as never,
  fc.record<OpenAI.Responses.ResponseFileSearchToolCall>({
    type: constant("file_search_call"),
    id: itemIds,
    status: constant("completed"),
    queries: fc.array(texts, { maxLength: 2 }),
    results: fc.option(
      fc.array(fc.record({ file_id: texts, text: texts, attributes: fc.dictionary(keys, texts) }), {
        maxLength: 2,
      }),
    ),
  }),
  fc.record<OpenAI.Responses.ResponseCodeInterpreterToolCall>({
    type: constant("code_interpreter_call"),
    id: itemIds,
    status: constant("completed"),
    code: maybeText,
    container_id: constant("c"),
    outputs: fc.option(
      fc.array(fc.record({ type: constant("logs"), logs: texts }), { maxLength: 2 }),
    ),
  }),
  fc.record({
    type: constant("mcp_call"),
    id: itemIds,
    name: names,
    server_label: texts,
    arguments: argumentTexts({ rich: true }),
    output: maybeText,
    error: maybeText,
  }),
  fc.record({
    type: constant("mcp_approval_request"),
    id: itemIds,
    name: names,
    server_label: texts,
    arguments: argumentTexts({ rich: true }),
  }),
  fc.record({
    type: constant("computer_call"),
    id: itemIds,
    call_id: ids,
    status,
    pending_safety_checks: fc.array(fc.record({ id: texts }), { maxLength: 1 }),
    action: fc.record({ type: constant("type"), text: texts }),
  }),
  fc.record({
    type: constant("custom_tool_call"),
    call_id: ids,
    name: names,
    input: texts,
  }),
  fc.record({
    type: constant("image_generation_call"),
    id: itemIds,
    status: constant("completed"),
    result: maybeBytes,
  }),
  fc.record({
    type: constant("mcp_list_tools"),
    id: itemIds,
    server_label: texts,
    tools: fc.array(fc.record({ name: names, input_schema: jsonValues }), { maxLength: 1 }),
  }),
  fc.record({ type: constant("compaction"), id: itemIds, encrypted_content: texts }),
  fc.constant({ type: "hologram", id: "h" } as never),
];

const builtInResults: readonly Arb<InputItem>[] = [
  fc.record({
    type: constant("computer_call_output"),
    call_id: ids,
    output: fc.record({ type: constant("computer_screenshot"), image_url: urls }),
  }),
  fc.record({ type: constant("local_shell_call_output"), id: ids, output: texts }),
  fc.record({ type: constant("custom_tool_call_output"), call_id: ids, output: texts }),
  fc.record({ type: constant("item_reference"), id: itemIds }),
  fc.record({
    type: constant("apply_patch_call_output"),
    call_id: ids,
    status: fc.constantFrom("completed" as const, "failed" as const),
    output: maybeText,
  }),
];

const inputItems = (extras: Extras): Arb<InputItem> =>
  fc.oneof(
    inputMessage(extras),
    assistantMessage(extras),
    functionCall(extras) as Arb<InputItem>,
    functionOutput(extras),
    ...(extras.rich ? [reasoning as Arb<InputItem>, ...builtIns, ...builtInResults] : []),
  );

/** Requests. Messages and extensions show nearly all of those that are not rich. */
export const responsesRequests = (extras: Extras): Arb<Request> => {
  const list = fc.array(inputItems(extras), { maxLength: 6 });
  return merged(
    fc.record({ model: constant("gpt-4.1"), input: extras.rich ? fc.oneof(texts, list) : list }),
    only<Request>(extras, {
      instructions: fc.option(texts),
      previous_response_id: fc.option(texts),
      temperature: fc.constantFrom(0, null),
      store: fc.boolean(),
      metadata: fc.dictionary(keys, texts, { maxKeys: 2 }),
    } as never),
  );
};

const outputMessage = (extras: Extras) =>
  merged(
    fc.record({
      type: constant("message"),
      id: extras.rich ? itemIds : constant("item_?"),
      role: constant("assistant"),
      status: extras.rich ? status : constant("completed"),
      content: fc.array(outputBlock(extras), { minLength: extras.rich ? 0 : 1, maxLength: 3 }),
    }),
    partial<{ phase: "commentary" | "final_answer" }>({
      phase: fc.constantFrom("commentary" as const, "final_answer" as const),
    }),
  );

const outputItems = (extras: Extras): Arb<OutputItem> => {
  const call = functionCall({ rich: extras.rich }).map((item) => ({
    id: "item_?",
    status: "completed" as const,
    ...item,
  }));
  const thought = fc.record({
    type: constant("reasoning"),
    id: constant("item_?"),
    summary: fc.array(fc.record({ type: constant("summary_text"), text: texts }), {
      minLength: 1,
      maxLength: 2,
    }),
  });
  return fc.oneof(
    outputMessage(extras),
    call,
    extras.rich ? (reasoning as Arb<OutputItem>) : thought,
    ...(extras.rich ? builtIns : []),
  );
};

/** Replaces placeholder ids: an item that has no id of its own gets one from its position. */
const numbered = (items: readonly OutputItem[]): OutputItem[] =>
  items.map((item, index) => (item.id === "item_?" ? { ...item, id: `item_${index}` } : item));

export const responses = (extras: Extras): Arb<WireResponse> =>
  merged(
    fc.record({
      id: texts,
      object: constant("response"),
      created_at: fc.nat(4_000_000_000),
      model: constant("gpt-4.1"),
      status: extras.rich ? status : constant("completed"),
      error: fc.constant(null),
      incomplete_details: extras.rich
        ? fc.option(fc.constantFrom({ reason: "max_output_tokens" as const }, {}))
        : fc.constant(null),
      instructions: extras.rich ? fc.option(texts) : fc.constant(null),
      metadata: fc.constant({}),
      output: fc.array(outputItems(extras), { maxLength: 5 }).map(numbered),
      parallel_tool_calls: constant(true),
      temperature: constant(1),
      tool_choice: constant("auto"),
      tools: fc.constant<OpenAI.Responses.Tool[]>([]),
      top_p: constant(1),
    }),
    only<{ usage: OpenAI.Responses.ResponseUsage; service_tier: "default" }>(extras, {
      usage: fc.constant({
        input_tokens: 3,
        input_tokens_details: { cached_tokens: 1, cache_write_tokens: 0 },
        output_tokens: 4,
        output_tokens_details: { reasoning_tokens: 0 },
        total_tokens: 7,
      }),
      service_tier: constant("default"),
    }),
  );
