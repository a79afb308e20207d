/** `aiMiddleware`: which edits of a prompt it writes, and which it refuses. */
import { createPluginManager, definePlugin } from "glassine";
import { aiMiddleware } from "glassine/ai-sdk";
import type { Message } from "glassine/messages";
import { describe, expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";

type Edit = (message: Message) => Message;

const without =
  (...types: readonly string[]): Edit =>
  (message) => ({
    ...message,
    content: message.content.filter((part) => !types.includes(part.content_type)),
  });
const redact: Edit = (message) =>
  JSON.parse(JSON.stringify(message).replaceAll("SECRET", "***")) as Message;

/** The assistant's content as the model gets it. */
async function sent(edit: Edit, content: readonly object[]) {
  const hooks = {
    "cmf.llm_input": (message: Message) => ({ modifiedPayload: edit(message) }),
  };
  const plugin = definePlugin({ name: "editor", version: "1.0.0", hooks });
  const manager = await createPluginManager({ plugins: [plugin] });
  const middleware = aiMiddleware(manager, { specificationVersion: "v3" });
  const params = { prompt: [{ role: "assistant", content }] };
  const call = { type: "generate", params, model: {} } as const;
  const { prompt } = await middleware.transformParams(call);
  return prompt[0]?.content;
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
