/** The provider's SDK against a local server, with hooks between the two. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import Anthropic from "@anthropic-ai/sdk";
import { jsonSchemaOutputFormat } from "@anthropic-ai/sdk/helpers/json-schema";
import { createPluginManager, definePlugin } from "glassine";
import {
  anthropic,
  fromMessagesRequest,
  fromMessagesResponse,
  messagesStream,
  toMessagesEvents,
  toMessagesRequest,
  toMessagesResponse,
} from "glassine/anthropic";
import { guardFetch } from "glassine/http";
import { createMessage, type Message } from "glassine/messages";
import { beforeAll, describe, expect, it } from "vitest";
import { afterFile } from "../../support/cleanup.ts";
import { listen } from "../../support/listening.ts";
import { verifies } from "../../support/verifies.ts";
import { answer } from "./support/answers.ts";

/** What the model answers to any question. */
const spoken = answer(
  [
    { type: "thinking", thinking: "They ask for 078-05-1120.", signature: "EqQB" },
    { type: "text", text: "It is 078-05-1120, 😀.", citations: null },
    {
      type: "tool_use",
      id: "toolu_1",
      name: "look_up",
      input: { ssn: "078-05-1120", deep: { a: [1, null] } },
      caller: { type: "direct" },
    },
    { type: "redacted_thinking", data: "EmwK" },
  ],
  { stop_reason: "tool_use" },
);

let said = JSON.stringify(spoken);
let received: unknown;
const server = createServer((request, response) => {
  void reply(request, response);
});
let client: Anthropic;

beforeAll(async () => {
  const { url: baseURL, close } = await listen(server);
  afterFile(close);
  client = new Anthropic({ baseURL, apiKey: "x", maxRetries: 0 });
});

/** A gateway that masks numbers on their way to the model and back. */
async function reply(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = "";
  for await (const chunk of request) body += String(chunk);
  const asked = JSON.parse(body) as { stream?: boolean };
  const { messages } = fromMessagesRequest(asked);
  received = toMessagesRequest(messages.map(masked), { onto: asked }).document;
  const message = JSON.parse(said) as Anthropic.Message;
  const answered = fromMessagesResponse(message);
  const { document } = toMessagesResponse(answered.messages.map(masked), { onto: message });
  if (asked.stream !== true) {
    response.setHeader("content-type", "application/json").end(JSON.stringify(document));
    return;
  }
  response.setHeader("content-type", "text/event-stream");
  for (const event of toMessagesEvents<Anthropic.RawMessageStreamEvent>(document)) {
    response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  }
  response.end();
}

const mask = (text: string) => text.replaceAll("078-05-1120", "***");
function masked(message: Message): Message {
  return createMessage(JSON.parse(mask(JSON.stringify(message))) as Message);
}

const plain = (value: unknown) => JSON.parse(JSON.stringify(value));

const question: Anthropic.MessageCreateParamsNonStreaming = {
  model: "claude-opus-4-8",
  max_tokens: 1024,
  system: [{ type: "text", text: "Be brief.", cache_control: { type: "ephemeral" } }],
  messages: [
    { role: "user", content: "Whose is 078-05-1120?" },
    { role: "assistant", content: [{ type: "tool_use", id: "toolu_0", name: "ask", input: {} }] },
    {
      role: "user",
      content: [
        {
          type: "tool_result",
          tool_use_id: "toolu_0",
          content: [{ type: "text", text: "Hers: 078-05-1120" }],
        },
        { type: "text", text: "Go on." },
      ],
    },
  ],
  tools: [{ name: "ask", input_schema: { type: "object" } }],
};

const expected = JSON.parse(mask(JSON.stringify(spoken))) as Anthropic.Message;
const content = [
  { type: "thinking", thinking: "They ask for ***.", signature: "" },
  ...expected.content.slice(1),
];

