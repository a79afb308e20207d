/** `guardFetch` under the SDKs of OpenAI and Anthropic. */
import Anthropic from "@anthropic-ai/sdk";
import { addLabels, createPluginManager, definePlugin, deny } from "glassine";
import { anthropic } from "glassine/anthropic";
import { bedrock } from "glassine/bedrock";
import { google } from "glassine/google";
import { type GuardFetchOptions, guardFetch, type ModelEnd } from "glassine/http";
import { memoryLabelStore } from "glassine/labels";
import { chatCompletions, openai } from "glassine/openai";
import OpenAI from "openai";
import { describe, expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";
import { recorded } from "./support/recorded.ts";
import {
  type Answer,
  eventsText,
  jsonAnswer,
  managerOf,
  redact,
  secret,
  standIn,
  streamed,
} from "./support/stand-in.ts";

type Hooks = Parameters<typeof managerOf>[0];

const [chat, responses, messages] = recorded as [
  (typeof recorded)[0],
  (typeof recorded)[0],
  (typeof recorded)[0],
];
const user = [{ role: "user" as const, content: "Pay" }];

async function clients(
  hooks: Hooks,
  answer: Answer,
  more: Partial<GuardFetchOptions> = {},
  manager?: Awaited<ReturnType<typeof managerOf>>,
  onAnswer: () => void = () => {},
) {
  const { asked, fetch } = standIn(answer);
  const judge = manager ?? (await managerOf(hooks));
  const ends: ModelEnd[] = [];
  const onEnd = (end: ModelEnd) => ends.push(end);
  const options = { fetch, onEnd, ...more };
  const sdk = { apiKey: "key", maxRetries: 0 };
  const guarded = (provider: typeof openai | typeof anthropic) => {
    const ask = guardFetch(judge, { provider, ...options } as never);
    return async (...given: Parameters<typeof ask>) => {
      const response = await ask(...given);
      onAnswer();
      return response;
    };
  };
  return {
    asked,
    ends,
    openai: new OpenAI({
      ...sdk,
      baseURL: "https://model.test/v1",
      fetch: guarded(openai),
    }),
    anthropic: new Anthropic({
      ...sdk,
      baseURL: "https://model.test",
      fetch: guarded(anthropic),
    }),
  };
}

type Clients = Awaited<ReturnType<typeof clients>>;

/** The same exchange with each API of the SDKs, as JSON and streamed. */
const exchanges = [
  {
    name: "Chat Completions",
    recorded: chat,
    denied: OpenAI.PermissionDeniedError,
    base: OpenAI.APIError,
    json: (to: Clients, content = "Pay") =>
      to.openai.chat.completions.create({ model: "m", messages: [{ role: "user", content }] }),
    stream: async (to: Clients) =>
      all(await to.openai.chat.completions.create({ model: "m", messages: user, stream: true })),
  },
  {
    name: "Responses",
    recorded: responses,
    denied: OpenAI.PermissionDeniedError,
    base: OpenAI.APIError,
    json: (to: Clients, content = "Pay") =>
      to.openai.responses.create({ model: "m", input: content }),
    stream: async (to: Clients) =>
      all(await to.openai.responses.create({ model: "m", input: "Pay", stream: true })),
  },
  {
    name: "Messages",
    recorded: messages,
    denied: Anthropic.PermissionDeniedError,
    base: Anthropic.APIError,
    json: (to: Clients, content = "Pay") =>
      to.anthropic.messages.create({
        model: "m",
        max_tokens: 10,
        messages: [{ role: "user", content }],
      }),
    stream: async (to: Clients) =>
      all(
        await to.anthropic.messages.create({
          model: "m",
          max_tokens: 10,
          messages: user,
          stream: true,
        } as Anthropic.MessageCreateParamsStreaming),
      ),
  },
] as const;

async function all<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const list: Item[] = [];
  for await (const item of items) list.push(item);
  return list;
}

/** A promise, and what resolves it. */
function gate() {
  let open = () => {};
  const wait = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { wait, open: () => open() };
}

/** The recorded answer as one document. */
function documentOf({ api, events }: (typeof recorded)[number]): object {
  const stream = api.stream();
  for (const event of events) stream.push(event);
  return stream.document;
}

