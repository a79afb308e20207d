/** `guardModel`: which edits it writes, and which it refuses because they may have no effect. */
import { createPluginManager, definePlugin } from "glassine";
import { anthropic } from "glassine/anthropic";
import { bedrock } from "glassine/bedrock";
import { google } from "glassine/google";
import { guardModel, type ModelGuardOptions, type ModelProvider } from "glassine/http";
import type { Message } from "glassine/messages";
import {
  chatCompletions,
  fromResponsesRequest,
  responses,
  toResponsesRequest,
} from "glassine/openai";
import { describe, expect, it, vi } from "vitest";
import { verifies } from "../../support/verifies.ts";

type Edit = (message: Message) => Message;
type Point = "judgeRequest" | "judgeAnswer";

const redact: Edit = (message) =>
  JSON.parse(JSON.stringify(message).replaceAll("SECRET", "***")) as Message;

const without =
  (type: string): Edit =>
  (message) => ({
    ...message,
    content: message.content.filter((part) => part.content_type !== type),
  });

async function judged(
  provider: ModelProvider,
  point: Point,
  edit: Edit,
  document: object,
  options: ModelGuardOptions = {},
) {
  const handler = (message: Message) => ({ modifiedPayload: edit(message) });
  const hooks = { "cmf.llm_input": handler, "cmf.llm_output": handler };
  const plugin = definePlugin({ name: "editor", version: "1.0.0", hooks });
  const manager = await createPluginManager({ plugins: [plugin] });
  return guardModel(provider, manager, options).begin()[point](document);
}

const response = (output: readonly object[]) => ({ id: "r", object: "response", output });
const image = { type: "image_generation_call", id: "ig_1", status: "completed", result: "QUFB" };
const spoken = { id: "audio_1", data: "AAAA", transcript: "SECRET" };
const chat = (message: object) => ({ model: "m", messages: [{ role: "assistant", ...message }] });

