import { dynamicTool, generateText, jsonSchema, stepCountIs, type ToolSet, tool } from "ai";
import {
  addLabels,
  createExtensions,
  createPluginManager,
  definePlugin,
  deny,
  type Extensions,
} from "glassine";
import { guardTools, type ToolEnd, type ToolEvent, type ToolGuardOptions } from "glassine/ai-sdk";
import type { ContentPart, Message } from "glassine/messages";
import { describe, expect, it, vi } from "vitest";
import { verifies } from "../../support/verifies.ts";
import { calls, modelOf, says, version6, versions } from "./versions.ts";

type CallPart = Extract<ContentPart, { content_type: "tool_call" }>["content"];
type ResultPart = Extract<ContentPart, { content_type: "tool_result" }>["content"];

const anything = jsonSchema<Record<string, unknown>>({ type: "object" });

/** A plugin that rewrites a message's call or its result. */
const rewriting = (edit: {
  readonly call?: (call: CallPart) => object;
  readonly result?: (result: ResultPart) => object;
}) => {
  const over = (message: Message) => ({
    modifiedPayload: {
      ...message,
      content: message.content.map((part) => {
        if (part.content_type === "tool_call" && edit.call) {
          return { ...part, content: { ...part.content, ...edit.call(part.content) } };
        }
        if (part.content_type === "tool_result" && edit.result) {
          return { ...part, content: { ...part.content, ...edit.result(part.content) } };
        }
        return part;
      }),
    },
  });
  return definePlugin({
    name: "rewriting",
    version: "1.0.0",
    hooks: { "cmf.tool_pre_invoke": over, "cmf.tool_post_invoke": over },
  });
};

const hide = (value: unknown) =>
  JSON.parse(JSON.stringify(value).replaceAll(/\d{3}-\d{4}/g, "[number]"));

type Labels = ("read_labels" | "append_labels")[];
type Handlers = NonNullable<Parameters<typeof definePlugin<Labels>>[0]["hooks"]>;
const pluginOf = (hooks: Handlers) =>
  definePlugin({
    name: "watch",
    version: "1.0.0",
    // Only handlers that take an envelope need these.
    capabilities: Object.values(hooks).some(
      (hook) => (hook as object as { length: number }).length > 2,
    )
      ? ["read_labels", "append_labels"]
      : [],
    hooks,
  });

const managerOf = (...plugins: ReturnType<typeof definePlugin>[]) =>
  createPluginManager({ plugins });

/** Runs a tool as the SDK does, but without the SDK. */
async function run(
  execute: (...args: never[]) => unknown,
  hooks: Handlers,
  options: ToolGuardOptions<Extensions> = {},
  input: unknown = { to: "ada" },
) {
  const events: ToolEvent[] = [];
  const ends: ToolEnd[] = [];
  const manager = await managerOf(pluginOf(hooks));
  const { send } = guardTools({ send: { execute } }, manager, {
    onEnd: (end) => ends.push(end),
    onResult: (event) => events.push(event),
    ...options,
  });
  const given = { toolCallId: "c-1", messages: [] };
  const settled = await Promise.resolve(
    (send.execute as (...args: unknown[]) => unknown)(input, given),
  ).then(
    (output) => ({ output, error: undefined }),
    (error: Error) => ({ error, output: undefined }),
  );
  return { ...settled, events, ends };
}