describe.each(exchanges)(
  "$name",
  ({ recorded: { api, text, ...own }, denied, base, json, stream }) => {
    const document = documentOf({ api, text, ...own });
    const answered = () => jsonAnswer(document);

    it("redacts what is asked and what is answered, as JSON and as a stream", async () => {
      const hooks = { "cmf.llm_input": redact, "cmf.llm_output": redact };
      const to = await clients(hooks, answered);
      const got = await json(to, `My card is ${secret}.`);
      expect(JSON.stringify(got)).toContain("cärd [cut] 🃏");
      expect(JSON.stringify(got)).not.toContain(secret);
      expect(to.asked).toHaveLength(1);
      expect(to.asked[0]?.body).toContain("My card is [cut].");
      expect(to.asked[0]?.headers.get("content-length")).toBeNull();

      const streaming = await clients(hooks, () => streamed([text]));
      const events = await stream(streaming);
      expect(JSON.stringify(events)).toContain("[cut]");
      expect(JSON.stringify(events)).not.toContain(secret);
      expect([to.ends, streaming.ends].flat()).toMatchObject([
        { outcome: "allowed", provider: api.name, name: "m" },
        { outcome: "allowed", provider: api.name, name: "m" },
      ]);
    });

    it("says the same without plugins on these hooks, as the very bytes that came", async () => {
      const to = await clients({ "cmf.tool_post_invoke": redact }, () => streamed([text]));
      expect(await stream(to)).toEqual(await stream(await clients({}, () => streamed([text]))));
      const { fetch } = standIn(() => streamed([": hello\n\n", text]));
      const guarded = guardFetch(await managerOf({}), { provider: api, fetch });
      const body = JSON.stringify(own.request);
      const response = await guarded(own.url, { method: "POST", body });
      expect(await response.text()).toBe(`: hello\n\n${text}`);
    });

    it("denies with the SDK's own error: a request, an answer and a call, streamed or not", async () => {
      for (const hook of ["cmf.llm_input", "cmf.llm_output", "cmf.tool_pre_invoke"]) {
        const no = () => deny({ code: "no_cards", reason: "No cards" });
        // A plugin on the answer also holds back its text.
        const hooks = { "cmf.llm_output": () => undefined, [hook]: no };
        for (const [answer, ask] of [
          [answered, json],
          [() => streamed([text]), stream],
        ] as const) {
          const to = await clients(hooks, answer);
          const error = await ask(to).catch((thrown: unknown) => thrown);
          expect(error).toBeInstanceOf(denied);
          expect(error).toMatchObject({
            status: 403,
            message: expect.stringContaining("No cards"),
          });
          expect(JSON.stringify((error as { error: unknown }).error)).toContain("no_cards");
          expect(to.ends).toMatchObject([{ outcome: "denied", code: "no_cards", plugin: "judge" }]);
          expect(to.asked).toHaveLength(hook === "cmf.llm_input" ? 0 : 1);
        }
      }
    });

    it("denies a call after text that nobody judges with the provider's own error event", async () => {
      const hooks = { "cmf.tool_pre_invoke": () => deny("No cards") };
      const to = await clients(hooks, () => streamed([text]));
      const error = await stream(to).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(base);
      expect(JSON.stringify((error as { error: unknown }).error)).toContain("No cards");
      expect(to.ends).toMatchObject([{ outcome: "denied" }]);
    });

    it("does not try a refusal again", async () => {
      const to = await clients({ "cmf.llm_output": () => deny("No") }, answered);
      const again = api === anthropic ? to.anthropic : to.openai;
      again.maxRetries = 2;
      await expect(json(to)).rejects.toBeInstanceOf(denied);
      expect(to.asked).toHaveLength(1);
    });

    it("ends a stream that has begun with the provider's own error event", async () => {
      const { wait, open } = gate();
      const hooks = { "cmf.llm_output": () => wait.then(() => deny("No cards")) };
      const limits = { keepAliveMs: 5 };
      const to = await clients(hooks, () => streamed([text]), { limits }, undefined, open);
      const error = await stream(to).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(base);
      expect(JSON.stringify((error as { error: unknown }).error)).toContain("No cards");
      expect(to.ends).toMatchObject([{ outcome: "denied" }]);
    });

    it("sends comments while it holds an answer back", async () => {
      const { wait, open } = gate();
      const { fetch } = standIn(() => streamed([text]));
      const manager = await managerOf({ "cmf.llm_output": () => wait.then(() => undefined) });
      const limits = { keepAliveMs: 5 };
      const guarded = guardFetch(manager, { provider: api, fetch, limits });
      const init = { method: "POST", body: JSON.stringify(own.request) };
      const response = await guarded(own.url, init);
      open();
      const body = await response.text();
      expect(body).toMatch(/^(?:: keep-alive\n\n)+(?:event: [\w.]+\n)?data: /);
    });

    it("judges the provider's errors, and passes nothing of them but message and code", async () => {
      const error = {
        ...api.denied({ code: "bad_key", reason: `Bad key ${secret}`, status: 401 }),
        trace: secret,
      };
      const headers = { "retry-after": "1", "set-cookie": "id=1", "x-request-id": "r" };
      for (const ask of [json, stream]) {
        const to = await clients({ "cmf.llm_output": redact }, () =>
          jsonAnswer(error, 401, headers),
        );
        const thrown = (await ask(to).catch((each: unknown) => each)) as InstanceType<typeof base>;
        expect(thrown).toBeInstanceOf(base);
        expect(thrown.status).toBe(401);
        expect(thrown.message).toContain("Bad key [cut]");
        expect(JSON.stringify(thrown.error)).toContain("bad_key");
        expect(JSON.stringify(thrown.error)).not.toContain(secret);
        const names = [...(thrown.headers as Headers).keys()].sort();
        expect(names).toEqual(["content-type", "retry-after", "x-request-id"]);
        expect(to.ends).toMatchObject([{ outcome: "errored", code: "bad_key" }]);
      }
      for (const [body, type] of [
        ["<html>4111-1111", "text/html"],
        ["4111-1111", "application/json"],
        ["", "application/json"],
        ['{"detail":"4111-1111"}', "application/json"],
      ] as const) {
        const answer = () => new Response(body, { status: 503, headers: { "content-type": type } });
        const to = await clients({ "cmf.llm_output": redact }, answer);
        const thrown = (await json(to).catch((each: unknown) => each)) as InstanceType<typeof base>;
        expect(thrown).toMatchObject({ status: 503 });
        expect(thrown.message).toContain("The provider answered with an error of status 503");
        expect(JSON.stringify(thrown.error)).not.toContain(secret);
      }
    });

    it("judges an error inside a stream", async () => {
      const violation = { code: "overloaded", reason: `Too much ${secret}` };
      const last = eventsText([api.deniedEvent({ ...violation, status: 529 })]);
      const pieces = [eventsText(own.events.slice(0, 2)), last];
      const to = await clients({ "cmf.llm_output": redact }, () => streamed(pieces));
      const thrown = (await stream(to).catch((each: unknown) => each)) as InstanceType<typeof base>;
      expect(thrown).toBeInstanceOf(base);
      expect(thrown.message).not.toContain(secret);
      expect(to.ends).toMatchObject([{ outcome: "errored" }]);
    });

    it("refuses an answer that is not one of this API, with a code", async () => {
      const sse = { "content-type": "text/event-stream" };
      const first = eventsText(own.events.slice(0, 1));
      const cases: readonly (readonly [Answer, string])[] = [
        [() => new Response("<html>"), "answer_invalid"],
        [() => new Response(JSON.stringify(document)), "answer_invalid"],
        [
          () => new Response("{", { headers: { "content-type": "application/json" } }),
          "answer_invalid",
        ],
        [() => new Response(null, { status: 204 }), "answer_invalid"],
        [() => jsonAnswer({}), "answer_invalid"],
        [() => jsonAnswer([document]), "answer_invalid"],
        [() => jsonAnswer(null), "answer_invalid"],
        [() => new Response("", { headers: sse }), "answer_invalid"],
        [() => streamed([text.slice(0, -20)].map((each) => each.slice(0, 400))), "answer_"],
        [() => streamed([first]), "answer_cut_off"],
        [() => streamed([first, "data: {\n\n"]), "answer_invalid"],
        [() => streamed([first, "data: 1\n\n"]), "answer_invalid"],
        [() => streamed([first, Uint8Array.of(0xff, 10)]), "answer_invalid"],
        [() => streamed([text, first]), "answer_invalid"],
      ];
      for (const [answer, code] of cases) {
        const to = await clients({ "cmf.llm_output": redact }, answer);
        const thrown = (await json(to).catch((each: unknown) => each)) as InstanceType<typeof base>;
        expect(thrown).toBeInstanceOf(base);
        expect(thrown).toMatchObject({ status: 502 });
        expect(JSON.stringify(thrown.error)).toContain(code);
        expect(to.ends).toMatchObject([
          { outcome: "errored", code: expect.stringMatching(`^${code}`) },
        ]);
      }
    });

    it("refuses what is larger than the host allows", async () => {
      const hooks = { "cmf.llm_input": redact, "cmf.llm_output": redact };
      for (const [limits, answer, status, code] of [
        [{ requestBytes: 20 }, answered, 413, "request_too_large"],
        [{ answerBytes: 200 }, answered, 502, "answer_too_large"],
        [{ answerBytes: 200 }, () => streamed([text]), 502, "answer_too_large"],
        [{ eventUnits: 60 }, () => streamed([text]), 502, "answer_too_large"],
        [
          { eventUnits: 60 },
          () => streamed([`data: ${"a".repeat(50)}`, "a".repeat(50)]),
          ...([502, "answer_too_large"] as const),
        ],
        [{ maxEvents: 3 }, () => streamed([text]), 502, "answer_too_large"],
      ] as const) {
        const to = await clients(hooks, answer, { limits });
        const thrown = (await json(to).catch((each: unknown) => each)) as InstanceType<typeof base>;
        expect(thrown).toMatchObject({ status });
        expect(JSON.stringify(thrown.error)).toContain(code);
      }
    });

    it("refuses a body that is not a request, and sends nothing", async () => {
      const { asked, fetch } = standIn(answered);
      const manager = await managerOf({ "cmf.llm_input": redact });
      const guarded = guardFetch(manager, { provider: api, fetch });
      const gzip = Uint8Array.of(0x1f, 0x8b, 8, 0);
      for (const body of ["", "{", "1", "[]", '{"messages":1,"input":1}', gzip, new FormData()]) {
        const response = await guarded(own.url, { method: "POST", body });
        expect(response.status).toBe(400);
        expect(await response.json()).toMatchObject({ error: { code: "request_invalid" } });
      }
      expect(asked).toEqual([]);
    });

    it("sends what was parsed, not the bytes that came", async () => {
      const { asked, fetch } = standIn(answered);
      const manager = await managerOf({ "cmf.llm_input": () => undefined });
      const guarded = guardFetch(manager, { provider: api, fetch });
      const field = "messages" in own.request ? "messages" : "input";
      const twice = `{"${field}":"hidden",${JSON.stringify(own.request).slice(1)}`;
      await guarded(new Request(own.url, { method: "POST", body: twice }));
      expect(asked[0]?.body).not.toContain("hidden");
      expect(JSON.parse(asked[0]?.body ?? "")).toEqual(own.request);
    });

    it("keeps how a Request is to be sent", async () => {
      const sent: (RequestInit | undefined)[] = [];
      const fetch = async (_: unknown, init?: RequestInit) => {
        sent.push(init);
        return jsonAnswer(document);
      };
      const manager = await managerOf({ "cmf.llm_input": () => undefined });
      const guarded = guardFetch(manager, { provider: api, fetch });
      const how = { redirect: "error", credentials: "omit" } as const;
      const body = JSON.stringify(own.request);
      await guarded(new Request(own.url, { method: "POST", body, ...how }));
      await guarded(new Request(own.url, { method: "POST", body, ...how }), { redirect: "manual" });
      const init = { redirect: undefined } as unknown as RequestInit;
      await guarded(new Request(own.url, { method: "POST", body, ...how }), init);
      expect(sent).toMatchObject([how, { ...how, redirect: "manual" }, how]);
    });

    it("stops the provider when the caller goes away", async () => {
      let cancelled = 0;
      const endless = () => {
        const body = new ReadableStream<Uint8Array>({
          start: (controller) => controller.enqueue(new TextEncoder().encode(text.slice(0, 200))),
          cancel: () => {
            cancelled += 1;
          },
        });
        return new Response(body, { headers: { "content-type": "text/event-stream" } });
      };
      const ends: ModelEnd[] = [];
      const guarded = guardFetch(await managerOf({ "cmf.llm_output": redact }), {
        provider: api,
        fetch: standIn(endless).fetch,
        onEnd: (end: ModelEnd) => ends.push(end),
        limits: { keepAliveMs: 5 },
      } as GuardFetchOptions);
      const init = { method: "POST", body: JSON.stringify(own.request) };
      await (await guarded(own.url, init)).body?.cancel();
      const controller = new AbortController();
      const aborted = await guarded(own.url, { ...init, signal: controller.signal });
      await expect.poll(() => ends).toMatchObject([{ outcome: "aborted" }]);
      controller.abort();
      // Even if the caller reads no further.
      await expect.poll(() => ends).toMatchObject([{ outcome: "aborted" }, { outcome: "aborted" }]);
      await expect(aborted.text()).rejects.toMatchObject({ name: "AbortError" });
      expect(ends).toHaveLength(2);
      expect(cancelled).toBe(2);
    });

    it("says what a fetch returned that is no response", async () => {
      const fetch = (async () => ({ status: 200 })) as never;
      const manager = await managerOf({ "cmf.llm_output": redact });
      const guarded = guardFetch(manager, { provider: api, fetch });
      await expect(
        guarded(own.url, { method: "POST", body: JSON.stringify(own.request) }),
      ).rejects.toMatchObject({
        code: "options_invalid",
        message: "guardFetch expects fetch to return a Response, got an object.",
      });
    });

    it.each(["cmf.llm_input", "cmf.llm_output"])(
      "rejects with the caller's reason while a plugin works at %s",
      async (hook) => {
        const waits = () => new Promise((resolve) => setTimeout(resolve, 200));
        const ends: ModelEnd[] = [];
        for (const [body, answer] of [
          [JSON.stringify(own.request), () => jsonAnswer(document)],
          [JSON.stringify({ ...own.request, stream: true }), () => streamed([text])],
        ] as const) {
          const guarded = guardFetch(await managerOf({ [hook]: waits }), {
            provider: api,
            fetch: standIn(answer).fetch,
            onEnd: (end: ModelEnd) => ends.push(end),
          } as GuardFetchOptions);
          const signal = AbortSignal.timeout(20);
          const asked = guarded(own.url, { method: "POST", body, signal });
          await expect(asked.then((response) => response.text())).rejects.toMatchObject({
            name: "TimeoutError",
          });
        }
        expect(ends).toMatchObject([{ outcome: "aborted" }, { outcome: "aborted" }]);
      },
    );
  },
);

