/** `guardFetch` under Google's SDK. */
import { createPluginManager, definePlugin, deny } from "glassine";
import { google } from "glassine/google";
import { guardFetch, guardModel, type ModelEnd } from "glassine/http";
import { describe, expect, it } from "vitest";
import { stride } from "../../../property-tests/support/runs.ts";
import {
  type Answer,
  jsonAnswer,
  managerOf,
  redact,
  secret,
  standIn,
  streamed,
} from "../http/support/stand-in.ts";
import { answerOf } from "./support/documents.ts";

/** The parts of the SDK that the tests use. */
interface Sdk {
  readonly GoogleGenAI: new (
    options: object,
  ) => {
    readonly models: {
      generateContent(params: object): Promise<Response>;
      generateContentStream(params: object): Promise<AsyncIterable<Response>>;
    };
    readonly chats: {
      create(params: object): {
        sendMessageStream(params: object): Promise<AsyncIterable<Response>>;
      };
    };
  };
  readonly ApiError: new (options: object) => Error & { readonly status: number };
}
interface Response {
  readonly text?: string;
  readonly functionCalls?: readonly { readonly args?: object }[];
  readonly candidates?: readonly { readonly finishReason?: string }[];
}

// The compiler cannot resolve this name: the SDK's types need those of other packages.
const name: string = "@google/genai";
const { GoogleGenAI, ApiError } = (await import(/* @vite-ignore */ name)) as Sdk;

const model = "gemini-2.5-flash";
const contents = [{ role: "user", parts: [{ text: `Pay ${secret}` }] }];
const spoken = answerOf(
  [
    { text: `They say ${secret}.`, thought: true },
    { text: `Your card is ${secret} 🃏.` },
    { functionCall: { id: "c1", name: "pay", args: { card: secret } } },
  ],
  "STOP",
);
const chunk = (part: object, more: object = {}) => ({
  candidates: [{ content: { parts: [part], role: "model" }, ...more }],
  modelVersion: model,
});
/** The secret is spread over several events. */
const events = [
  chunk({ text: "They say 41", thought: true }),
  chunk({ text: "11-1111.", thought: true }),
  ...["Your card is 4", "111-11", "11 🃏."].map((text) => chunk({ text })),
  chunk({ functionCall: { id: "c1", name: "pay", args: { card: secret } } }),
  { ...chunk({ text: "" }, { finishReason: "STOP" }), usageMetadata: spoken.usageMetadata },
];
const textOf = (list: readonly object[]) =>
  list.map((event) => `data: ${JSON.stringify(event)}\r\n\r\n`).join("");
const sent = () => streamed([textOf(events)]);

async function clientOf(hooks: Parameters<typeof managerOf>[0], answer: Answer, vertex = false) {
  const { asked, fetch } = standIn(answer);
  const ends: ModelEnd[] = [];
  const guarded = guardFetch(await managerOf(hooks), {
    provider: google,
    fetch,
    onEnd: (end) => ends.push(end),
  });
  const { models } = new GoogleGenAI({
    apiKey: "key",
    vertexai: vertex,
    httpOptions: { baseUrl: "https://model.test", fetch: guarded },
  });
  return { asked, ends, models };
}
async function allOf(models: Awaited<ReturnType<typeof clientOf>>["models"]) {
  const all: Response[] = [];
  for await (const each of await models.generateContentStream({ model, contents })) all.push(each);
  return all;
}
const redacted = { "cmf.llm_input": redact, "cmf.llm_output": redact };

