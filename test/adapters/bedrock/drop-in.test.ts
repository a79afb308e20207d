/** `guardBedrock` in the SDK, whose endpoint is a stand-in that speaks JSON and event streams. */
import { Readable } from "node:stream";
import {
  AccessDeniedException,
  BedrockRuntimeClient,
  ConverseCommand,
  type ConverseCommandInput,
  ConverseStreamCommand,
  type ConverseStreamOutput,
  InternalServerException,
  InvokeModelCommand,
  ModelStreamErrorException,
  ServiceUnavailableException,
  ThrottlingException,
  ValidationException,
} from "@aws-sdk/client-bedrock-runtime";
import { createPluginManager, definePlugin, deny } from "glassine";
import { bedrock, guardBedrock } from "glassine/bedrock";
import { guardModel, type ModelEnd, type ModelEvent } from "glassine/http";
import { describe, expect, it } from "vitest";
import { codeOf } from "../../data/support.ts";
import { verifies } from "../../support/verifies.ts";
import { managerOf, redact, secret } from "../http/support/stand-in.ts";
import { answerOf, png } from "./support/documents.ts";

type Manager = Awaited<ReturnType<typeof managerOf>>;

const input: ConverseCommandInput = {
  modelId: "m",
  messages: [
    {
      role: "user",
      content: [{ text: `Pay ${secret}` }, { image: { format: "png", source: { bytes: png } } }],
    },
  ],
};
const call = { toolUse: { toolUseId: "c1", name: "pay", input: { card: secret } } };
const spoken = answerOf([{ text: `Your card is ${secret} 🃏.` }, call], "tool_use");
const delta = (contentBlockIndex: number, each: object) => ({
  contentBlockDelta: { delta: each, contentBlockIndex },
});
/** The secret is spread over several events. */
const events: readonly object[] = [
  { messageStart: { role: "assistant" } },
  ...["They say 41", "11-1111."].map((text) => delta(0, { reasoningContent: { text } })),
  { contentBlockStop: { contentBlockIndex: 0 } },
  ...["Your card is 4", "111-11", "11 🃏."].map((text) => delta(1, { text })),
  { contentBlockStop: { contentBlockIndex: 1 } },
  {
    contentBlockStart: {
      start: { toolUse: { toolUseId: "c1", name: "pay" } },
      contentBlockIndex: 2,
    },
  },
  ...['{"card":"4111', '-1111"}'].map((json) => delta(2, { toolUse: { input: json } })),
  { contentBlockStop: { contentBlockIndex: 2 } },
  { messageStop: { stopReason: "tool_use" } },
  { metadata: { usage: spoken.usage, metrics: spoken.metrics } },
];

interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A string is the body itself. */
  readonly document?: object | string;
  /** Events of a stream; the last one can be an exception. */
  readonly events?: readonly object[];
}

const bodyOf = (document: unknown) =>
  typeof document === "string" ? document : JSON.stringify(document);

async function clientOf(manager: Manager, answer: Answer, options: object = {}) {
  const asked: { path: string; body: string }[] = [];
  const ends: ModelEnd[] = [];
  const results: ModelEvent[] = [];
  const client = new BedrockRuntimeClient({
    region: "eu-central-1",
    endpoint: "https://model.test",
    maxAttempts: 1,
    credentials: { accessKeyId: "a", secretAccessKey: "b" },
    requestHandler: {
      async handle({ path, body: sent }: { path: string; body: Uint8Array }) {
        asked.push({ path, body: new TextDecoder().decode(sent) });
        const { status = 200, headers = {}, document, events: list } = answer;
        const type = list === undefined ? "application/json" : "application/vnd.amazon.eventstream";
        const body =
          list === undefined ? Readable.from([bodyOf(document)]) : Readable.from(encoded(list));
        return {
          response: { statusCode: status, headers: { "content-type": type, ...headers }, body },
        };
      },
    } as never,
  });
  /** Encodes events with the SDK's own codec. */
  function encoded(list: readonly object[]): AsyncIterable<Uint8Array> {
    const { eventStreamMarshaller } = client.config as unknown as {
      eventStreamMarshaller: {
        serialize(
          events: AsyncIterable<object>,
          serialize: (event: object) => object,
        ): AsyncIterable<Uint8Array>;
      };
    };
    return eventStreamMarshaller.serialize(Readable.from(list), (event) => {
      const [name = "", fields] = Object.entries(event)[0] ?? [];
      const kind = name.endsWith("Exception") ? "exception" : "event";
      return {
        headers: {
          ":message-type": { type: "string", value: kind },
          [`:${kind}-type`]: { type: "string", value: name },
          ":content-type": { type: "string", value: "application/json" },
        },
        body: new TextEncoder().encode(bodyOf(fields)),
      };
    });
  }
  client.middlewareStack.use(
    guardBedrock(manager, {
      onEnd: (end) => ends.push(end),
      onResult: (each) => results.push(each),
      ...options,
    }),
  );
  return { asked, ends, results, client };
}
const redacted = () => managerOf({ "cmf.llm_input": redact, "cmf.llm_output": redact });
/** A manager whose plugin judges a stream at its end, and lets events pass as they come. */
const passing = () => {
  const hooks = { "cmf.llm_output": { handler: redact, stream: "pass" } };
  const judge = definePlugin({ name: "judge", version: "1.0.0", hooks } as never);
  return createPluginManager({ plugins: [judge], logger: {} });
};