describe.each(versions)("the tools of $name", (version) => {
  const { ai } = version;

  it("run with the arguments and return the results that plugins left", async () => {
    verifies("aisdk:tools-judged");
    const manager = await managerOf(
      rewriting({
        call: ({ arguments: args }) => ({ arguments: { ...args, name: "ADA" } }),
        result: ({ content }) => ({ content: hide(content) }),
      }),
    );
    const ran: unknown[] = [];
    const find = ai.tool({
      inputSchema: ai.jsonSchema<{ name: string }>({ type: "object" }),
      execute: async (input) => {
        ran.push(input);
        return { found: input.name, number: "555-0100" };
      },
    });
    const model = modelOf(version, [calls("find", { name: "Ada" })], [says("Done.")]);
    const { text } = await ai.generateText({
      model,
      tools: guardTools({ find }, manager),
      stopWhen: ai.stepCountIs(3),
      prompt: "Who?",
    });
    expect(text).toBe("Done.");
    expect(ran).toEqual([{ name: "ADA" }]);
    expect(model.doGenerateCalls[1]?.prompt.at(-1)?.content).toMatchObject([
      {
        type: "tool-result",
        toolCallId: "find-1",
        output: { type: "json", value: { found: "ADA", number: "[number]" } },
      },
    ]);
  });

  it("reach the model as an error when a plugin denies", async () => {
    verifies("aisdk:tools-refused");
    const manager = await managerOf(
      pluginOf({ "cmf.tool_pre_invoke": () => deny("Mail stays\u202ehere") }),
    );
    let isRun = false;
    const mail = ai.tool({
      inputSchema: ai.jsonSchema<object>({ type: "object" }),
      execute: () => {
        isRun = true;
        return "sent";
      },
    });
    const model = modelOf(version, [calls("mail", {})], [says("I may not.")]);
    const { steps } = await ai.generateText({
      model,
      tools: guardTools({ mail }, manager),
      stopWhen: ai.stepCountIs(3),
      prompt: "Mail it.",
    });
    expect(isRun).toBe(false);
    expect(steps[0]?.content.map(({ type }) => type)).toEqual(["tool-call", "tool-error"]);
    expect(model.doGenerateCalls[1]?.prompt.at(-1)?.content).toMatchObject([
      { type: "tool-result", output: { type: "error-text", value: "Mail stays here" } },
    ]);
  });

  it("carry the labels of a session from one step to the next", async () => {
    verifies("aisdk:tools-labels");
    const manager = await managerOf(
      pluginOf({
        "cmf.tool_pre_invoke"(message, _context, extensions) {
          const [call] = (message as Message).content;
          const mails = call?.content_type === "tool_call" && call.content.name === "mail";
          const labels = (extensions as Extensions).security?.labels;
          return mails && labels?.includes("SALARY") ? deny("Salaries stay here") : undefined;
        },
      }),
    );
    const inputSchema = ai.jsonSchema<object>({ type: "object" });
    const tools = guardTools(
      {
        payroll: ai.tool({ inputSchema, execute: () => "90000" }),
        mail: ai.tool({ inputSchema, execute: () => "sent" }),
      },
      manager,
      {
        envelope: () =>
          createExtensions({ security: { data: { payroll: { apply_labels: ["SALARY"] } } } }),
        labels: { session: "ada/1" },
      },
    );
    const turns = [[calls("mail", {})], [calls("payroll", {})], [calls("mail", {}, "mail-2")], []];
    const model = modelOf(version, ...turns);
    const { steps } = await ai.generateText({
      model,
      tools,
      stopWhen: ai.stepCountIs(4),
      prompt: "Mail my salary.",
    });
    expect(steps.map(({ content }) => content[1]?.type)).toEqual([
      "tool-result",
      "tool-result",
      "tool-error",
      undefined,
    ]);
  });

  const counting = (isGenerator: boolean) => {
    async function* count() {
      yield "looking up 555-0100";
      yield "555-0100 is Ada";
    }
    const execute = isGenerator ? count : () => count();
    return ai.tool({ inputSchema: ai.jsonSchema<object>({ type: "object" }), execute });
  };
  const streamed = async (tools: ToolSet) => {
    const model = modelOf(version, [calls("count", {})], [says("Done.")]);
    const { fullStream } = ai.streamText({
      model,
      tools,
      stopWhen: ai.stepCountIs(2),
      prompt: "?",
    });
    const outputs: unknown[] = [];
    for await (const part of fullStream) {
      if (part.type === "tool-result") outputs.push([part.output, part.preliminary === true]);
    }
    return outputs;
  };
  const hiding = rewriting({ result: ({ content }) => ({ content: hide(content) }) });

  it.each([true, false])(
    "hold back preliminary results (async function*: %s)",
    async (isGenerator) => {
      verifies("aisdk:tools-preliminary");
      const manager = await managerOf(hiding);
      const outputs = await streamed(guardTools({ count: counting(isGenerator) }, manager));
      expect(outputs).toEqual([["[number] is Ada", false]]);
    },
  );

  it("pass on each preliminary result that was judged, if the host says so", async () => {
    verifies("aisdk:tools-preliminary");
    const manager = await managerOf(hiding);
    const tools = guardTools({ count: counting(true) }, manager, { preliminary: "judge" });
    expect(await streamed(tools)).toEqual([
      ["looking up [number]", true],
      ["[number] is Ada", true],
      ["[number] is Ada", false],
    ]);
  });

  it("yield what they yield where no plugin listens", async () => {
    const manager = await managerOf();
    expect(await streamed(guardTools({ count: counting(true) }, manager))).toEqual([
      ["looking up 555-0100", true],
      ["555-0100 is Ada", true],
      ["555-0100 is Ada", false],
    ]);
  });
});