describe("the SDK", () => {
  it.each([false, true])("asks and gets what plugins left, JSON (Vertex: %s)", async (vertex) => {
    const { asked, ends, models } = await clientOf(redacted, () => jsonAnswer(spoken), vertex);
    const answer = await models.generateContent({ model, contents });
    expect(asked[0]?.url).toContain(`/models/${model}:generateContent`);
    expect(ends).toMatchObject([{ outcome: "allowed", name: model }]);
    expect(JSON.parse(asked[0]?.body ?? "")).toMatchObject({
      contents: [{ role: "user", parts: [{ text: "Pay [cut]" }] }],
    });
    expect(answer.text).toBe("Your card is [cut] 🃏.");
    expect(answer.functionCalls?.[0]?.args).toEqual({ card: "[cut]" });
    expect(JSON.stringify(answer)).not.toContain(secret);
  });

  it.each([
    ["v1beta/models/gemini-2.5-flash:generateContent", "gemini-2.5-flash"],
    ["v1/projects/p/locations/l/endpoints/7:streamGenerateContent", "7"],
    ["v1beta/tunedModels%2Fours:generateContent", "tunedModels/ours"],
  ])("shows plugins the model that a path names: %s", async (path, name) => {
    const seen: unknown[] = [];
    const look = (_payload: unknown, _context: unknown, extensions: unknown) =>
      void seen.push(extensions);
    const { fetch } = standIn(() => jsonAnswer(spoken));
    const guarded = guardFetch(await managerOf({ "cmf.llm_input": look as never }), {
      provider: google,
      fetch,
    });
    const body = JSON.stringify({ contents: [{ role: "user", parts: [{ text: "Ahoy" }] }] });
    await guarded(`https://model.test/${path}`, { method: "POST", body });
    expect(seen).toMatchObject([{ llm: { provider: "google", model_id: name } }]);
  });

  it("gets what plugins left of a stream, with the secret over several events", async () => {
    const { asked, ends, models } = await clientOf(redacted, sent);
    const answers = await allOf(models);
    expect(asked[0]?.url).toContain(":streamGenerateContent?alt=sse");
    expect(answers.map(({ text }) => text ?? "").join("")).toBe("Your card is [cut] 🃏.");
    expect(JSON.stringify(answers)).not.toContain(secret);
    expect(answers.at(-1)?.candidates?.[0]?.finishReason).toBe("STOP");
    expect(ends).toMatchObject([{ outcome: "allowed", provider: "google.generate_content" }]);
  });

  it.each(["cmf.llm_input", "cmf.llm_output", "cmf.tool_pre_invoke"])(
    "throws its own error for a denial at %s, streamed or not",
    async (hook) => {
      const hooks = { [hook]: () => deny({ reason: "Not for you", code: "secret.card" }) };
      const json = await clientOf(hooks, () => jsonAnswer(spoken));
      const streams = await clientOf(hooks, sent);
      const failures = [
        json.models.generateContent({ model, contents }),
        allOf(streams.models),
      ].map((call) => call.then(() => undefined).catch((error: unknown) => error));
      for (const error of await Promise.all(failures)) {
        expect(error).toBeInstanceOf(ApiError);
        expect(error).toMatchObject({ status: 403 });
        const { message } = error as Error;
        expect(JSON.parse(message.replace(/^got status: \w+\. /, ""))).toEqual({
          error: {
            code: 403,
            message: "Not for you",
            status: "PERMISSION_DENIED",
            details: [
              {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                reason: "secret.card",
                domain: "glassine",
              },
            ],
          },
        });
      }
    },
  );

  it("throws its own error for one of the provider, without the secret", async () => {
    const error = { code: 400, message: `Bad ${secret}`, status: "INVALID_ARGUMENT" };
    const { models } = await clientOf(redacted, () => jsonAnswer({ error }, 400));
    const failure = await models.generateContent({ model, contents }).catch((each) => each);
    expect(failure).toBeInstanceOf(ApiError);
    expect(failure.message).toContain("Bad [cut]");
  });
});

it.each([
  ["buffered", redact],
  ["with a window", { handler: redact, stream: { window: 10 } }],
])("a chat remembers a turn that was streamed %s", async (_, handler) => {
  const { asked, fetch } = standIn(() =>
    streamed([textOf([chunk({ text: `I know ${secret}.` }, { finishReason: "STOP" })])]),
  );
  const guarded = guardFetch(await managerOf({ "cmf.llm_output": handler as typeof redact }), {
    provider: google,
    fetch,
  });
  const httpOptions = { baseUrl: "https://model.test", fetch: guarded };
  const chat = new GoogleGenAI({ apiKey: "key", httpOptions }).chats.create({ model });
  for (const message of ["Who am I?", "Again?"]) {
    for await (const _each of await chat.sendMessageStream({ message }));
  }
  const { contents: sentAgain } = JSON.parse(asked[1]?.body ?? "") as {
    contents: { role: string; parts: { text: string }[] }[];
  };
  const turns = sentAgain.map(({ role, parts }) => [role, parts.map(({ text }) => text).join("")]);
  expect([turns[0], turns.at(-1)]).toEqual([
    ["user", "Who am I?"],
    ["user", "Again?"],
  ]);
  const said = turns.filter(([role]) => role === "model").map(([, text]) => text);
  expect(said.join("")).toBe("I know [cut].");
});

it("every cut of a stream leaves the same, without the secret", async () => {
  const bytes = new TextEncoder().encode(textOf(events.slice(1)));
  const manager = await managerOf(redacted);
  const left = new Set<string>();
  for (let at = 1; at < bytes.length; at += stride) {
    const fetch = async () => streamed([bytes.slice(0, at), bytes.slice(at)]);
    const ask = guardFetch(manager, { provider: google, fetch });
    const url = `https://model.test/v1beta/models/${model}:streamGenerateContent?alt=sse`;
    const body = JSON.stringify({ contents });
    left.add(await (await ask(url, { method: "POST", body })).text());
  }
  expect(left.size).toBe(1);
  expect([...left][0]).toContain("Your card is [cut]");
  expect([...left][0]).not.toContain(secret);
});