describe("an edit of what the provider stores under an id", () => {
  const asks = {
    type: "mcp_approval_request",
    id: "mcpr_1",
    server_label: "bank",
    name: "pay",
    arguments: '{"to":"SECRET"}',
  };

  const answer = (approve: boolean) => ({
    type: "mcp_approval_response",
    approval_request_id: "mcpr_1",
    approve,
  });
  // Messages do not show approvals.
  const allow = ["content"];
  const judgedInput = (edit: Edit, input: readonly object[]) =>
    judged(responses, "judgeRequest", edit, { model: "m", input }, { allow });

  it("is refused for a call that waits for approval, since the approval names only the id", async () => {
    verifies("openai:approvals", "adapters:edits");
    const other: Edit = (message) =>
      JSON.parse(JSON.stringify(message).replaceAll("pay", "show")) as Message;
    for (const edit of [redact, other]) {
      for (const { refusal } of [
        await judged(responses, "judgeAnswer", edit, response([asks])),
        await judgedInput(edit, [asks, answer(true)]),
      ]) {
        expect(refusal?.code).toBe("edit_unwritable");
      }
    }
  });

  it("is refused in a request only while the approved call has not been made", async () => {
    verifies("openai:approvals", "adapters:edits");
    const said = { role: "assistant", content: "Pay?" };
    const thanks = { role: "user", content: "Thanks" };
    const made = {
      type: "mcp_call",
      id: "mcp_1",
      approval_request_id: "mcpr_1",
      server_label: "bank",
      name: "pay",
      arguments: "{}",
      output: "done",
    };
    const other = { ...made, approval_request_id: "mcpr_2" };
    const redacted = { ...asks, arguments: '{"to":"***"}' };
    for (const others of [[answer(true), made, thanks], [answer(false), thanks], [thanks]]) {
      expect((await judgedInput(redact, [said, asks, ...others])).document).toEqual({
        model: "m",
        input: [said, redacted, ...others],
      });
    }
    for (const edit of [redact, without("tool_call")]) {
      for (const others of [[answer(true)], [answer(true), other, thanks]]) {
        const { refusal } = await judgedInput(edit, [said, asks, ...others]);
        expect(refusal?.code).toBe("edit_unwritable");
      }
    }
  });

  it("is found with work in proportion to the requests, even if they share an id", () => {
    verifies("openai:approvals", "adapters:work-bounded");
    const writes = (count: number, idOf: (at: number) => string) => {
      const pairs = Array.from({ length: count }, (_, at) => [
        { ...asks, id: idOf(at), arguments: `{"to":"${at}"}` },
        { ...answer(true), approval_request_id: idOf(at) },
      ]);
      const onto = { model: "m", input: [{ role: "user", content: "SECRET" }, ...pairs.flat()] };
      const messages = fromResponsesRequest(onto).messages.map(redact);
      const stringify = vi.spyOn(JSON, "stringify");
      try {
        const { document, lost } = toResponsesRequest(messages, { onto });
        expect(lost).toEqual([]);
        expect(document.input).toHaveLength(onto.input.length);
        return stringify.mock.calls.length;
      } finally {
        stringify.mockRestore();
      }
    };
    for (const idOf of [(at: number) => `mcpr_${at}`, () => "mcpr_1"]) {
      const few = writes(20, idOf);
      const some = writes(40, idOf);
      expect(some).toBeGreaterThan(few);
      expect(writes(80, idOf) - some).toBe(2 * (some - few));
    }
  });

  it("does not write the arguments anew of a call that waits for approval", async () => {
    verifies("openai:approvals");
    const ask = { ...asks, arguments: '{"n":12345678901234567890,"a":1,"a":2}' };
    const same: Edit = (message) => ({ ...message });
    const document = response([ask]);
    const { document: left } = await judged(responses, "judgeAnswer", same, document, { allow });
    expect(left).toEqual(document);
    const input = [ask, answer(true)];
    expect((await judgedInput(same, input)).document).toEqual({ model: "m", input });
  });

  it("may remove a call that waits for approval, and change what is beside it", async () => {
    verifies("openai:approvals");
    const said = (text: string) => ({
      type: "message",
      id: "msg_1",
      role: "assistant",
      status: "completed",
      content: [{ type: "output_text", text, annotations: [] }],
    });
    const document = response([said("Pay?"), asks]);
    const ask: Edit = (message) =>
      JSON.parse(JSON.stringify(message).replaceAll("Pay?", "May I pay?")) as Message;
    for (const [edit, output] of [
      [without("tool_call"), [said("Pay?")]],
      [ask, [said("May I pay?"), asks]],
    ] as const) {
      const { document: left } = await judged(responses, "judgeAnswer", edit, document);
      expect(left).toEqual(response(output));
    }
  });

  it("takes the id of reasoning out of a request, and leaves it in an answer", async () => {
    verifies("openai:stored");
    const thought = (text: string, more: object = {}) => ({
      type: "reasoning",
      summary: [{ type: "summary_text", text }],
      ...more,
    });
    const id = "rs_1";
    const item = thought("SECRET", { id, encrypted_content: "E" });
    const asked = await judged(responses, "judgeRequest", redact, { model: "m", input: [item] });
    expect(asked).toEqual({ document: { model: "m", input: [thought("***")] } });
    const said = await judged(responses, "judgeAnswer", redact, response([item]));
    expect(said).toEqual({ document: response([thought("***", { id })]) });
  });

  it("is refused in a request if the format requires the id, and written in an answer", async () => {
    verifies("openai:stored", "adapters:edits");
    const changed: Edit = (message) =>
      JSON.parse(JSON.stringify(message).replaceAll("QUFB", "QkJC")) as Message;
    const asked = await judged(responses, "judgeRequest", changed, { model: "m", input: [image] });
    expect(asked.refusal?.code).toBe("edit_unwritable");
    const said = await judged(responses, "judgeAnswer", changed, response([image]));
    expect(said.document).toEqual(response([{ ...image, result: "QkJC" }]));
    const heard = await judged(chatCompletions, "judgeRequest", redact, chat({ audio: spoken }));
    expect(heard.refusal?.code).toBe("edit_unwritable");
  });

  it("is refused if only the transcript of a sound is removed", async () => {
    verifies("openai:stored");
    const mute = await judged(
      chatCompletions,
      "judgeRequest",
      without("text"),
      chat({ audio: spoken }),
    );
    expect(mute.refusal?.code).toBe("edit_unwritable");
  });
});

const url = "https://a.example/";
const cached = { cache_control: { type: "ephemeral" } };
const asks = (...content: object[]) => ({ model: "m", messages: [{ role: "user", content }] });
const call = { type: "function_call", call_id: "c", name: "f", arguments: "{}" };
const says = (content: readonly object[]) => ({
  id: "m",
  type: "message",
  role: "assistant",
  content,
});
const candidate = (...parts: object[]) => ({
  candidates: [{ content: { role: "model", parts }, finishReason: "STOP" }],
});

/** Documents with a text and another part that has settings, without which only `rest` stays. */
const removals: readonly [string, ModelProvider, Point, string, object, object][] = [
  [
    "a call of Responses with an id",
    responses,
    "judgeAnswer",
    "tool_call",
    response([
      { ...image, result: "QUFB" },
      { ...call, id: "fc_1", status: "completed" },
    ]),
    response([image]),
  ],
  [
    "a signed call of Gemini",
    google,
    "judgeAnswer",
    "tool_call",
    candidate({ text: "a" }, { functionCall: { name: "f", args: {} }, thoughtSignature: "S" }),
    candidate({ text: "a" }),
  ],
  [
    "signed thinking of Claude",
    anthropic,
    "judgeAnswer",
    "thinking",
    says([
      { type: "thinking", thinking: "b", signature: "S" },
      { type: "text", text: "a" },
    ]),
    says([{ type: "text", text: "a" }]),
  ],
  [
    "a cached image of Claude",
    anthropic,
    "judgeRequest",
    "image",
    asks({ type: "text", text: "a" }, { type: "image", source: { type: "url", url }, ...cached }),
    asks({ type: "text", text: "a" }),
  ],
  [
    "an image of Chat Completions with a detail",
    chatCompletions,
    "judgeRequest",
    "image",
    asks({ type: "text", text: "a" }, { type: "image_url", image_url: { url, detail: "low" } }),
    asks({ type: "text", text: "a" }),
  ],
];