describe("Embeddings", () => {
  const vectors = (more: object = {}) => ({
    object: "list",
    model: "m",
    usage: { prompt_tokens: 1, total_tokens: 1 },
    data: [{ object: "embedding", index: 0, embedding: [0.5, -1], ...more }],
  });
  const ask = (to: Clients) =>
    to.openai.embeddings.create({
      model: "m",
      encoding_format: "float" as const,
      input: ["Pay", `My card is ${secret}.`],
    });
  const hooks = { "cmf.llm_input": redact, "cmf.llm_output": redact };

  it("redacts the texts that are sent, and returns the vectors", async () => {
    const to = await clients(hooks, () => jsonAnswer(vectors()));
    expect((await ask(to)).data[0]?.embedding).toEqual([0.5, -1]);
    expect(JSON.parse(to.asked[0]?.body ?? "").input).toEqual(["Pay", "My card is [cut]."]);
  });

  it("refuses an answer with anything but vectors", async () => {
    for (const answer of [
      () => jsonAnswer(vectors({ note: secret })),
      () => jsonAnswer(vectors({ embedding: [secret] })),
      () => jsonAnswer(vectors({ embedding: `a ${secret}` })),
      () => jsonAnswer({ ...vectors(), note: secret }),
      () => jsonAnswer({ ...vectors(), usage: { note: secret } }),
      () => jsonAnswer({}),
      () => streamed([chat.text]),
    ]) {
      const error = await ask(await clients(hooks, answer)).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(OpenAI.APIError);
      expect(JSON.stringify((error as { error: unknown }).error)).not.toContain(secret);
    }
  });
});

