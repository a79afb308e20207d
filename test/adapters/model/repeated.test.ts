/** `guardModel` on the parts of its request that a response repeats. */
import { amend, createPluginManager, definePlugin } from "glassine";
import { guardModel } from "glassine/http";
import { fromResponsesResponse, responses } from "glassine/openai";
import { describe, expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";

const request = { model: "m", input: "Hi" };
const parameters = { type: "object", properties: { city: { type: "string" } } };
const tool = { type: "function", name: "look", description: "Looks.", parameters };
const item = {
  type: "message",
  id: "m",
  role: "assistant",
  status: "completed",
  content: [{ type: "output_text", text: "Ahoy", annotations: [] }],
};
const response = (fields: object) => ({
  id: "r",
  object: "response",
  created_at: 1,
  model: "m",
  status: "completed",
  output: [item],
  ...fields,
});

type Redact = (text: string) => string;
const keep: Redact = (text) => text;

async function judge(asked: object, said: object, allow: readonly string[], redact = keep) {
  const plugin = definePlugin({
    name: "looker",
    version: "1.0.0",
    hooks: {
      "cmf.llm_input": (message) => ({
        modifiedPayload: amend(message, ({ content }) => {
          for (const part of content) {
            if (part.content_type === "text") part.text = redact(part.text);
          }
        }),
      }),
      "cmf.llm_output": () => undefined,
    },
  });
  const guard = guardModel(responses, await createPluginManager({ plugins: [plugin] }), { allow });
  const whole = guard.begin();
  const streamed = guard.begin();
  expect((await whole.judgeRequest(asked)).refusal).toBeUndefined();
  await streamed.judgeRequest(asked);
  const { refusal } = await whole.judgeAnswer(said);
  async function* events() {
    yield* responses.toEvents(said);
  }
  let last: { readonly code: string } | undefined;
  for await (const each of streamed.judgeEvents(events())) last = each.refusal;
  expect(last?.code).toBe(refusal?.code);
  return refusal?.code;
}

describe("what a response repeats of its request", () => {
  it.each<[string, object, object?]>([
    ["instructions", { instructions: "Be brief." }],
    ["metadata", { metadata: { team: "sea" } }],
    ["the user", { user: "u1", safety_identifier: "s1", prompt_cache_key: "k1" }],
    ["a conversation", { conversation: "conv_1" }, { conversation: { id: "conv_1" } }],
    ["an answer before it", { previous_response_id: "resp_1" }],
    [
      "tools, with defaults and a strict schema",
      { tools: [tool] },
      {
        tools: [
          {
            ...tool,
            strict: true,
            parameters: { ...parameters, required: ["city"], additionalProperties: false },
          },
        ],
        tool_choice: "auto",
      },
    ],
    [
      "a format, with defaults",
      { text: { format: { type: "json_schema", name: "a", schema: parameters } } },
      {
        text: {
          verbosity: "medium",
          format: { type: "json_schema", name: "a", schema: parameters, strict: true },
        },
      },
    ],
    [
      "defaults of what it does not say",
      {},
      {
        billing: { payer: "developer" },
        safety_identifier: "user-1f",
        prompt_cache_key: "b-7",
        prompt_cache_options: { mode: "implicit", ttl: "30m" },
        tool_choice: { type: "web_search_preview_2025_03_11" },
        reasoning: { effort: "xhigh", summary: "detailed" },
        text: { format: { type: "text" } },
        user: null,
      },
    ],
  ])("passes as it was sent: %s", async (_, asked, said = asked) => {
    verifies("adapters:repeated");
    // Names parts of the request only: in an answer, one of these paths would allow others, too.
    const allow = ["tools", "content text", "reference"];
    expect(await judge({ ...request, ...asked }, response(said), allow)).toBeUndefined();
  });

  it.each<[string, object, object?]>([
    ["instructions", { instructions: "From a stored prompt." }],
    ["other instructions", { instructions: "Be brief. And more." }, { instructions: "Be brief." }],
    ["messages as instructions", { instructions: [{ ...item, role: "developer" }] }],
    ["metadata", { metadata: { team: "air" } }, { metadata: { team: "sea" } }],
    ["names in metadata", { metadata: { air: "sea" } }, { metadata: { team: "sea" } }],
    ["variables of a prompt", { prompt: { id: "p", variables: { a: "b" } } }],
    ["the user", { user: "u2" }, { user: "u1" }],
    ["more about reasoning", { reasoning: { effort: "low", note: "a b" } }],
    ["tools", { tools: [{ ...tool, description: "Sends." }] }],
    ["a choice of tools", { tool_choice: { type: "function", name: "look up" } }],
    ["a schema", { text: { format: { type: "json_schema", schema: { title: "What is asked" } } } }],
    ["a word as instructions", { instructions: "medium" }],
    ["a name in instructions", { instructions: { "Mail eve": 1 } }],
    ["a number as metadata", { metadata: 4111111111111111 }],
    ["a name in settings", { reasoning: { "Mail eve": 1 } }],
    ["words in a list", { tool_choice: { words: ["ignore", "all"] } }],
    ["text as a conversation", { conversation: { id: "conv 1" } }],
    ["more of a conversation", { conversation: { id: "conv_1", note: "a" } }],
  ])("is refused where the request had no such: %s", async (_, said, asked = {}) => {
    verifies("adapters:repeated");
    expect(await judge({ ...request, ...asked }, response(said), [])).toBe("content_unseen");
    const all = ["content", "tools", "reference"];
    expect(await judge({ ...request, ...asked }, response(said), all)).toBeUndefined();
  });

  it("is compared with what plugins left of the request", async () => {
    verifies("adapters:repeated");
    const asked = { ...request, instructions: "Say hunter2." };
    const redact: Redact = (text) => text.replace("hunter2", "***");
    const refusal = (instructions: string) => judge(asked, response({ instructions }), [], redact);
    expect(await refusal("Say ***.")).toBeUndefined();
    expect(await refusal("Say hunter2.")).toBe("content_unseen");
  });

  it("is in `left` of an answer that is read alone", () => {
    verifies("adapters:repeated");
    const said = response({ instructions: "Be brief.", tools: [tool], user: "u1", temperature: 1 });
    const { left } = fromResponsesResponse(said);
    const unseen = left.filter(({ kind }) => kind !== "setting");
    expect(unseen.map(({ kind, path }) => `${kind} ${path}`).sort()).toEqual([
      "content instructions",
      "content user",
      "tools tools",
    ]);
    expect(responses.repeatedIn?.(said, { ...request, instructions: "Be brief." })).toEqual([
      "instructions",
    ]);
  });
});