describe("guardFetch", () => {
  const ask = async (path: string, answer: Answer, document: object = { contents }) => {
    const { asked, fetch } = standIn(answer);
    const guarded = guardFetch(await managerOf(redacted), { provider: google, fetch });
    const init = { method: "POST", body: JSON.stringify(document) };
    return { asked, response: await guarded(`https://model.test${path}`, init) };
  };

  it.each([
    "/v1beta/models/m:generateContent",
    "/v1beta/tunedModels/m:generateContent",
    "/v1/projects/p/locations/l/publishers/google/models/m:generateContent",
    "/v1/projects/p/locations/l/endpoints/1:generateContent",
  ])("reads %s", async (path) => {
    const { asked, response } = await ask(path, () => jsonAnswer(spoken));
    expect([response.status, asked.length]).toEqual([200, 1]);
    expect(await response.text()).not.toContain(secret);
  });

  it.each([
    "/v1beta/models/m:countTokens",
    "/v1beta/models/m:batchGenerateContent",
    "/v1beta/models/m%3AgenerateContent",
    "/v1beta/models/:generateContent",
    "/v1beta/models/m:generateContent/",
  ])("refuses %s, which nothing reads", async (path) => {
    const { asked, response } = await ask(path, () => jsonAnswer(spoken));
    expect([response.status >= 400, asked]).toEqual([true, []]);
  });

  it("reads a stream that is a JSON array", async () => {
    const { response } = await ask("/v1beta/models/m:streamGenerateContent", () =>
      jsonAnswer(events),
    );
    const list = (await response.json()) as typeof events;
    expect(list).toHaveLength(5);
    expect(JSON.stringify(list)).toContain("Your card is [cut] 🃏.");
    expect(JSON.stringify(list)).not.toContain(secret);
  });

  it("judges such a stream as one answer, also where plugins let events pass", async () => {
    const refuse = { handler: () => deny("No cards"), stream: "pass" };
    const judge = { name: "judge", version: "1.0.0", hooks: { "cmf.llm_output": refuse } };
    const manager = await createPluginManager({ plugins: [definePlugin(judge as never)] });
    const { fetch } = standIn(() => jsonAnswer(events));
    const url = "https://model.test/v1beta/models/m:streamGenerateContent";
    const init = { method: "POST", body: JSON.stringify({ contents }) };
    const response = await guardFetch(manager, { provider: google, fetch })(url, init);
    expect(response.status).toBe(403);
    expect(await response.text()).not.toContain("Your card");
  });

  it("refuses a request with what no plugin sees", async () => {
    const document = { contents, system_instruction: { parts: [{ text: secret }] } };
    const { asked, response } = await ask(
      "/v1beta/models/m:generateContent",
      () => jsonAnswer(spoken),
      document,
    );
    expect([response.status, asked]).toEqual([403, []]);
    expect(await response.json()).toMatchObject({ error: { status: "PERMISSION_DENIED" } });
  });

  it("refuses an answer with a second candidate, streamed or not", async () => {
    const other = { index: 1, content: { role: "model", parts: [{ text: secret }] } };
    const two = { ...spoken, candidates: [...spoken.candidates, other] };
    const json = await ask("/v1beta/models/m:generateContent", () => jsonAnswer(two));
    const stream = await ask("/v1beta/models/m:streamGenerateContent", () =>
      streamed([textOf([...events, { candidates: [other] }])]),
    );
    expect([json.response.status, stream.response.status]).toEqual([403, 403]);
  });

  it("refuses a stream that ends early, also as a JSON array", async () => {
    const early = [events.slice(0, 3), []];
    for (const answer of [
      () => streamed([textOf(events.slice(0, 3))]),
      ...early.map((list) => () => jsonAnswer(list)),
    ]) {
      const { response } = await ask("/v1beta/models/m:streamGenerateContent", answer);
      expect(response.status).toBe(502);
      const text = await response.text();
      expect(text).toContain("answer_cut_off");
      expect(text).not.toContain("11-1111");
    }
  });

  it("passes a JSON array that says only why the prompt was blocked", async () => {
    const promptFeedback = { blockReason: "SAFETY", blockReasonMessage: `Not ${secret}` };
    const path = "/v1beta/models/m:streamGenerateContent";
    const { response } = await ask(path, () => jsonAnswer([{ promptFeedback }]));
    expect(await response.json()).toEqual([
      { promptFeedback: { ...promptFeedback, blockReasonMessage: "Not [cut]" } },
    ]);
  });
});

it("guardModel hands on the same document if no plugin listens", async () => {
  const exchange = guardModel(google, await createPluginManager({ plugins: [] })).begin();
  const request = { contents };
  expect((await exchange.judgeRequest(request)).document).toBe(request);
});