/** Ends of paths that a server may read as something other than `GET /files/*`. */
const unplain = [
  "files/..%2fadmin",
  "files/..%5cadmin",
  "files/%2e%2e%2fadmin",
  "files/..%252fadmin",
  "files/a%00",
  "files/a%0a",
  "files/a%3fb",
  "files/a%23b",
  "files/..;",
  "files/%ff",
  "admin%3f/files/a",
  "admin//files/a",
  "files/...",
];

it("says of a redirect that it is no answer, and follows none", async () => {
  for (const status of [302, 304]) {
    const answer = () => new Response(null, { status, headers: { location: "https://b.test/" } });
    const { asked, fetch } = standIn(answer);
    const manager = await managerOf({ "cmf.llm_output": redact });
    const guarded = guardFetch(manager, { provider: openai, fetch });
    const response = await guarded("https://model.test/v1/chat/completions", {
      method: "POST",
      body: JSON.stringify(chat.request),
    });
    expect([response.status, response.headers.get("location")]).toEqual([502, null]);
    const { error } = (await response.json()) as { error: object };
    expect(error).toMatchObject({
      code: "answer_invalid",
      message: `The provider's answer is not one of this API: unexpected status ${status}`,
    });
    expect(asked).toHaveLength(1);
  }
});

it.each([0, 600])("refuses the status %d, which HTTP does not have", async (status) => {
  const heardOrNot: readonly Hooks[] = [{ "cmf.llm_output": redact }, {}];
  for (const hooks of heardOrNot) {
    const fetch = async () =>
      Object.defineProperties(jsonAnswer({ error: { message: secret } }), {
        status: { value: status },
        ok: { value: false },
      });
    const ends: ModelEnd[] = [];
    const onEnd = (end: ModelEnd) => ends.push(end);
    const guarded = guardFetch(await managerOf(hooks), { provider: openai, fetch, onEnd });
    const response = await guarded("https://model.test/v1/chat/completions", {
      method: "POST",
      body: JSON.stringify(chat.request),
    });
    expect(response.status).toBe(502);
    expect(await response.text()).toContain(`unexpected status ${status}`);
    expect(ends).toMatchObject([{ outcome: "errored", code: "answer_invalid" }]);
  }
});

