/** `aiMiddleware`: which edits of a prompt it writes, and which it refuses. */
import { createPluginManager, definePlugin } from "glassine";
import {
  aiMiddleware,
  fromContent,
  fromModelMessages,
  fromPrompt,
  toContent,
  toModelMessages,
  toPrompt,
} from "glassine/ai-sdk";
import type { Message } from "glassine/messages";
import { describe, expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";
import { calls, modelOf, says, versions } from "./versions.ts";

type Edit = (message: Message) => Message;
interface Turn {
  readonly role: string;
  readonly content: readonly object[];
}

const without =
  (...types: readonly string[]): Edit =>
  (message) => ({
    ...message,
    content: message.content.filter((part) => !types.includes(part.content_type)),
  });
const redact: Edit = (message) =>
  JSON.parse(JSON.stringify(message).replaceAll("SECRET", "***")) as Message;

/** The content of the first message, which is the assistant's, as the model gets it. */
async function sent(
  edit: Edit,
  content: readonly object[],
  others: readonly Turn[] = [],
  allow?: readonly string[],
) {
  const hooks = {
    "cmf.llm_input": (message: Message) => ({ modifiedPayload: edit(message) }),
  };
  const plugin = definePlugin({ name: "editor", version: "1.0.0", hooks });
  const manager = await createPluginManager({ plugins: [plugin] });
  const options = { specificationVersion: "v3", ...(allow && { allow }) } as const;
  const middleware = aiMiddleware(manager, options);
  const params = { prompt: [{ role: "assistant", content }, ...others] };
  const call = { type: "generate", params, model: {} } as const;
  const { prompt } = await middleware.transformParams(call);
  return prompt[0]?.content;
}

/** The parts that the SDK gets of an answer with these. */
async function answer(
  isStreamed: boolean,
  edit: Edit,
  content: readonly { readonly type: string }[],
) {
  const finishReason = { unified: "stop", raw: "stop" };
  const handler = (message: Message) => ({ modifiedPayload: edit(message) });
  const hooks = { "cmf.llm_output": handler };
  const plugin = definePlugin({ name: "editor", version: "1.0.0", hooks });
  const manager = await createPluginManager({ plugins: [plugin] });
  const middleware = aiMiddleware(manager, { specificationVersion: "v3" });
  const given = { params: {}, model: {} };
  const doGenerate = async () => ({ content, finishReason, warnings: [] });
  if (!isStreamed) return (await middleware.wrapGenerate({ ...given, doGenerate })).content;
  const events = [...content, { type: "finish", finishReason, usage: {} }];
  const doStream = async () => ({ stream: ReadableStream.from(events) });
  const { stream } = await middleware.wrapStream({ ...given, doStream });
  const parts: { readonly type: string; readonly error?: unknown }[] = [];
  for await (const part of stream) {
    if (part.type === "error") throw (part as { readonly error?: unknown }).error;
    parts.push(part);
  }
  return parts.filter(({ type }) => content.some((each) => each.type === type));
}

describe("what the provider ran itself", () => {
  const call = {
    type: "tool-call",
    toolCallId: "c",
    toolName: "web_search",
    input: {},
    providerExecuted: true,
  };
  const output = { type: "json", value: { page: "SECRET" } };
  const result = { type: "tool-result", toolCallId: "c", toolName: "web_search", output };
  const text = { type: "text", text: "SECRET" };

  it("is not sent if its result changed or was removed, since the provider may use its own", async () => {
    verifies("aisdk:ran");
    const refused = { statusCode: 403 };
    await expect(sent(redact, [call, result])).rejects.toMatchObject(refused);
    await expect(sent(without("tool_result"), [call, result, text])).rejects.toMatchObject(refused);
  });

  it("is left out together with its result", async () => {
    verifies("aisdk:ran");
    const edit = without("tool_call", "tool_result");
    expect(await sent(edit, [call, result, text])).toEqual([text]);
    const other: Edit = (message) => redact(without("tool_call", "tool_result")(message));
    expect(await sent(other, [call, result, text])).toEqual([{ ...text, text: "***" }]);
  });

  it("cannot lose its call alone, in a prompt or an answer", async () => {
    verifies("adapters:result-without-call");
    const refused = { statusCode: 403 };
    const renamed: Edit = (message) => ({
      ...message,
      content: message.content.map((part) =>
        part.content_type === "tool_call"
          ? { ...part, content: { ...part.content, tool_call_id: "other" } }
          : part,
      ),
    });
    const said = { ...call, input: "{}" };
    const found = { type: "tool-result", toolCallId: "c", toolName: "web_search", result: {} };
    const both = without("tool_call", "tool_result");
    for (const isStreamed of [false, true]) {
      for (const edit of [without("tool_call"), renamed]) {
        await expect(answer(isStreamed, edit, [said, found])).rejects.toMatchObject(refused);
      }
      expect(await answer(isStreamed, both, [said, found])).toEqual([]);
      // The provider made its call in an earlier answer.
      expect(await answer(isStreamed, redact, [found])).toEqual([found]);
    }
    await expect(sent(without("tool_call"), [call, result])).rejects.toMatchObject(refused);
  });
});

describe("a part that is removed", () => {
  it.each([
    { anthropic: { signature: "S" } },
    { google: { thoughtSignature: "S" } },
    { vertex: { thoughtSignature: "S" } },
  ])("takes its signature along: %j", async (providerOptions) => {
    verifies("adapters:gone");
    const text = { type: "text", text: "b" };
    const thought = { type: "reasoning", text: "a", providerOptions };
    expect(await sent(without("thinking"), [thought, text])).toEqual([text]);
  });

  it("takes its signature along in an answer", async () => {
    verifies("adapters:gone");
    const handler = (message: Message) => ({ modifiedPayload: without("thinking")(message) });
    const hooks = { "cmf.llm_output": handler };
    const plugin = definePlugin({ name: "editor", version: "1.0.0", hooks });
    const manager = await createPluginManager({ plugins: [plugin] });
    const middleware = aiMiddleware(manager, { specificationVersion: "v3" });
    const openai = { itemId: "rs", reasoningEncryptedContent: "E" };
    const thought = { type: "reasoning", text: "a", providerMetadata: { openai } };
    const text = { type: "text", text: "b" };
    const doGenerate = async () => ({ content: [thought, text], warnings: [] });
    const result = await middleware.wrapGenerate({ doGenerate, params: {}, model: {} });
    expect(result.content).toEqual([text]);
  });
});

describe.each([false, true])(
  "a call that waits for approval by id (streamed: %j)",
  (isStreamed) => {
    const input = '{"to":"SECRET"}';
    const ran = {
      type: "tool-call",
      toolCallId: "c",
      toolName: "pay",
      input,
      providerExecuted: true,
    };
    const asks = { type: "tool-approval-request", approvalId: "a", toolCallId: "c" };
    const refused = { statusCode: 403 };
    const answered = (edit: Edit, content: readonly { readonly type: string }[]) =>
      answer(isStreamed, edit, content);

    it("cannot be changed, since the provider runs its own copy", async () => {
      verifies("aisdk:approvals", "adapters:edits");
      await expect(answered(redact, [ran, asks])).rejects.toMatchObject(refused);
      const renamed: Edit = (message) =>
        JSON.parse(JSON.stringify(message).replaceAll("pay", "show")) as Message;
      await expect(answered(renamed, [ran, asks])).rejects.toMatchObject(refused);
    });

    it("can be seen, removed, and changed where nothing waits for it", async () => {
      verifies("aisdk:approvals");
      expect(await answered((message) => message, [ran, asks])).toEqual([ran, asks]);
      expect(await answered(without("tool_call"), [ran, asks])).toEqual([]);
      const other = { ...ran, toolCallId: "other" };
      const changed = { ...other, input: '{"to":"***"}' };
      expect(await answered(redact, [other, asks])).toEqual([changed, asks]);
    });
  },
);

describe("a call of a prompt that an approval lets the provider run", () => {
  const ran = {
    type: "tool-call",
    toolCallId: "c",
    toolName: "pay",
    input: { to: "SECRET" },
    providerExecuted: true,
  };
  const redacted = { ...ran, input: { to: "***" } };
  const text = { type: "text", text: "Pay?" };
  const answer = (approved: boolean) => ({
    role: "tool",
    content: [{ type: "tool-approval-response", approvalId: "a", approved }],
  });
  const result = (toolCallId: string) => ({
    type: "tool-result",
    toolCallId,
    toolName: "pay",
    output: { type: "text", value: "done" },
  });
  const sentWith = (edit: Edit, content: readonly object[], ...others: readonly Turn[]) =>
    sent(edit, content, others, ["content"]);

  it("can be neither changed nor removed, since the provider runs its own copy", async () => {
    verifies("aisdk:approvals", "adapters:edits");
    const refused = { statusCode: 403 };
    const user = { role: "user", content: [text] };
    const other = { role: "tool", content: [result("other")] };
    for (const edit of [redact, without("tool_call")]) {
      for (const others of [[answer(true)], [answer(true), user], [answer(true), other]]) {
        await expect(sentWith(edit, [text, ran], ...others)).rejects.toMatchObject(refused);
      }
    }
    expect(await sentWith((message) => message, [text, ran], answer(true))).toEqual([text, ran]);
  });

  it("can be changed once it has a result, if it was denied, or if nobody answered", async () => {
    verifies("aisdk:approvals");
    const after = { role: "assistant", content: [result("c")] };
    expect(await sentWith(redact, [ran], answer(true), after)).toEqual([redacted]);
    const both = await sentWith(redact, [ran, result("c")], answer(true));
    expect(both).toEqual([redacted, result("c")]);
    expect(await sentWith(redact, [ran], answer(false))).toEqual([redacted]);
    expect(await sentWith(redact, [ran])).toEqual([redacted]);
  });

  it("can be changed once the conversation went on, whatever is approved later", async () => {
    verifies("aisdk:approvals");
    const said = { role: "assistant", content: [text] };
    expect(await sentWith(redact, [ran], answer(true), said)).toEqual([redacted]);
    const ask = { role: "assistant", content: [{ ...ran, toolCallId: "d", input: {} }] };
    expect(await sentWith(redact, [ran], answer(false), ask, answer(true))).toEqual([redacted]);
  });

  it("can be neither changed nor removed, whatever is added after the approval", async () => {
    verifies("aisdk:approvals");
    const prompt = [{ role: "assistant", content: [ran] }, answer(true)];
    const { messages } = fromPrompt(prompt);
    const more = fromPrompt([{ role: "assistant", content: [result("c")] }]).messages;
    const { lost } = toPrompt([...messages.map(redact), ...more], { onto: prompt });
    const path = "onto[0].content[0]";
    expect(lost).toContainEqual(expect.objectContaining({ path, kind: "stored" }));
  });

  it("is exactly the one that the request names, if the request is there", () => {
    verifies("aisdk:approvals");
    const asks = (approvalId: string, toolCallId: string) => {
      return { type: "tool-approval-request", approvalId, toolCallId };
    };
    const other = { ...ran, toolCallId: "other" };
    const lostOf = (requests: readonly object[]) => {
      const content = [other, ran, ...requests];
      const onto = [{ role: "assistant", content }, answer(true)];
      const messages = fromModelMessages(onto).messages.map(redact);
      return toModelMessages(messages, { onto }).lost.flatMap(({ kind, path }) =>
        kind === "stored" ? [path] : [],
      );
    };
    const [first, second] = ["onto[0].content[0]", "onto[0].content[1]"];
    expect(lostOf([asks("b", "other"), asks("a", "c")])).toEqual([second]);
    expect(lostOf([asks("a", "other"), asks("b", "c")])).toEqual([first]);
    expect(lostOf([asks("b", "other")])).toEqual([first, second]);
  });

  it("is one that an earlier message asked about, if its request is there", () => {
    verifies("aisdk:approvals");
    const asks = { type: "tool-approval-request", approvalId: "a", toolCallId: "c" };
    const onto = [
      { role: "assistant", content: [ran, asks] },
      { role: "assistant", content: "Well?" },
      answer(true),
    ];
    const messages = fromModelMessages(onto).messages.map(redact);
    const { lost } = toModelMessages(messages, { onto });
    const path = "onto[0].content[0]";
    expect(lost).toContainEqual(expect.objectContaining({ path, kind: "stored" }));
    const gone = [...onto, { role: "assistant", content: "Paid." }];
    const later = fromModelMessages(gone).messages.map(redact);
    expect(toModelMessages(later, { onto: gone }).lost).toEqual([]);
  });

  it("is listed as stored by `toPrompt`, and by `toModelMessages`", () => {
    verifies("aisdk:approvals", "aisdk:lost");
    const prompt = [{ role: "assistant", content: [ran] }, answer(true)];
    const path = "onto[0].content[0]";
    for (const [from, to] of [
      [fromPrompt, toPrompt],
      [fromModelMessages, toModelMessages],
    ] as const) {
      const { lost } = to(from(prompt).messages.map(redact), { onto: prompt });
      expect(lost).toContainEqual(expect.objectContaining({ path, kind: "stored" }));
    }
  });
});

describe.each(versions.filter(({ specificationVersion }) => specificationVersion !== "v2"))(
  "a call that waits for approval, removed from an answer for $name",
  (version) => {
    const { ai, specificationVersion } = version;
    const content = [
      says("Ahoy"),
      { ...calls("pay", { to: "SECRET" }, "c"), providerExecuted: true, dynamic: true },
      { type: "tool-approval-request", approvalId: "a", toolCallId: "c" },
    ] as const;

    async function model() {
      const edit = without("tool_call");
      const hooks = { "cmf.llm_output": (m: Message) => ({ modifiedPayload: edit(m) }) };
      const plugin = definePlugin({ name: "editor", version: "1.0.0", hooks });
      const manager = await createPluginManager({ plugins: [plugin] });
      return ai.wrapLanguageModel({
        model: modelOf(version, content as never),
        middleware: aiMiddleware(manager, { specificationVersion }) as never,
      });
    }

    it("leaves an answer that the SDK can take", async () => {
      verifies("aisdk:approvals");
      const whole = await ai.generateText({ model: await model(), prompt: "Pay." });
      expect(whole.content).toMatchObject([{ type: "text", text: "Ahoy" }]);
      const errors: unknown[] = [];
      const onError = ({ error }: { readonly error: unknown }) => void errors.push(error);
      const streamed = ai.streamText({ model: await model(), prompt: "Pay.", onError });
      expect(await streamed.content).toMatchObject([{ type: "text", text: "Ahoy" }]);
      expect(errors).toEqual([]);
    });
  },
);

describe("a request for approval whose call was removed", () => {
  const ran = { type: "tool-call", toolCallId: "c", toolName: "pay", input: "{}" };
  const asks = { type: "tool-approval-request", approvalId: "a", toolCallId: "c" };

  it("is listed in `lost`, as more than a setting if it says anything", () => {
    verifies("aisdk:approvals", "aisdk:lost");
    const path = "onto.content[1]";
    for (const [ask, listed] of [
      [asks, { path, kind: "setting" }],
      [{ ...asks, title: "Pay?" }, { path }],
    ] as const) {
      const onto = { content: [ran, ask] };
      const messages = fromContent(onto).messages.map(without("tool_call"));
      const { document, lost } = toContent(messages, { onto });
      expect(document.content).toEqual([]);
      expect(Object.isFrozen(document) && Object.isFrozen(document.content)).toBe(true);
      const { reason } = lost[0] ?? {};
      expect(lost).toEqual([{ ...listed, reason }]);
    }
  });

  it("stays if there never was such a call", () => {
    verifies("aisdk:approvals");
    const other = { ...asks, toolCallId: "other" };
    const onto = { content: [ran, other] };
    const messages = fromContent(onto).messages.map(without("tool_call"));
    expect(toContent(messages, { onto }).document.content).toEqual([other]);
  });
});