async function eventsOf(client: BedrockRuntimeClient, list: ConverseStreamOutput[] = []) {
  const { stream } = await client.send(new ConverseStreamCommand(input));
  for await (const event of stream ?? []) list.push(event);
  return list;
}
const failureOf = (asked: Promise<unknown>) =>
  asked.then(
    () => undefined,
    (error: unknown) => error,
  );

describe("the SDK", () => {
  it("asks and gets what plugins left", async () => {
    verifies("bedrock:drop-in");
    const { asked, ends, client } = await clientOf(await redacted(), { document: spoken });
    const answer = await client.send(new ConverseCommand(input));
    expect(asked.map(({ path }) => path)).toEqual(["/model/m/converse"]);
    expect(JSON.parse(asked[0]?.body ?? "")).toEqual({
      messages: [
        {
          role: "user",
          content: [
            { text: "Pay [cut]" },
            { image: { format: "png", source: { bytes: "iVBORw==" } } },
          ],
        },
      ],
    });
    expect(answer.output?.message?.content).toEqual([
      { text: "Your card is [cut] 🃏." },
      { toolUse: { ...call.toolUse, input: { card: "[cut]" } } },
    ]);
    expect([answer.stopReason, answer.usage?.totalTokens]).toEqual(["tool_use", 8]);
    expect(answer.$metadata.httpStatusCode).toBe(200);
    expect(ends).toMatchObject([{ outcome: "allowed", provider: "bedrock.converse", name: "m" }]);
  });

  it("gets what plugins left of a stream, with the secret over several events", async () => {
    verifies("bedrock:drop-in");
    const { asked, ends, client } = await clientOf(await redacted(), { events });
    const list = await eventsOf(client);
    expect(asked.map(({ path }) => path)).toEqual(["/model/m/converse-stream"]);
    expect(list).toEqual([
      { messageStart: { role: "assistant" } },
      delta(0, { reasoningContent: { text: "They say [cut]." } }),
      { contentBlockStop: { contentBlockIndex: 0 } },
      delta(1, { text: "Your card is [cut] 🃏." }),
      { contentBlockStop: { contentBlockIndex: 1 } },
      events[8],
      delta(2, { toolUse: { input: '{"card":"[cut]"}' } }),
      ...events.slice(11),
    ]);
    expect(ends).toMatchObject([{ outcome: "allowed" }]);
  });

  it.each(["cmf.llm_input", "cmf.llm_output", "cmf.tool_pre_invoke"])(
    "throws its own exception for a denial at %s, streamed or not",
    async (hook) => {
      verifies("bedrock:drop-in");
      const manager = await managerOf({
        [hook]: () => deny({ reason: "Not for you", code: "secret.card" }),
      });
      const json = await clientOf(manager, { document: spoken });
      const streams = await clientOf(manager, { events });
      const failures = [
        await failureOf(json.client.send(new ConverseCommand(input))),
        await failureOf(eventsOf(streams.client)),
      ];
      for (const error of failures) {
        expect(error).toBeInstanceOf(AccessDeniedException);
        expect(error).toMatchObject({
          message: "Not for you",
          code: "secret.card",
          $metadata: { httpStatusCode: 403 },
        });
      }
      expect([...json.ends, ...streams.ends].map(({ outcome }) => outcome)).toEqual([
        "denied",
        "denied",
      ]);
    },
  );

  it("throws an exception of the service with what plugins left of its message", async () => {
    verifies("bedrock:drop-in");
    const answer = {
      status: 429,
      document: { message: `Too much ${secret}` },
      headers: { "x-amzn-errortype": "ThrottlingException" },
    };
    const { ends, client } = await clientOf(await redacted(), answer);
    const error = await failureOf(client.send(new ConverseCommand(input)));
    expect(error).toBeInstanceOf(ThrottlingException);
    expect((error as Error).message).toBe("Too much [cut]");
    expect(ends).toMatchObject([{ outcome: "errored" }]);
  });

  it("gives the denial of an exception's message no name of the service", async () => {
    verifies("bedrock:drop-in");
    const answer = {
      status: 403,
      document: { message: `No ${secret}` },
      headers: { "x-amzn-errortype": "ExpiredTokenException" },
    };
    const manager = await managerOf({ "cmf.llm_output": () => deny({ code: "c", reason: "No" }) });
    const { client } = await clientOf(manager, answer);
    const error = await failureOf(client.send(new ConverseCommand(input)));
    expect(error).toMatchObject({ name: "AccessDeniedException", message: "No", code: "c" });
  });

  it("keeps no name of an exception that is more than a word", async () => {
    verifies("bedrock:drop-in");
    const answer = { status: 429, document: { message: "Bad", code: `Pay ${secret}` } };
    const { client } = await clientOf(await redacted(), answer);
    const error = await failureOf(client.send(new ConverseCommand(input)));
    expect(String(error)).toBe("ValidationException: Bad");
  });

  const undecodable: readonly (readonly [what: string, answer: Answer])[] = [
    ["an answer", { document: secret }],
    ["an event", { events: [...events.slice(0, 6), { contentBlockDelta: secret }] }],
  ];
  it.each(undecodable)("shows nothing of %s that is not JSON", async (_what, answer) => {
    verifies("bedrock:drop-in");
    const { client, ends } = await clientOf(await redacted(), answer);
    const error = await failureOf(
      answer.events === undefined ? client.send(new ConverseCommand(input)) : eventsOf(client),
    );
    expect(error).toMatchObject({ code: "answer_invalid" });
    expect(JSON.stringify([String(error), Object.getOwnPropertyNames(error)])).not.toMatch(
      /4111|response/,
    );
    expect(ends).toMatchObject([{ outcome: "errored", code: "answer_invalid" }]);
  });

  it("throws one in a stream, and nothing that was held back with it", async () => {
    verifies("bedrock:drop-in");
    const failed = { modelStreamErrorException: { message: `Bad ${secret}` } };
    const { client } = await clientOf(await redacted(), {
      events: [...events.slice(0, 6), failed],
    });
    const list: ConverseStreamOutput[] = [];
    const error = await failureOf(eventsOf(client, list));
    expect(list).toEqual([]);
    expect(error).toBeInstanceOf(ModelStreamErrorException);
    expect((error as Error).message).toBe("Bad [cut]");
  });

  it("judges the text of an exception that the SDK does not know", async () => {
    verifies("bedrock:drop-in");
    const { client, ends } = await clientOf(await redacted(), {
      events: [...events.slice(0, 6), { newException: { message: `Bad ${secret}` } }],
    });
    const error = await failureOf(eventsOf(client));
    expect(String(error)).toBe('newException: {"message":"Bad [cut]"}');
    expect(error).toMatchObject({ $fault: "server", $metadata: { httpStatusCode: 502 } });
    expect(ends).toMatchObject([{ outcome: "errored", code: "provider_error" }]);
  });

  it.each([
    ["internalServerException", InternalServerException, "server"],
    ["modelStreamErrorException", ModelStreamErrorException, "client"],
    ["serviceUnavailableException", ServiceUnavailableException, "server"],
    ["throttlingException", ThrottlingException, "client"],
    ["validationException", ValidationException, "client"],
  ] as const)("throws %s as it came where plugins let a stream pass", async (name, kind, fault) => {
    verifies("bedrock:drop-in");
    const { ends, client } = await clientOf(await passing(), {
      events: [...events.slice(0, 6), { [name]: { message: "Too much" } }, ...events.slice(6)],
    });
    const list: ConverseStreamOutput[] = [];
    const error = await failureOf(eventsOf(client, list));
    expect(list).toEqual(events.slice(0, 6));
    expect(error).toBeInstanceOf(kind);
    expect(error).toMatchObject({ name: kind.name, message: "Too much", $fault: fault });
    expect(ends).toMatchObject([{ outcome: "errored", code: "provider_error" }]);
  });

  it("refuses a stream that ends early", async () => {
    verifies("bedrock:drop-in");
    const { ends, client } = await clientOf(await redacted(), { events: events.slice(0, 6) });
    expect(await failureOf(eventsOf(client))).toMatchObject({ code: "answer_cut_off" });
    expect(ends).toMatchObject([{ outcome: "errored", code: "answer_cut_off" }]);
  });

  it("refuses other commands, and what no plugin sees", async () => {
    verifies("bedrock:drop-in");
    const { asked, client } = await clientOf(await redacted(), { document: spoken });
    const other = new InvokeModelCommand({ modelId: "m", body: secret });
    expect(await failureOf(client.send(other))).toMatchObject({ code: "request_unknown" });
    const tools = { tools: [{ toolSpec: { name: "f", inputSchema: { json: {} } } }] };
    const command = new ConverseCommand({ ...input, toolConfig: tools });
    expect(await failureOf(client.send(command))).toMatchObject({ code: "content_unseen" });
    expect(asked).toEqual([]);
    const allowing = await clientOf(await redacted(), { document: spoken }, { allow: ["tools"] });
    await allowing.client.send(new ConverseCommand({ ...input, toolConfig: tools }));
    expect(JSON.parse(allowing.asked[0]?.body ?? "")).toMatchObject({ toolConfig: tools });
  });

  it("asks both guards of a client, and that of a command", async () => {
    verifies("bedrock:drop-in");
    const { asked, client } = await clientOf(
      await managerOf({ "cmf.llm_input": () => deny("Not for you") }),
      { document: spoken },
    );
    const seen: string[] = [];
    const watching = async (name: string) =>
      guardBedrock(await managerOf({ "cmf.llm_input": () => void seen.push(name) }));
    client.middlewareStack.use(await watching("second"));
    const command = new ConverseCommand(input);
    command.middlewareStack.use((await watching("of the command")) as never);
    expect(await failureOf(client.send(command))).toMatchObject({ message: "Not for you" });
    expect([seen, asked]).toEqual([[], []]);
    const allowing = await clientOf(await redacted(), { document: spoken });
    allowing.client.middlewareStack.use(await watching("second"));
    const other = new ConverseCommand(input);
    other.middlewareStack.use((await watching("of the command")) as never);
    await allowing.client.send(other);
    expect(seen).toEqual(["second", "of the command"]);
    expect(allowing.asked[0]?.body).toContain("Pay [cut]");
  });

  it("ends as aborted for a caller who closes a stream before reading it", async () => {
    verifies("bedrock:drop-in");
    const { ends, client } = await clientOf(await createPluginManager({ plugins: [] }), { events });
    const { stream } = await client.send(new ConverseStreamCommand(input));
    await stream?.[Symbol.asyncIterator]().return?.();
    expect(ends).toMatchObject([{ outcome: "aborted" }]);
  });

  it("ends as aborted for a caller who reads no further", async () => {
    verifies("bedrock:drop-in");
    const { ends, client } = await clientOf(await createPluginManager({ plugins: [] }), { events });
    const { stream } = await client.send(new ConverseStreamCommand(input));
    for await (const _ of stream ?? []) break;
    expect(ends).toMatchObject([{ outcome: "aborted" }]);
  });
});