it("blames the caller's body, and not the provider, for a body that fails", async () => {
  const failing = () =>
    new ReadableStream({
      pull(controller) {
        controller.error(new Error("The disk is full"));
      },
    });
  const spent = new Response("{}").body as ReadableStream;
  await new Response(spent).text();
  const bodies = [() => failing(), () => spent] as const;
  for (const hook of ["cmf.llm_input", "cmf.llm_output"]) {
    for (const bodyOf of bodies) {
      const ends: ModelEnd[] = [];
      const { asked, fetch } = standIn(() => expect.unreachable());
      const guarded = guardFetch(await managerOf({ [hook]: redact }), {
        provider: openai,
        fetch,
        onEnd: (end: ModelEnd) => ends.push(end),
      });
      const body = bodyOf();
      const init = { method: "POST", body, duplex: "half" } as RequestInit;
      const error: unknown = await guarded("https://model.test/v1/responses", init).catch(
        (thrown: unknown) => thrown,
      );
      if (body !== spent) expect(error).toMatchObject({ message: "The disk is full" });
      else expect(error).toBeInstanceOf(TypeError);
      expect(ends).toMatchObject([{ outcome: "errored", code: "request_invalid" }]);
      expect(asked).toEqual([]);
    }
  }
});

it("passes no header of an error on with a denial of the same status", async () => {
  const error = { error: { message: "A bomb", code: "no_access" } };
  const headers = { "x-should-retry": "true", "retry-after": "1", "x-request-id": "r" };
  const ask = async (handler: () => unknown) => {
    const { fetch } = standIn(() => jsonAnswer(error, 403, headers));
    const manager = await managerOf({ "cmf.llm_output": handler });
    return guardFetch(manager, { provider: openai, fetch })(
      "https://model.test/v1/chat/completions",
      { method: "POST", body: JSON.stringify(chat.request) },
    );
  };
  const denied = await ask(() => deny({ code: "no_bombs", reason: "No" }));
  expect([denied.status, Object.fromEntries(denied.headers)]).toEqual([
    403,
    { "content-type": "application/json", "x-should-retry": "false" },
  ]);
  expect(await denied.json()).toMatchObject({ error: { code: "no_bombs" } });
  const passed = await ask(() => undefined);
  expect([passed.status, Object.fromEntries(passed.headers)]).toEqual([
    403,
    { "content-type": "application/json", ...headers },
  ]);
  expect(await passed.json()).toMatchObject(error);
});