describe("a part that is removed", () => {
  it.each(removals)(
    "takes its settings along: %s",
    async (_, provider, point, type, onto, rest) => {
      verifies("adapters:gone", "adapters:edits");
      expect(await judged(provider, point, without(type), onto)).toEqual({ document: rest });
    },
  );

  it("takes its settings along if another part replaces it", async () => {
    verifies("adapters:gone", "adapters:edits");
    const masked: Edit = (message) => ({
      ...message,
      content: message.content.map((part) =>
        part.content_type === "image" ? { content_type: "text", text: "[image]" } : part,
      ),
    });
    const onto = asks({ type: "image_url", image_url: { url, detail: "low" } });
    const { document } = await judged(chatCompletions, "judgeRequest", masked, onto);
    expect(document).toEqual(asks({ type: "text", text: "[image]" }));
  });

  it("is refused if it has content that no plugin saw", async () => {
    verifies("adapters:gone", "adapters:edits");
    const cited = { type: "text", text: "SECRET", citations: [{ cited_text: "unseen" }] };
    const onto = says([{ type: "thinking", thinking: "b", signature: "S" }, cited]);
    const options = { allow: ["citation"] };
    const kept = await judged(anthropic, "judgeAnswer", without("thinking"), onto, options);
    expect(kept.document).toEqual(says([cited]));
    const gone = await judged(anthropic, "judgeAnswer", without("text"), onto, options);
    expect(gone.refusal?.code).toBe("edit_unwritable");
  });

  it("takes the id of a sound along, so that OpenAI cannot use its copy", async () => {
    verifies("openai:stored");
    const onto = chat({ content: "Hi", audio: spoken });
    const { document } = await judged(chatCompletions, "judgeRequest", without("audio"), onto);
    expect(document).toEqual(
      chat({
        content: [
          { type: "text", text: "Hi" },
          { type: "text", text: "SECRET" },
        ],
        audio: null,
      }),
    );
  });
});

describe("a citation of a source that changed", () => {
  const found = (text: string) => [{ type: "text", text }];
  const result = (text: string) => ({
    type: "mcp_tool_result",
    tool_use_id: "t",
    is_error: false,
    content: found(text),
  });
  const call = { type: "mcp_tool_use", id: "t", name: "n", server_name: "s", input: {} };
  const cited = (cited_text: string) => ({
    type: "text",
    text: "It says so.",
    citations: [{ type: "search_result_location", cited_text }],
  });
  const uncited = { type: "text", text: "It says so.", citations: null };

  const used = { toolUse: { toolUseId: "t", name: "n", type: "server_tool_use", input: {} } };
  const gave = (text: string) => ({
    toolResult: { toolUseId: "t", type: "server_tool_result", content: [{ text }] },
  });
  const quoted = (text: string) => ({
    citationsContent: {
      content: [{ text: "It says so." }],
      citations: [{ sourceContent: [{ text }] }],
    },
  });
  const unquoted = { citationsContent: { content: [{ text: "It says so." }] } };
  const converse = (content: readonly object[]) => ({
    output: { message: { role: "assistant", content } },
    stopReason: "end_turn",
  });

  it.each<readonly [string, ModelProvider, object, object]>([
    [
      "Claude",
      anthropic,
      says([cited("SECRET"), call, result("SECRET"), cited("SECRET")]),
      says([cited("SECRET"), call, result("***"), uncited]),
    ],
    [
      "Bedrock",
      bedrock,
      converse([used, gave("SECRET"), quoted("SECRET")]),
      converse([used, gave("***"), unquoted]),
    ],
  ])("is dropped, unless it came before it: %s", async (_, provider, onto, expected) => {
    verifies("adapters:edits", "adapters:quotes");
    const options = { allow: ["citation"] };
    expect(await judged(provider, "judgeAnswer", redact, onto, options)).toEqual({
      document: expected,
    });
  });

  it("stays if the source did not change", async () => {
    verifies("adapters:quotes");
    const options = { allow: ["citation"] };
    const onto = says([call, result("fact"), cited("fact"), { type: "text", text: "SECRET" }]);
    const { document } = await judged(anthropic, "judgeAnswer", redact, onto, options);
    expect(document).toEqual(
      says([call, result("fact"), cited("fact"), { type: "text", text: "***" }]),
    );
  });
});
