import { APICallError, type LanguageModelMiddleware, type ModelMessage, type ToolSet } from "ai";
import {
  addLabels,
  createExtensions,
  createPluginManager,
  definePlugin,
  deny,
  type Extensions,
} from "glassine";
import { type AiCall, type AiMiddlewareOptions, aiMiddleware, guardTools } from "glassine/ai-sdk";
import { memoryLabelStore } from "glassine/labels";
import type { Message } from "glassine/messages";
import { describe, expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";
import { calls, modelOf, says, type Version, version6, versions } from "./versions.ts";

type Labels = ("read_labels" | "append_labels")[];
type Handlers = NonNullable<Parameters<typeof definePlugin<Labels>>[0]["hooks"]>;
type Options = Omit<AiMiddlewareOptions<Extensions>, "specificationVersion">;
type Model = ReturnType<typeof modelOf>;

const hide = <Value>(value: Value): Value =>
  JSON.parse(JSON.stringify(value).replaceAll(/\d{3}-\d{4}/g, "[number]"));
const hiding = (message: unknown) => ({ modifiedPayload: hide(message) as never });
const saysWord = (message: unknown, word: string) => JSON.stringify(message).includes(word);

async function guarded(version: Version, model: Model, hooks: Handlers, options: Options = {}) {
  // Only handlers that take an envelope need these.
  const takesEnvelope = Object.values(hooks).some(
    (hook) => (hook as { length: number }).length > 2,
  );
  const plugin = definePlugin({
    name: "watch",
    version: "1.0.0",
    capabilities: takesEnvelope ? ["read_labels", "append_labels"] : [],
    hooks,
  });
  const manager = await createPluginManager({ plugins: [plugin] });
  const { specificationVersion } = version;
  const middleware = aiMiddleware(manager, { specificationVersion, ...options });
  // Each version takes its own specification; the tests use the types of ai 6.
  return version.ai.wrapLanguageModel({ model, middleware: middleware as never });
}

describe.each(versions)("a model of $name", (version) => {
  const { ai } = version;

  it("gets the prompt, and gives the answer, that plugins left", async () => {
    verifies("aisdk:model-judged");
    const model = modelOf(version, [says("Call 555-0199.")]);
    const { text } = await ai.generateText({
      model: await guarded(version, model, { "cmf.llm_input": hiding, "cmf.llm_output": hiding }),
      system: "You are brief.",
      prompt: "My number is 555-0100.",
    });
    expect(text).toBe("Call [number].");
    expect(model.doGenerateCalls[0]?.prompt).toMatchObject([
      { role: "system", content: "You are brief." },
      { role: "user", content: [{ type: "text", text: "My number is [number]." }] },
    ]);
    expect(model.doGenerateCalls[0]).not.toHaveProperty("modelId");
  });

  it("streams the answer that plugins left, whole words across pieces", async () => {
    verifies("aisdk:model-judged");
    const model = modelOf(version, [
      { type: "reasoning", text: "It is 555-0199." },
      says("Call 555-0199."),
    ]);
    const { fullStream } = ai.streamText({
      model: await guarded(version, model, { "cmf.llm_output": hiding }),
      prompt: "Whom do I call?",
    });
    const said: Record<string, string> = {};
    for await (const part of fullStream) {
      if (part.type !== "text-delta" && part.type !== "reasoning-delta") continue;
      said[part.type] = `${said[part.type] ?? ""}${part.text}`;
    }
    expect(said).toEqual({ "text-delta": "Call [number].", "reasoning-delta": "It is [number]." });
  });

  it("streams in a window, and a redaction that spans its pieces is whole", async () => {
    verifies("aisdk:model-streamed");
    const long = `Call 555-0199, and ${"so on and so forth. ".repeat(20)}or 555-0199.`;
    const model = modelOf(version, [{ type: "reasoning", text: "It is 555-0199." }, says(long)]);
    const { fullStream } = ai.streamText({
      model: await guarded(version, model, {
        "cmf.llm_output": { handler: hiding, stream: { window: 9 } } as never,
      }),
      prompt: "Whom do I call?",
    });
    const said: Record<string, string[]> = { "text-delta": [], "reasoning-delta": [] };
    for await (const part of fullStream) {
      expect(part.type).not.toBe("error");
      if (part.type !== "text-delta" && part.type !== "reasoning-delta") continue;
      said[part.type]?.push(part.text);
    }
    expect(said["text-delta"]?.length).toBeGreaterThan(5);
    expect(said["text-delta"]?.join("")).toBe(hide(long));
    expect(said["reasoning-delta"]?.join("")).toBe("It is [number].");
  });

  it("ends a stream in the middle if its text is denied, and nothing follows", async () => {
    verifies("aisdk:model-streamed", "aisdk:model-refused");
    const text = `${"so on and so forth. ".repeat(20)}A bomb. ${"And more. ".repeat(100)}`;
    const wrapped = await guarded(version, modelOf(version, [says(text)]), {
      "cmf.llm_output": {
        handler: (message: unknown) => (saysWord(message, "bomb") ? deny("No bombs") : undefined),
        stream: "sentence",
      } as never,
    });
    const { fullStream } = ai.streamText({ model: wrapped, prompt: "?", onError: () => {} });
    const parts: { readonly type: string; readonly error?: unknown; readonly text?: string }[] = [];
    for await (const part of fullStream) parts.push(part);
    const said = parts.flatMap(({ type, text: each }) => (type === "text-delta" ? [each] : []));
    expect(said.join("")).toMatch(/^so on and so forth\. /);
    expect(said.join("")).not.toContain("bomb");
    expect(parts.filter(({ type }) => type === "error")).toMatchObject([
      { error: { message: "No bombs", statusCode: 403 } },
    ]);
  });

  const denied = async (act: () => unknown) => {
    const error: unknown = await Promise.resolve(act()).catch((each: unknown) => each);
    expect(ai.APICallError.isInstance(error)).toBe(true);
    expect(error).toBeInstanceOf(Error);
    return error as APICallError;
  };

  it("is not called for a prompt that a plugin denies", async () => {
    verifies("aisdk:model-refused");
    const model = modelOf(version, [says("Ahoy")]);
    const wrapped = await guarded(version, model, {
      "cmf.llm_input": () => deny({ code: "pii", reason: "No numbers", description: "555-0100" }),
    });
    const error = await denied(() => ai.generateText({ model: wrapped, prompt: "555-0100" }));
    expect(error).toMatchObject({ message: "No numbers", statusCode: 403, isRetryable: false });
    expect(error.data).toEqual({ error: { message: "No numbers", code: "pii" } });
    expect(JSON.stringify([error, error.responseBody])).not.toContain("555");
    expect(model.doGenerateCalls).toEqual([]);
  });

  it("is not asked again when a plugin denies its answer", async () => {
    verifies("aisdk:model-refused");
    const model = modelOf(version, [says("555-0199")], [says("again")]);
    const wrapped = await guarded(version, model, { "cmf.llm_output": () => deny("No numbers") });
    const error = await denied(() => ai.generateText({ model: wrapped, prompt: "?" }));
    expect(error).toMatchObject({ message: "No numbers", statusCode: 403 });
    expect(model.doGenerateCalls).toHaveLength(1);
  });

  it("ends a stream with the same error, and nothing of the answer leaves", async () => {
    verifies("aisdk:model-refused");
    for (const hook of ["cmf.llm_input", "cmf.llm_output"]) {
      const model = modelOf(version, [says("555-0199")]);
      const wrapped = await guarded(version, model, { [hook]: () => deny("No numbers") });
      const { fullStream } = ai.streamText({ model: wrapped, prompt: "?", onError: () => {} });
      const parts: { readonly type: string; readonly error?: unknown }[] = [];
      for await (const part of fullStream) parts.push(part);
      expect(parts.filter(({ type }) => type.startsWith("text"))).toEqual([]);
      const errors = parts.filter(({ type }) => type === "error");
      expect(errors).toHaveLength(1);
      await denied(() => Promise.reject(errors[0]?.error));
      expect(errors[0]?.error).toMatchObject({ message: "No numbers", statusCode: 403 });
    }
  });

  it("calls tools in several steps, with one policy for both", async () => {
    const store = memoryLabelStore();
    const plugin = definePlugin({
      name: "egress",
      version: "1.0.0",
      capabilities: ["read_labels", "append_labels"],
      hooks: {
        "cmf.tool_post_invoke"(message, _context, extensions) {
          if (saysWord(message, "90000")) {
            return { modifiedExtensions: addLabels(extensions, "SALARY") };
          }
        },
        "cmf.llm_input"(_message, _context, extensions) {
          if (extensions.security.labels.includes("SALARY")) return deny("Salaries stay here");
        },
      },
    });
    const manager = await createPluginManager({ plugins: [plugin] });
    const labels = { store, session: "ada/1" };
    const { specificationVersion } = version;
    const inputSchema = ai.jsonSchema<object>({ type: "object" });
    const payroll = ai.tool({ inputSchema, execute: ({ of }: { of?: string }) => of ?? "90000" });
    const model = modelOf(
      version,
      [calls("payroll", { of: "none" })],
      [calls("payroll", {}, "c-2")],
      [says("She earns 90000.")],
    );
    const middleware = aiMiddleware(manager, { specificationVersion, labels, toolCalls: false });
    await expect(
      ai.generateText({
        model: ai.wrapLanguageModel({ model, middleware: middleware as never }),
        tools: guardTools({ payroll }, manager, { labels }),
        stopWhen: ai.stepCountIs(4),
        prompt: "What does she earn?",
      }),
    ).rejects.toThrow("Salaries stay here");
    // The first result has no label. The second one gets one before the model would read it.
    expect(model.doGenerateCalls).toHaveLength(2);
    expect(await store.load("ada/1")).toEqual(["SALARY"]);
  });

  it("has each tool call of its answer judged alone", async () => {
    const asked: Message[] = [];
    const hooks: Handlers = {
      "cmf.tool_pre_invoke"(message) {
        asked.push(message as Message);
        if (saysWord(message, "rm")) return deny("No rm");
      },
    };
    const inputSchema = ai.jsonSchema<object>({ type: "object" });
    const tools: ToolSet = { run: { inputSchema } as ToolSet[string] };
    const turn = [calls("run", { line: "ls" }, "c-1"), calls("run", { line: "rm" }, "c-2")];
    const wrapped = await guarded(version, modelOf(version, turn), hooks);
    await expect(ai.generateText({ model: wrapped, tools, prompt: "?" })).rejects.toThrow("No rm");
    expect(asked.map(({ content }) => content)).toMatchObject([
      [{ content: { tool_call_id: "c-1" } }],
      [{ content: { tool_call_id: "c-2" } }],
    ]);
    const free = await guarded(version, modelOf(version, turn), hooks, { toolCalls: false });
    const { toolCalls } = await ai.generateText({ model: free, tools, prompt: "?" });
    expect(toolCalls).toHaveLength(2);
  });

  it("gives objects that plugins have judged, whole and streamed", async () => {
    const schema = ai.jsonSchema<{ number: string }>({
      type: "object",
      properties: { number: { type: "string" } },
    });
    const answer = [says('{"number":"555-0199"}')];
    const wrapped = async () =>
      guarded(version, modelOf(version, answer), { "cmf.llm_output": hiding });
    const { object } = await ai.generateObject({ model: await wrapped(), schema, prompt: "?" });
    expect(object).toEqual({ number: "[number]" });
    const streamed = ai.streamObject({ model: await wrapped(), schema, prompt: "?" });
    const partial: unknown[] = [];
    for await (const each of streamed.partialObjectStream) partial.push(each);
    expect(partial.at(-1)).toEqual({ number: "[number]" });
    expect(JSON.stringify(partial)).not.toContain("555");
  });

  it("gets neither the options nor the headers that are for the guard", async () => {
    verifies("aisdk:model-envelope");
    const about: AiCall["about"][] = [];
    const model = modelOf(version, [says("Ahoy")]);
    const wrapped = await guarded(
      version,
      model,
      { "cmf.llm_input": () => {} },
      {
        envelope: (call) => {
          about.push(call.about);
          return createExtensions({});
        },
      },
    );
    await ai.generateText({
      model: wrapped,
      prompt: "?",
      headers: { "X-Glassine-Session": "s-1", "x-trace": "t" },
      providerOptions: { glassine: { user: "ada" }, openai: { store: false } },
    });
    expect(about).toMatchObject([
      {
        type: "generate",
        modelId: model.modelId,
        provider: model.provider,
        options: { user: "ada" },
        headers: { "x-glassine-session": "s-1" },
      },
    ]);
    const { headers, providerOptions } = model.doGenerateCalls[0] ?? {};
    expect(Object.keys(headers ?? {}).filter((name) => /glassine/i.test(name))).toEqual([]);
    expect(headers).toMatchObject({ "x-trace": "t" });
    expect(providerOptions).toEqual({ openai: { store: false } });
  });
});

describe("the middleware", () => {
  const { ai } = version6;
  const outcomes = (events: string[]) => ({
    onEnd: ({ outcome, code }: { outcome: string; code: string | undefined }) => {
      events.push(`${outcome} ${code ?? "-"}`);
    },
  });
  const streamOf = (events: readonly object[]) => {
    let isCancelled = false;
    let at = 0;
    const stream = new ReadableStream({
      pull(controller) {
        const event = events[at++];
        if (event === undefined) controller.close();
        else controller.enqueue(event);
      },
      cancel() {
        isCancelled = true;
      },
    });
    const model = modelOf(version6);
    model.doStream = async () => ({ stream: stream as never });
    return { model, isCancelled: () => isCancelled };
  };
  const text = (delta: string) => [
    { type: "stream-start", warnings: [] },
    { type: "text-start", id: "1" },
    { type: "text-delta", id: "1", delta },
  ];
  async function partsOf(model: Model, hooks: Handlers, options: Options) {
    const wrapped = await guarded(version6, model, hooks, options);
    const { fullStream } = ai.streamText({ model: wrapped, prompt: "?", onError: () => {} });
    const parts: { readonly type: string; readonly error?: unknown; readonly text?: string }[] = [];
    for await (const part of fullStream) parts.push(part);
    return parts;
  }

  it("reports the end of a call whose stream cannot be read", async () => {
    const events: string[] = [];
    const stream = new ReadableStream();
    stream.getReader();
    const model = modelOf(version6);
    model.doStream = async () => ({ stream: stream as never });
    await partsOf(model, {}, outcomes(events));
    expect(events).toEqual(["errored -"]);
  });

  it("passes on an error of the model as it came", async () => {
    const broken = new APICallError({
      message: "Too many",
      url: "",
      requestBodyValues: {},
      statusCode: 400,
    });
    const model = modelOf(version6);
    model.doGenerate = () => Promise.reject(broken);
    const ends: string[] = [];
    const wrapped = await guarded(version6, model, { "cmf.llm_output": hiding }, outcomes(ends));
    await expect(ai.generateText({ model: wrapped, prompt: "?" })).rejects.toBe(broken);
    expect(ends).toEqual(["errored -"]);
  });

  it("passes on an error in a stream as it came, and nothing that was held back", async () => {
    const broken = new Error("Overloaded");
    const ends: string[] = [];
    const { model } = streamOf([...text("555-0199"), { type: "error", error: broken }]);
    const parts = await partsOf(model, { "cmf.llm_output": () => {} }, outcomes(ends));
    expect(parts.filter(({ type }) => type === "error").map(({ error }) => error)).toEqual([
      broken,
    ]);
    expect(parts.filter(({ type }) => type === "text-delta")).toEqual([]);
    expect(ends).toEqual(["errored -"]);
  });

  it("refuses a stream that ends early", async () => {
    verifies("aisdk:model-refused");
    const ends: string[] = [];
    const { model } = streamOf(text("555-0199"));
    const parts = await partsOf(model, { "cmf.llm_output": () => {} }, outcomes(ends));
    expect(parts.filter(({ type }) => type === "text-delta")).toEqual([]);
    expect(parts.find(({ type }) => type === "error")?.error).toMatchObject({ statusCode: 502 });
    expect(ends).toEqual(["errored answer_cut_off"]);
  });

  it("refuses a stream that is too large", async () => {
    const { model, isCancelled } = streamOf([...text("a"), ...text("b"), ...text("c")]);
    const parts = await partsOf(model, { "cmf.llm_output": () => {} }, { maxEvents: 2 });
    expect(parts.find(({ type }) => type === "error")?.error).toMatchObject({ statusCode: 502 });
    expect(isCancelled()).toBe(true);
  });

  it("holds nothing back where no plugin would see the answer", async () => {
    const ends: string[] = [];
    const { model } = streamOf([
      ...text("555-"),
      { type: "error", error: "odd" },
      ...text("0199").slice(2),
    ]);
    const parts = await partsOf(model, { "cmf.llm_input": () => {} }, outcomes(ends));
    const said = parts.flatMap(({ type, text: each }) => (type === "text-delta" ? [each] : []));
    expect(said).toEqual(["555-", "0199"]);
    expect(ends).toEqual(["allowed -"]);
  });

  it("sends the first text before a tenth of a long answer has come", async () => {
    verifies("aisdk:model-streamed");
    const [start, begin, delta] = text("so on and so forth. ");
    const count = 1000;
    let came = 0;
    const stream = new ReadableStream({
      pull(controller) {
        came += 1;
        if (came <= 2) controller.enqueue(came === 1 ? start : begin);
        else if (came <= count) controller.enqueue(delta);
        else controller.close();
      },
    });
    const model = modelOf(version6);
    model.doStream = async () => ({ stream: stream as never });
    const wrapped = await guarded(version6, model, {
      "cmf.llm_output": { handler: hiding, stream: { window: 200 } } as never,
    });
    const reader = (await wrapped.doStream({ prompt: [] })).stream.getReader();
    for (;;) {
      const { value } = await reader.read();
      if (value?.type === "text-delta") break;
    }
    expect(came).toBeLessThan(count / 10);
    await reader.cancel();
  });

  it("cancels the model's stream when nobody reads on", async () => {
    const ends: string[] = [];
    const { model, isCancelled } = streamOf(Array.from({ length: 100 }, () => text("a")).flat());
    const wrapped = await guarded(version6, model, { "cmf.llm_input": () => {} }, outcomes(ends));
    const { stream } = await wrapped.doStream({ prompt: [] });
    const reader = stream.getReader();
    await reader.read();
    await reader.cancel();
    await expect.poll(() => ends).toEqual(["aborted -"]);
    expect(isCancelled()).toBe(true);
  });

  it("ends when the caller aborts a stream, even if it reads no further", async () => {
    const ends: string[] = [];
    const { model } = streamOf(Array.from({ length: 100 }, () => text("a")).flat());
    const wrapped = await guarded(version6, model, { "cmf.llm_input": () => {} }, outcomes(ends));
    const controller = new AbortController();
    const { signal: abortSignal } = controller;
    const { stream } = await wrapped.doStream({ prompt: [], abortSignal });
    await stream.getReader().read();
    expect(ends).toEqual([]);
    controller.abort();
    await expect.poll(() => ends).toEqual(["aborted -"]);
  });

  it("cancels the model's stream if the caller aborted before it began", async () => {
    const { model, isCancelled } = streamOf(text("a"));
    const wrapped = await guarded(version6, model, { "cmf.llm_output": () => {} });
    const abortSignal = AbortSignal.abort(new Error("The person left"));
    const { stream } = await wrapped.doStream({ prompt: [], abortSignal });
    await expect(stream.getReader().read()).rejects.toThrow("The person left");
    expect(isCancelled()).toBe(true);
  });

  it("judges what has left of a stream that the caller aborts", async () => {
    verifies("adapters:forwarded-unfinished", "adapters:forwarded-end");
    const seen: string[] = [];
    const ends: string[] = [];
    const handler = (message: Message) => {
      seen.push(JSON.stringify(message.content));
      return deny({ code: "not_that", reason: "Not that" });
    };
    const { model } = streamOf(Array.from({ length: 100 }, () => text("a")).flat());
    const hooks = { "cmf.llm_output": { handler, stream: "pass" } as never };
    const wrapped = await guarded(version6, model, hooks, outcomes(ends));
    const controller = new AbortController();
    const { signal: abortSignal } = controller;
    const { stream } = await wrapped.doStream({ prompt: [], abortSignal });
    const reader = stream.getReader();
    for (;;) {
      const { value } = await reader.read();
      if (value?.type === "text-delta") break;
    }
    controller.abort(new Error("The person left"));
    await expect.poll(() => seen).toHaveLength(1);
    expect(seen[0]).toContain('"text":"a');
    await expect.poll(() => ends).toEqual(["aborted not_that"]);
    // The stream does not look complete.
    const rest = async () => {
      while (!(await reader.read()).done);
    };
    await expect(rest()).rejects.toThrow("The person left");
  });

  it("ends with the reason of an abort", async () => {
    const controller = new AbortController();
    const ends: string[] = [];
    const model = modelOf(version6);
    model.doGenerate = async () => {
      controller.abort(new Error("The person left"));
      return modelOf(version6, [says("Ahoy")]).doGenerate({ prompt: [] });
    };
    const wrapped = await guarded(version6, model, { "cmf.llm_output": () => {} }, outcomes(ends));
    const { signal: abortSignal } = controller;
    await expect(ai.generateText({ model: wrapped, prompt: "?", abortSignal })).rejects.toThrow(
      "The person left",
    );
    expect(ends).toEqual(["aborted aborted"]);
  });

  const user = (part: object) => ({
    prompt: [{ role: "user" as const, content: [part as never] }],
  });
  const seen: Handlers = { "cmf.llm_input": () => {}, "cmf.llm_output": () => {} };

  it("lets pass what the program sets itself, and refuses the rest that no plugin sees", async () => {
    verifies("aisdk:model-unseen");
    const tools = [{ type: "function" as const, name: "run", inputSchema: {} }];
    const format = { type: "json" as const, schema: {}, name: "answer" };
    const options = { x: { y: 1 } };
    const prompt = {
      ...user({ type: "text", text: "Ahoy", providerOptions: options }),
      tools,
      responseFormat: format,
      providerOptions: options,
      temperature: 0,
      seed: 1,
    };
    const model = modelOf(version6, [{ ...says("Ahoy"), providerMetadata: options }]);
    await (await guarded(version6, model, seen)).doGenerate(prompt);
    expect(model.doGenerateCalls[0]).toEqual(prompt);

    const strict = await guarded(version6, modelOf(version6, [says("Ahoy")]), seen, { allow: [] });
    await expect(strict.doGenerate(prompt)).rejects.toMatchObject({
      statusCode: 403,
      data: { error: { code: "content_unseen" } },
    });
    for (const hidden of [
      user({ type: "hologram", text: "555-0100" }),
      { ...user({ type: "text", text: "Ahoy" }), later: "555-0100" },
    ]) {
      const events: string[] = [];
      const wrapped = await guarded(version6, modelOf(version6), seen, {
        onResult: ({ error }) => events.push(String(error)),
      });
      await expect(wrapped.doGenerate(hidden)).rejects.toMatchObject({ statusCode: 403 });
      expect(events.at(-1)).toMatch(/prompt\[0\]\.content\[0\]|later/);
    }
  });

  it("names the model to plugins, and to the host", async () => {
    const slots: unknown[] = [];
    const names: unknown[] = [];
    const model = modelOf(version6, [says("Ahoy")]);
    const wrapped = await guarded(version6, model, seen, {
      onResult: ({ result }) => slots.push((result?.extensions as Extensions | undefined)?.llm),
      onEnd: ({ name, provider }) => names.push([name, provider]),
    });
    await ai.generateText({ model: wrapped, prompt: "?" });
    expect(slots[0]).toMatchObject({ model_id: model.modelId });
    expect(names).toEqual([[model.modelId, "ai-sdk.v3"]]);
  });

  it("judges an answer of which it knows no prompt", async () => {
    const plugin = definePlugin({
      name: "hide",
      version: "1.0.0",
      hooks: { "cmf.llm_output": hiding },
    });
    const manager = await createPluginManager({ plugins: [plugin] });
    const { wrapGenerate } = aiMiddleware(manager, { specificationVersion: "v3" });
    const model = modelOf(version6, [says("555-0199")]);
    const params = { prompt: [] };
    const { content } = await wrapGenerate({
      doGenerate: () => model.doGenerate(params),
      params,
      model,
    });
    expect(content).toEqual([says("[number]")]);
  });

  it.each<[string, object | undefined, string]>([
    ["no options", undefined, "options in an object"],
    ["no version", {}, "specificationVersion expects"],
    ["another version", { specificationVersion: "v9" }, "specificationVersion expects"],
    ["an unknown option", { specificationVersion: "v3", alow: [] }, 'no option "alow"'],
    ["an unknown kind", { specificationVersion: "v3", allow: ["tolls"] }, '"tolls"'],
    ["a limit of nothing", { specificationVersion: "v3", maxEvents: 0 }, "maxEvents"],
  ])("refuses %s", async (_what, options, words) => {
    const manager = await createPluginManager({ plugins: [] });
    const act = () => aiMiddleware(manager, options as never);
    expect(act).toThrow(expect.objectContaining({ code: "options_invalid" }));
    expect(act).toThrow(words);
  });
});

describe.each(versions.filter(({ name }) => name !== "ai 5"))("an approval of $name", (version) => {
  const { ai } = version;
  const watch = { "cmf.llm_input": () => {}, "cmf.llm_output": () => {} };

  it("that a person refuses is a result that plugins see, and the conversation goes on", async () => {
    verifies("aisdk:denied", "aisdk:left");
    const call = { type: "tool-call", toolCallId: "c1", toolName: "pay", input: "{}" } as const;
    const inner = modelOf(version, [call], [says("Understood.")]);
    const seen: string[] = [];
    const model = await guarded(version, inner, {
      ...watch,
      "cmf.llm_input": (message: unknown) => void seen.push(JSON.stringify(message)),
    });
    const pay = ai.tool({
      inputSchema: ai.jsonSchema<object>({ type: "object" }),
      needsApproval: true,
      execute: () => "paid",
    });
    const messages: ModelMessage[] = [{ role: "user", content: "Pay." }];
    const first = await ai.generateText({ model, tools: { pay }, messages });
    const asked = first.content.find(({ type }) => type === "tool-approval-request");
    if (asked?.type !== "tool-approval-request") throw new Error("no request");
    const { approvalId } = asked;
    messages.push(...first.response.messages, {
      role: "tool",
      content: [
        { type: "tool-approval-response", approvalId, approved: false, reason: "too much" },
      ],
    });
    const { text } = await ai.generateText({ model, tools: { pay }, messages });
    expect(text).toBe("Understood.");
    expect(seen.join()).toContain('"content":"too much","is_error":true');
  });

  it("that the provider's tool asks for passes", async () => {
    verifies("aisdk:left");
    const call = { type: "tool-call", toolCallId: "c1", toolName: "mcp.pay" } as const;
    const content = [
      { ...call, input: "{}", providerExecuted: true, dynamic: true },
      { type: "tool-approval-request", approvalId: "a1", toolCallId: "c1" } as const,
    ];
    const model = await guarded(version, modelOf(version, content), watch);
    const answer = await ai.generateText({ model, prompt: "Pay." });
    expect(answer.content).toMatchObject([{ type: "tool-call" }, { approvalId: "a1" }]);
  });
});

it("a call that is not JSON is repaired by the SDK if the host allows it, and then judged", async () => {
  verifies("aisdk:model-unseen", "aisdk:tools-judged");
  const seen: unknown[] = [];
  const hooks = {
    "cmf.tool_pre_invoke": (message: { content: readonly unknown[] }) => void seen.push(message),
  } as never;
  const call = { type: "tool-call", toolCallId: "c1", toolName: "pay", input: "{bad" } as const;
  const pay = version6.ai.tool({
    inputSchema: version6.ai.jsonSchema<{ cents: number }>({ type: "object" }),
    execute: ({ cents }) => `Paid ${cents}`,
  });
  const plugin = definePlugin({ name: "watch", version: "1.0.0", hooks });
  const manager = await createPluginManager({ plugins: [plugin] });
  const tools = guardTools({ pay }, manager);
  const ask = async (allow: readonly string[]) => {
    const watch = { "cmf.llm_output": () => {} };
    const options = { toolCalls: false, allow: ["tools", ...allow] };
    const model = await guarded(version6, modelOf(version6, [call]), watch, options);
    return version6.ai.generateText({
      model,
      tools,
      prompt: "Pay.",
      experimental_repairToolCall: async ({ toolCall }) => ({ ...toolCall, input: '{"cents":5}' }),
    });
  };
  await expect(ask([])).rejects.toThrow("Part of the document cannot be checked");
  const { toolResults } = await ask(["content content[*].input"]);
  expect(toolResults).toMatchObject([{ output: "Paid 5" }]);
  expect(JSON.stringify(seen)).toContain('"arguments":{"cents":5}');
});

it("what another middleware adds is judged if that is before the guard", async () => {
  verifies("aisdk:model-judged");
  const manager = await createPluginManager({
    plugins: [
      definePlugin({
        name: "secrets",
        version: "1.0.0",
        hooks: { "cmf.llm_input": (m) => (saysWord(m, "hunter2") ? deny("No") : undefined) },
      }),
    ],
  });
  const guard = aiMiddleware(manager, { specificationVersion: "v3" });
  const rag: LanguageModelMiddleware = {
    specificationVersion: "v3",
    transformParams: async ({ params }) => {
      const added = {
        role: "user" as const,
        content: [{ type: "text" as const, text: "hunter2" }],
      };
      return { ...params, prompt: [...params.prompt, added] };
    },
  };
  const ask = (...middleware: LanguageModelMiddleware[]) => {
    const model = version6.ai.wrapLanguageModel({
      model: modelOf(version6, [says("Yes.")]),
      middleware,
    });
    return version6.ai.generateText({ model, prompt: "Ahoy" });
  };
  await expect(ask(rag, guard)).rejects.toThrow("No");
  expect((await ask(guard, rag)).text).toBe("Yes.");
});