it("reads any number of line feeds before a carriage return", async () => {
  verifies("adapters:work-bounded");
  const choices = [{ index: 0, delta: { content: secret }, finish_reason: "stop" }];
  const chunk = { id: "c", object: "chat.completion.chunk", created: 1, model: "m", choices };
  const { fetch } = standIn(() =>
    streamed([`${"\n".repeat(1_000_000)}\r`, eventsText([chunk], "data: [DONE]\n\n")]),
  );
  const manager = await managerOf({ "cmf.llm_output": redact });
  const response = await guardFetch(manager, { provider: openai, fetch })(
    "https://model.test/v1/chat/completions",
    { method: "POST", body: JSON.stringify({ ...chat.request, stream: true }) },
  );
  expect(await response.text()).toContain("data: [DONE]");
});

it("asks a provider that is an instance of a class for the form of its errors", async () => {
  const own = {
    ...chatCompletions,
    note: "own",
    denied(refusal: Parameters<typeof chatCompletions.denied>[0]) {
      return { note: this.note, ...chatCompletions.denied(refusal) };
    },
  };
  const { fetch } = standIn(() => jsonAnswer({ error: { message: "Later" } }, 429));
  const manager = await managerOf({ "cmf.llm_output": redact });
  const guarded = guardFetch(manager, { provider: own, fetch });
  const body = JSON.stringify({ model: "m", messages: user });
  const response = await guarded("https://model.test/v1/chat/completions", {
    method: "POST",
    body,
  });
  expect(response.status).toBe(429);
  expect(await response.json()).toMatchObject({ note: "own", error: { message: "Later" } });
});