it.each([
  "internalServerException",
  "modelStreamErrorException",
  "serviceUnavailableException",
  "throttlingException",
  "validationException",
])(
  "%s among events of a host's own is a refusal with its judged message, and the last",
  async (name) => {
    verifies("bedrock:drop-in");
    const exchange = guardModel(bedrock, await passing()).begin();
    async function* arriving() {
      yield* [...events.slice(0, 6), { [name]: { message: `Bad ${secret}` } }];
    }
    const list: unknown[] = [];
    for await (const judged of exchange.judgeEvents(arriving())) list.push(judged);
    const reason = "Bad [cut]";
    expect(list).toEqual([
      ...events.slice(0, 6).map((event) => ({ event })),
      { refusal: { code: "provider_error", reason, status: 502 } },
    ]);
  },
);

it.each(["maxEvents", "textUnits"])("a limit of streams is checked at once: %s", async (name) => {
  verifies("bedrock:drop-in");
  const manager = await redacted();
  for (const limit of [0, 1.5, "9", null]) {
    expect(codeOf(() => guardBedrock(manager, { [name]: limit }))).toBe("options_invalid");
  }
});

it.each([
  ["a window", { window: 10 }],
  ["sentences", "sentence"],
] as const)("text leaves before the end of a stream with %s", async (_name, stream) => {
  verifies("bedrock:drop-in");
  const redactor = definePlugin({
    name: "redactor",
    version: "1.0.0",
    hooks: { "cmf.llm_output": { handler: redact, stream } },
  } as never);
  const exchange = guardModel(bedrock, await createPluginManager({ plugins: [redactor] })).begin();
  const text = `Your card is ${secret}. ${"So on and so forth. ".repeat(40)}${secret}.`;
  const pieces = (text.match(/.{1,3}/g) ?? []).map((each) => delta(0, { text: each }));
  let came = 0;
  async function* arriving() {
    for (const event of [
      ...events.slice(0, 1),
      ...pieces,
      ...events.slice(7, 8),
      ...events.slice(12),
    ]) {
      came += 1;
      yield JSON.parse(
        JSON.stringify(event).replace('"contentBlockIndex":1', '"contentBlockIndex":0'),
      );
    }
  }
  let first = 0;
  let said = "";
  for await (const { event, refusal } of exchange.judgeEvents(arriving())) {
    expect(refusal).toBeUndefined();
    const more = Object(event).contentBlockDelta?.delta.text ?? "";
    if (said === "" && more !== "") first = came;
    said += more;
  }
  expect(first).toBeLessThan(pieces.length / 4);
  expect(said).toBe(text.replaceAll(secret, "[cut]"));
});