describe("the SDK", () => {
  it("sends a request, and receives a masked response", async () => {
    verifies("anthropic:onto");
    const message = await client.messages.create(question);
    expect(message.content).toEqual(content);
    expect(message.stop_reason).toBe("tool_use");
    expect(received).toEqual(JSON.parse(mask(JSON.stringify(question))));
  });

  it("sends a request written by the adapter", async () => {
    verifies("anthropic:onto");
    const { messages } = fromMessagesRequest(question);
    const { document: params } = toMessagesRequest(messages.map(masked), { onto: question });
    await client.messages.create(params);
    expect(received).toEqual(JSON.parse(mask(JSON.stringify(question))));
    const stream = client.messages.stream(params);
    expect((await stream.finalMessage()).stop_reason).toBe("tool_use");
  });

  it("combines a masked stream to the same response as the adapter", async () => {
    verifies("anthropic:events", "anthropic:streamed");
    const ours = messagesStream();
    const stream = client.messages.stream(question);
    stream.on("streamEvent", (event) => ours.push(JSON.parse(JSON.stringify(event))));
    const final = await stream.finalMessage();
    const whole = JSON.parse(JSON.stringify(final)) as Anthropic.Message;
    expect(whole.content).toMatchObject(content);
    expect(ours.done).toBe(true);
    expect(ours.document).toEqual({ ...expected, content });
    expect(whole).toMatchObject({ ...ours.document });
  });

  it("streams raw events that build the same message as the whole response", async () => {
    verifies("anthropic:streamed");
    const ours = messagesStream<Anthropic.Message>();
    for await (const event of await client.messages.create({ ...question, stream: true })) {
      ours.push(event);
    }
    const whole = await client.messages.create(question);
    expect(ours.current).toEqual(fromMessagesResponse(whole));
    const written: Anthropic.Message = toMessagesResponse(ours.current.messages, {
      onto: ours.document,
    }).document;
    const events: readonly Anthropic.RawMessageStreamEvent[] = toMessagesEvents(written);
    expect(events.at(-1)).toEqual({ type: "message_stop" });
  });

  it("adds hidden ids and parsed data, which are not part of the document", async () => {
    verifies("anthropic:shape", "anthropic:stale");
    const format = jsonSchemaOutputFormat({
      type: "object",
      properties: { n: { type: "number" } },
    });
    const params = { ...question, output_config: { format } };
    said = JSON.stringify(answer([{ type: "text", text: '{"n":5551234}', citations: null }]));
    const parsed = await client.messages.parse(params);
    const final = await client.messages.stream(params).finalMessage();
    said = JSON.stringify(spoken);
    const whole = await client.messages.create(question);
    for (const document of [parsed, final, whole]) {
      const { messages, left } = fromMessagesResponse(document);
      expect(left.filter(({ path }) => path.includes("_"))).toEqual(
        document === whole
          ? []
          : [{ path: "parsed_output", kind: "content", reason: expect.any(String) }],
      );
      expect(plain(toMessagesResponse(messages, { onto: document }).document)).toEqual(
        plain(document),
      );
    }
    expect(parsed.parsed_output).toEqual({ n: 5551234 });
    const edited = fromMessagesResponse(parsed).messages.map((message) =>
      createMessage(JSON.parse(JSON.stringify(message).replaceAll("5551234", "0"))),
    );
    const { document, lost } = toMessagesResponse(edited, { onto: parsed });
    expect(JSON.stringify(document)).not.toContain("5551234");
    expect(lost).toMatchObject([{ path: "[0].content" }]);
  });
});

describe("the tool runner behind a guard", () => {
  const call: Anthropic.ToolUseBlock = {
    type: "tool_use",
    id: "toolu_1",
    name: "look_up",
    input: {},
    caller: { type: "direct" },
  };
  const stored = [
    "reference thread.previous_message_id",
    "content messages[*].content[*].tool_use_id",
  ];
  const run = async (allow: readonly string[], more: { readonly thread?: false }) => {
    const answers = [
      answer([call], { stop_reason: "tool_use" }),
      answer([{ type: "text", text: "It is hers.", citations: null }]),
    ].values();
    const named: unknown[] = [];
    const looker = definePlugin({
      name: "looker",
      version: "1.0.0",
      hooks: {
        "cmf.llm_input": (message: Message) => {
          for (const part of message.content)
            if (part.content_type === "tool_result") named.push(part.content.tool_name);
        },
      },
    });
    const fetch = guardFetch(await createPluginManager({ plugins: [looker] }), {
      provider: anthropic,
      allow: ["tools", ...allow],
      fetch: async () => Response.json(answers.next().value),
    });
    const runner = new Anthropic({ apiKey: "x", maxRetries: 0, fetch }).beta.messages.toolRunner({
      model: "m",
      max_tokens: 9,
      messages: [{ role: "user", content: "Whose is it?" }],
      tools: [
        {
          name: "look_up",
          input_schema: { type: "object" },
          run: () => "hers",
          parse: (input: unknown) => input,
        },
      ],
      ...more,
    });
    const { content } = await runner.runUntilDone();
    return { named, content };
  };
  const content = [{ text: "It is hers." }];

  it("sends the whole conversation if it keeps no thread, so that results have a name", async () => {
    expect(await run([], { thread: false })).toMatchObject({ named: ["look_up"], content });
  });

  it("runs with a thread if the host accepts results without their calls", async () => {
    expect(await run(stored, {})).toMatchObject({ named: [""], content });
    await expect(run([], {})).rejects.toBeInstanceOf(Anthropic.PermissionDeniedError);
  });
});