describe("other requests", () => {
  it("are refused, but for those that the host lets pass", async () => {
    const list = { object: "list", data: [] };
    const to = await clients({ "cmf.llm_input": redact }, () => jsonAnswer(list));
    expect((await to.openai.models.list()).data).toEqual([]);
    for (const ask of [
      () => to.openai.files.list(),
      () => to.openai.completions.create({ model: "m", prompt: secret }),
      () => to.openai.responses.retrieve("resp_1"),
      () => to.openai.images.generate({ prompt: secret }),
    ]) {
      await expect(ask()).rejects.toMatchObject({ status: 403, code: "request_unknown" });
    }
    await expect(to.openai.responses.retrieve("resp_1")).rejects.toThrow(
      'The guard does not know requests of this kind: GET "/v1/responses/resp_1"',
    );
    await expect(
      to.anthropic.messages.countTokens({ model: "m", messages: user }),
    ).rejects.toMatchObject({ status: 403 });
    expect(to.asked).toHaveLength(1);

    const pass = ["GET /files", "GET /files/*"];
    const files = await clients({ "cmf.llm_input": redact }, () => jsonAnswer(list), { pass });
    expect((await files.openai.files.list()).data).toEqual([]);
    await expect(files.openai.models.list()).rejects.toMatchObject({ code: "request_unknown" });
    for (const path of [
      "files//",
      "files/a%2Fcontent",
      "files/a%2Fb/content",
      "files/",
      "v1/../Files",
      ...unplain,
    ]) {
      const fetch = guardFetch(await managerOf({ "cmf.llm_input": redact }), {
        provider: openai,
        pass,
        fetch: standIn(() => jsonAnswer(list)).fetch,
      });
      expect((await fetch(`https://model.test/v1/${path}`)).status, path).toBe(403);
    }
  });

  it("are refused in the format of the provider that their headers name", async () => {
    const { asked, fetch } = standIn(() => jsonAnswer(documentOf(chat)));
    const provider = [...openai, anthropic, google];
    const guarded = guardFetch(await managerOf({ "cmf.llm_input": redact }), { provider, fetch });
    const ask = async (headers: Record<string, string>) => {
      const response = await guarded("https://model.test/v1/files", { method: "POST", headers });
      expect(response.status).toBe(403);
      return await response.json();
    };
    const code = "request_unknown";
    const ofClaude = { type: "error", error: { type: "permission_error", code } };
    expect(await ask({ "anthropic-version": "2023-06-01" })).toMatchObject(ofClaude);
    const ofGoogle = { error: { status: "PERMISSION_DENIED", details: [{ reason: code }] } };
    expect(await ask({ "X-Goog-Api-Key": "k" })).toMatchObject(ofGoogle);
    expect(await ask({ "x-goog-api-client": "google-genai-sdk/2" })).toMatchObject(ofGoogle);
    const ofOpenAi = { error: { code, param: null } };
    expect(await ask({ authorization: "Bearer k" })).toMatchObject(ofOpenAi);
    expect(asked).toEqual([]);
  });

  it("are refused where a server may take their path for another one", async () => {
    const { asked, fetch } = standIn(() => jsonAnswer(documentOf(chat)));
    const guarded = guardFetch(await managerOf({ "cmf.llm_input": redact }), {
      provider: openai,
      fetch,
    });
    const method = "POST";
    const body = JSON.stringify(chat.request);
    for (const path of [
      "/chat/completions",
      "%2f../chat/completions",
      "..%2fv2/chat/completions",
    ]) {
      const response = await guarded(`https://model.test/v1/${path}`, { method, body });
      expect([response.status, await response.json()], path).toMatchObject([
        403,
        { error: { code: "request_unknown" } },
      ]);
    }
    expect(asked).toEqual([]);
    for (const path of [
      "..%2ffiles%2fa",
      "a%2f..%2f..%2ffiles",
      "a%2f%2fb",
      "%2fa",
      "a%2f",
      "a%252fb",
      "a%2fb%5cc",
      "a%2f%00",
      "a%2fb/c",
    ])
      expect((await guarded(`https://model.test/v1/models/${path}`)).status, path).toBe(403);
    expect((await guarded("https://model.test/v1%2fmodels/a")).status).toBe(403);
    expect(asked).toEqual([]);
    // SDKs send the name of a model like this.
    expect((await guarded("https://model.test/v1/models/meta-llama%2FLlama-3")).status).toBe(200);
    asked.length = 0;
    const plain = "https://model.test/my%20team/v1/models/ft:gpt-4.1:ada::1@2";
    expect((await guarded(plain)).status).toBe(200);
  });

  it("of a deployment are known by the end of their path", async () => {
    const { asked, fetch } = standIn(() => jsonAnswer(documentOf(chat)));
    const guarded = guardFetch(await managerOf({ "cmf.llm_input": () => deny("No") }), {
      provider: openai,
      fetch,
    });
    const url =
      "https://my.azure.test/openai/deployments/m/chat/completions?api-version=2026-01-01";
    const response = await guarded(new URL(url), {
      method: "POST",
      body: JSON.stringify(chat.request),
    });
    expect([response.status, asked]).toEqual([403, []]);
  });
});