describe("a guarded tool", () => {
  const seen = (part: "pre" | "post", look: (message: Message) => void): Handlers => ({
    [`cmf.tool_${part}_invoke`]: (message: Message) => look(message),
  });

  it("keeps everything but execute, and is another object", async () => {
    const manager = await managerOf();
    const toModelOutput = () => ({ type: "text" as const, value: "short" });
    const lookup = dynamicTool({
      description: "Looks up.",
      inputSchema: anything,
      needsApproval: true,
      execute: async () => 1,
      toModelOutput,
    });
    const before = { ...lookup };
    const guarded = guardTools({ lookup }, manager).lookup;
    expect(lookup).toEqual(before);
    expect(guarded).toEqual({ ...lookup, execute: guarded.execute });
    expect(guarded.execute).not.toBe(lookup.execute);
  });

  it("without execute is the tool itself", async () => {
    const manager = await managerOf();
    const ask = tool({ inputSchema: anything, outputSchema: anything });
    const search = { type: "provider", id: "openai.web_search", args: {}, inputSchema: anything };
    const tools = { ask, search };
    const guarded = guardTools(tools, manager);
    expect(guarded.ask).toBe(ask);
    expect(guarded.search).toBe(search);
  });

  it("of another framework is refused, as it would run unguarded", async () => {
    const manager = await managerOf();
    const ofAnother = { name: "pay", parameters: {}, invoke: () => "paid" };
    expect(() => guardTools({ pay: ofAnother }, manager)).toThrow(
      "the tool pay has neither execute nor inputSchema",
    );
  });

  it("keeps the methods of its class, and runs as itself", async () => {
    class Lookup {
      readonly #names = ["Ada"];
      readonly inputSchema = anything;
      execute() {
        return this.#names[0];
      }
      describe() {
        return "lookup";
      }
    }
    const { find } = guardTools(
      { find: new Lookup() },
      await managerOf(pluginOf(seen("pre", () => {}))),
    );
    expect(find.describe()).toBe("lookup");
    expect(await find.execute()).toBe("Ada");
  });

  it("gives toModelOutput what plugins left of the result", async () => {
    const manager = await managerOf(
      rewriting({ result: ({ content }) => ({ content: hide(content) }) }),
    );
    const find = tool({
      inputSchema: anything,
      execute: () => ({ number: "555-0100", at: new Date(0), bytes: new Uint8Array([1]) }),
      toModelOutput: ({ output: { number, at, bytes } }) => ({
        type: "text",
        value: `${number} ${at.getTime()} ${bytes.length}`,
      }),
    });
    const model = modelOf(version6, [calls("find", {})], []);
    await generateText({
      model,
      tools: guardTools({ find }, manager),
      stopWhen: stepCountIs(2),
      prompt: "?",
    });
    expect(model.doGenerateCalls[1]?.prompt.at(-1)?.content).toMatchObject([
      { output: { type: "text", value: "[number] 0 1" } },
    ]);
  });

  it("shows dates, URLs and bytes as JSON, and gets its own back", async () => {
    verifies("aisdk:tools-seen");
    const input = {
      at: new Date(0),
      url: new URL("https://a.example/"),
      bytes: new Uint8Array([1, 2, 3]),
      nothing: undefined,
    };
    const shown: unknown[] = [];
    let got: unknown;
    const { output } = await run(
      (given: unknown) => {
        got = given;
        return given;
      },
      {
        "cmf.tool_pre_invoke": (message) => void shown.push((message as Message).content[0]),
        "cmf.tool_post_invoke": (message) => void shown.push((message as Message).content[0]),
      },
      {},
      input,
    );
    const { nothing: _, ...some } = input;
    const json = { at: "1970-01-01T00:00:00.000Z", url: "https://a.example/", bytes: "AQID" };
    expect(shown).toMatchObject([{ content: { arguments: json } }, { content: { content: json } }]);
    expect(got).toEqual(some);
    expect(output).toEqual(some);
    expect(got).not.toBe(input);
  });

  it("returns an object of another class as plugins saw it", async () => {
    verifies("aisdk:tools-seen");
    class Row {
      readonly name = "Ada";
      readonly #secret = "555-0100";
      get secret() {
        return this.#secret;
      }
    }
    const json = { toJSON: () => ({ name: "x" }), name: "555-0100" };
    const value = { row: new Row(), map: new Map([["a", "555-0100"]]), json, call: () => 1 };
    const { output } = await run(
      () => value,
      seen("post", () => {}),
    );
    expect(output).toEqual({ row: { name: "Ada" }, map: {}, json: { name: "x" } });
    expect((output as typeof value).row).not.toBeInstanceOf(Row);
  });

  it("returns nothing where it returned nothing", async () => {
    expect(
      await run(
        () => undefined,
        seen("post", () => {}),
      ),
    ).toMatchObject({
      output: undefined,
      error: undefined,
      ends: [{ outcome: "allowed", tool: "send", toolCallId: "c-1" }],
    });
  });

  it.each([
    ["a string", "to ada"],
    ["a list", ["ada"]],
    ["a bigint inside", { n: 1n }],
    ["itself inside", Object.assign({}, ...[{}].map((own) => Object.assign(own, { own })))],
  ])("refuses an input that hooks cannot see: %s", async (_name, input) => {
    let isRun = false;
    const { error, ends, events } = await run(
      () => {
        isRun = true;
      },
      seen("pre", () => {}),
      {},
      input,
    );
    expect(isRun).toBe(false);
    expect(error?.message).toBe("The tool call could not be checked, so it was refused");
    expect(ends).toMatchObject([{ outcome: "errored", code: "guard_failed" }]);
    expect(events.at(-1)?.error).toBeInstanceOf(Error);
  });

  it("judges the text of an error that the tool throws", async () => {
    verifies("aisdk:tools-judged");
    const broken = new Error("No mail to 555-0100", { cause: "555-0100" });
    const fails = () => {
      throw broken;
    };
    const same = await run(
      fails,
      seen("post", () => {}),
    );
    expect(same.error).toBe(broken);
    expect(same.ends).toMatchObject([{ outcome: "allowed" }]);

    const shown: unknown[] = [];
    const edited = await run(fails, {
      "cmf.tool_post_invoke"(message) {
        const [part] = (message as Message).content;
        shown.push(part);
        return { modifiedPayload: hide(message) };
      },
    });
    expect(shown).toMatchObject([{ content: { content: "No mail to 555-0100", is_error: true } }]);
    expect(edited.error?.message).toBe("No mail to [number]");
    expect(edited.error?.cause).toBeUndefined();

    const mended = await run(fails, {
      "cmf.tool_post_invoke": (message) => ({
        modifiedPayload: JSON.parse(
          JSON.stringify(message).replace('"is_error":true', '"is_error":false'),
        ),
      }),
    });
    expect(mended.output).toBe("No mail to 555-0100");
  });

  it("throws the text of a result that a plugin made an error", async () => {
    const { error } = await run(() => "ok", {
      "cmf.tool_post_invoke": (message) => ({
        modifiedPayload: JSON.parse(
          JSON.stringify(message).replace('"is_error":false', '"is_error":true'),
        ),
      }),
    });
    expect(error?.message).toBe("ok");
  });

  it("tells a denial of its result with the plugin's code, and nothing more", async () => {
    const { error, ends } = await run(() => "555-0100", {
      "cmf.tool_post_invoke": () =>
        deny({ code: "pii", reason: "Personal data", description: "555-0100", details: { n: 1 } }),
    });
    expect(error).toMatchObject({ message: "Personal data", code: "pii", plugin: "watch" });
    expect(JSON.stringify(error)).not.toContain("555");
    expect(ends).toMatchObject([{ outcome: "denied", code: "pii", plugin: "watch" }]);
  });

  it.each<[string, Handlers]>([
    [
      "names another tool",
      { "cmf.tool_pre_invoke": (m) => ({ modifiedPayload: edited(m, "send", "other") }) },
    ],
    [
      "names another call",
      { "cmf.tool_pre_invoke": (m) => ({ modifiedPayload: edited(m, "c-1", "c-2") }) },
    ],
    [
      "adds a part",
      {
        "cmf.tool_pre_invoke": (m) => ({
          modifiedPayload: {
            ...(m as Message),
            content: [...(m as Message).content, ...(m as Message).content],
          },
        }),
      },
    ],
    [
      "removes the call",
      { "cmf.tool_pre_invoke": (m) => ({ modifiedPayload: { ...(m as Message), content: [] } }) },
    ],
    [
      "names another tool in the older hook",
      { tool_pre_invoke: (p) => ({ modifiedPayload: { ...p, name: "other" } }) },
    ],
    [
      "names another call in the result",
      { "cmf.tool_post_invoke": (m) => ({ modifiedPayload: edited(m, "c-1", "c-2") }) },
    ],
    [
      "throws",
      {
        "cmf.tool_post_invoke": () => {
          throw new Error("555-0100");
        },
      },
    ],
  ])("is refused when a plugin %s", async (_what, hooks) => {
    verifies("aisdk:tools-refused");
    const { error, output } = await run(() => "ok", hooks);
    expect(output).toBeUndefined();
    expect(error?.message).not.toContain("555");
    expect(error).toMatchObject({ name: "ToolRefused" });
  });

  it("asks the older hooks again about what the newer ones changed", async () => {
    verifies("aisdk:tools-judged");
    const asked: unknown[] = [];
    const manager = await managerOf(
      definePlugin({
        name: "older",
        version: "1.0.0",
        hooks: {
          tool_pre_invoke({ args }) {
            asked.push(args);
            if (args?.to === "eve") return deny("Not to Eve");
          },
        },
      }),
      rewriting({ call: () => ({ arguments: { to: "eve" } }) }),
    );
    const { send } = guardTools({ send: { execute: async () => "sent" } }, manager);
    await expect(
      (send.execute as (input: object) => Promise<unknown>)({ to: "ada" }),
    ).rejects.toThrow("Not to Eve");
    expect(asked).toEqual([{ to: "ada" }, { to: "eve" }]);
  });

  it("runs the older hooks with name, arguments and result", async () => {
    const asked: unknown[] = [];
    const hooks: Handlers = {
      tool_pre_invoke: (payload) => void asked.push(payload),
      tool_post_invoke: (payload) => ({
        modifiedPayload: { ...payload, result: { mine: asked.push(payload) } },
      }),
    };
    expect((await run(() => ({ n: 1 }), hooks)).output).toEqual({ mine: 2 });
    expect(asked).toEqual([
      { name: "send", args: { to: "ada" } },
      { name: "send", result: { n: 1 } },
    ]);
  });

  it("passes context and envelope from the first hook to the last", async () => {
    verifies("aisdk:tools-labels");
    let kept: unknown;
    const { error } = await run(() => "ok", {
      "cmf.tool_pre_invoke"(_message, context, extensions) {
        context.state.set("seen", 1);
        return { modifiedExtensions: addLabels(extensions as never, "PII") };
      },
      "cmf.tool_post_invoke"(_message, context, extensions) {
        kept = [context.state.get("seen"), (extensions as Extensions).security?.labels];
      },
    });
    expect(error).toBeUndefined();
    expect(kept).toEqual([1, ["PII"]]);
  });

  it("tells ai 7 no name before the text, and judges a name that says more", async () => {
    const fails = () => {
      throw Object.assign(new Error("no"), { name: "No mail to 555-0100" });
    };
    const { error } = await run(fails, {
      "cmf.tool_post_invoke": (message) => ({ modifiedPayload: hide(message) }),
    });
    expect(String(error)).toBe("No mail to [number]: no");
  });

  it("ends with the reason of an abort, whatever the tool makes of it", async () => {
    const controller = new AbortController();
    const ends: ToolEnd[] = [];
    const manager = await managerOf(pluginOf(seen("post", () => {})));
    const { send } = guardTools(
      {
        send: {
          execute(_input: object, _options: object): Promise<string> {
            controller.abort(new Error("The person left"));
            return Promise.reject(new Error("555-0100"));
          },
        },
      },
      manager,
      { onEnd: (end) => ends.push(end) },
    );
    const options = { toolCallId: "c-1", abortSignal: controller.signal };
    await expect(send.execute({}, options)).rejects.toThrow("The person left");
    expect(ends).toMatchObject([{ outcome: "aborted", code: undefined }]);
  });

  it("ends with the reason of an abort while a plugin judges, and runs nothing", async () => {
    const controller = new AbortController();
    const ends: ToolEnd[] = [];
    const leave = () => controller.abort(new Error("The person left"));
    const manager = await managerOf(pluginOf({ "cmf.tool_pre_invoke": leave }));
    const execute = vi.fn();
    const { send } = guardTools({ send: { execute } }, manager, { onEnd: (end) => ends.push(end) });
    const options = { toolCallId: "c-1", abortSignal: controller.signal };
    await expect(send.execute({}, options)).rejects.toThrow("The person left");
    expect(execute).not.toHaveBeenCalled();
    expect(ends).toMatchObject([{ outcome: "aborted", code: undefined }]);
  });

  it("hands the SDK's options on, and its context to the host", async () => {
    const contexts: unknown[] = [];
    const manager = await managerOf();
    const { send } = guardTools(
      { send: { execute: async (...args: unknown[]) => args } },
      manager,
      {
        envelope: ({ context, messages, toolCallId, tool: name, input }) => {
          contexts.push([context, messages, toolCallId, name, input]);
          return createExtensions({});
        },
      },
    );
    const six = { toolCallId: "c-1", messages: ["m"], experimental_context: { user: "ada" } };
    expect(await send.execute({ a: 1 }, six)).toEqual([{ a: 1 }, six]);
    expect(((await send.execute({}, { context: "seven" })) as unknown[])[1]).toEqual({
      context: "seven",
    });
    expect(contexts).toEqual([
      [{ user: "ada" }, ["m"], "c-1", "send", { a: 1 }],
      ["seven", undefined, expect.any(String), "send", {}],
    ]);
  });

  const failing = {
    load: async () => [],
    append: () => Promise.reject(new Error("The store is gone")),
  };
  const labelling: Handlers = {
    "cmf.tool_post_invoke": (_message, _context, extensions) => ({
      modifiedExtensions: addLabels(extensions as never, "PII"),
    }),
  };

  it("is refused when its labels cannot be kept, unless the host says otherwise", async () => {
    const labels = { store: failing, session: "ada/1" };
    const refused = await run(() => "ok", labelling, { labels });
    expect(refused.error?.message).toContain("could not be checked");
    expect(refused.events.at(-1)).toMatchObject({
      point: "labels",
      error: { message: "The store is gone" },
    });
    const ignored = await run(() => "ok", labelling, {
      labels: { ...labels, onStoreError: "ignore" },
    });
    expect(ignored.output).toBe("ok");
  });

  it("keeps the reason of a denial whose labels cannot be kept", async () => {
    verifies("labels:session-refused");
    const { error, ends, events } = await run(
      () => "ok",
      {
        tool_pre_invoke: (_payload, _context, extensions) => ({
          modifiedExtensions: addLabels(extensions as never, "PII"),
        }),
        "cmf.tool_pre_invoke": () => deny({ code: "no_mail", reason: "Mail stays here" }),
      },
      { labels: { store: failing, session: "ada/1" } },
    );
    expect(error?.message).toBe("Mail stays here");
    expect(ends).toMatchObject([{ outcome: "denied", code: "no_mail" }]);
    expect(events.at(-1)).toMatchObject({
      point: "labels",
      error: { message: "The store is gone" },
    });
  });

  it.each<[string, ToolGuardOptions<Extensions>]>([
    ["envelope", { envelope: () => "none" as never }],
    ["tenant", { tenant: () => 1 as never }],
    ["labels", { labels: { session: () => "" } }],
  ])("is refused when the option %s is of no use", async (point, options) => {
    let isRun = false;
    const act = () => {
      isRun = true;
    };
    const { error, events } = await run(act, {}, options);
    expect(isRun).toBe(false);
    expect(error).toMatchObject({ name: "ToolRefused", code: "guard_failed" });
    expect(events).toMatchObject([{ point, request: expect.any(String), toolCallId: "c-1" }]);
  });

  it("may be forbidden by a data policy to return its result", async () => {
    const { error, ends } = await run(
      () => "555-0100",
      {},
      {
        envelope: () =>
          createExtensions({
            security: {
              subject: { id: "ada", type: "user" },
              data: { send: { denied_actions: ["receive"] } },
            },
          }),
      },
    );
    expect(error?.message).toBe('The data policy does not allow the action "receive"');
    expect(ends).toMatchObject([{ outcome: "denied", code: "data_action_denied", subject: "ada" }]);
  });

  it("survives observers that throw or reject", async () => {
    const rejecting = (() => Promise.reject(new Error("The log is gone"))) as () => never;
    const throwing = () => {
      throw new Error("The log is gone");
    };
    for (const observer of [rejecting, throwing]) {
      const options = { onEnd: observer, onResult: observer };
      expect((await run(() => "ok", {}, options)).output).toBe("ok");
    }
  });

  it("runs only the plugins of its tenant", async () => {
    const plugin = definePlugin({
      name: "acme",
      version: "1.0.0",
      hooks: { "cmf.tool_pre_invoke": () => deny("Not at Acme") },
    });
    const plugins = [{ plugin, conditions: { tenants: ["acme"] } }];
    const manager = await createPluginManager({ plugins });
    const tools = { send: { execute: async () => "sent" } };
    expect(() => guardTools(tools, manager)).toThrow("name tenants");
    const at = (tenant: string) => guardTools(tools, manager, { tenant }).send;
    await expect(at("acme").execute()).rejects.toThrow("Not at Acme");
    expect(await at("other").execute()).toBe("sent");
  });
});

describe("guardTools", () => {
  it.each<[string, (manager: Awaited<ReturnType<typeof managerOf>>) => unknown, string]>([
    ["a manager that is none", () => guardTools({}, {} as never), "expects a plugin manager"],
    ["tools that are none", (manager) => guardTools([] as never, manager), "a set of tools, got"],
    [
      "a tool that is none",
      (manager) => guardTools({ a: 1 } as never, manager),
      "a tool as a, got",
    ],
    ["an unknown option", (manager) => guardTools({}, manager, { sesion: 1 } as never), '"sesion"'],
    [
      "labels without a session",
      (manager) => guardTools({}, manager, { labels: {} as never }),
      "labels.session",
    ],
    [
      "an unknown word",
      (manager) => guardTools({}, manager, { preliminary: "pass" as never }),
      '"hold" or "judge"',
    ],
  ])("refuses %s", async (_what, act, text) => {
    const manager = await managerOf();
    expect(() => act(manager)).toThrow(expect.objectContaining({ code: "options_invalid" }));
    expect(() => act(manager)).toThrow(text);
  });
});

const edited = (message: unknown, from: string, to: string) =>
  JSON.parse(JSON.stringify(message).replaceAll(`"${from}"`, `"${to}"`));