describe("labels", () => {
  it("flow from an answer to the next request of the session", async () => {
    const label = definePlugin({
      name: "label",
      version: "1.0.0",
      capabilities: ["append_labels"],
      hooks: {
        "cmf.llm_output": (_message, _context, extensions) => ({
          modifiedExtensions: addLabels(extensions, "CARD"),
        }),
      },
    });
    const egress = definePlugin({
      name: "egress",
      version: "1.0.0",
      capabilities: ["read_labels"],
      hooks: {
        "cmf.llm_input": (_message, _context, extensions) =>
          extensions.security.labels.includes("CARD") ? deny("Cards stay here") : undefined,
      },
    });
    const manager = await createPluginManager({ plugins: [label, egress] });
    const labels = {
      store: memoryLabelStore(),
      session: ({ about }: { readonly about: unknown }) =>
        (about as { headers: Headers }).headers.get("authorization") ?? "none",
    };
    const to = await clients({}, () => jsonAnswer(documentOf(chat)), { labels }, manager as never);
    const ask = () => to.openai.chat.completions.create({ model: "m", messages: user });
    await ask();
    await expect(ask()).rejects.toMatchObject({ status: 403, message: /Cards stay here/ });
  });
});

describe("misuse", () => {
  it("is refused when the guard is made", async () => {
    const manager = await managerOf({});
    const invalid = expect.objectContaining({ code: "options_invalid" });
    for (const options of [
      undefined,
      {},
      { provider: [] },
      { provider: [openai] },
      { provider: bedrock },
      { provider: openai[0], providers: 1 },
      { provider: openai, pass: "GET /files" },
      { provider: openai, pass: ["/files"] },
      { provider: openai, pass: ["GET files"] },
      { provider: openai, pass: ["GET /"] },
      { provider: openai, fetch: 1 },
      { provider: openai, limits: { answerBytes: 0 } },
      { provider: openai, limits: { bytes: 1 } },
      { provider: openai, allow: ["anything"] },
    ]) {
      expect(() => guardFetch(manager, options as never), JSON.stringify(options)).toThrow(invalid);
    }
    expect(() => guardFetch({} as never, { provider: openai })).toThrow(invalid);
  });

  it("says what to pass instead of a list in a list, and of a provider without requests", async () => {
    const manager = await managerOf({});
    expect(() => guardFetch(manager, { provider: [openai] } as never)).toThrow("list openai");
    expect(() => guardFetch(manager, { provider: bedrock })).toThrow("guardBedrock");
  });
});
