/** What is kept of an MCP document whose messages were edited to look like others. */
import { createPluginManager, definePlugin } from "glassine";
import {
  fromInputRequests,
  fromPromptResult,
  fromResourceResult,
  toInputRequests,
  toPromptResult,
  toResourceResult,
} from "glassine/mcp";
import { type ContentPart, createMessage, type Message } from "glassine/messages";
import { describe, expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";
import { settle } from "./support/fake-manager.ts";
import { rawGuard, request } from "./support/raw.ts";

const call = { id: "7", name: "p" };
const turn = (role: string, text: string, more: object = {}) => ({
  role,
  content: { type: "text", text, ...more },
});
const noted = { annotations: { priority: 1 }, _meta: { "org.example/x": 1 } };
const result = {
  messages: [
    turn("user", "555-0100"),
    turn("assistant", "B", noted),
    turn("user", "[phone]", noted),
  ],
};
type Prompt = Extract<ContentPart, { content_type: "prompt_result" }>;

function inside(edit: (messages: readonly Message[]) => readonly Message[]): readonly Message[] {
  const [message] = fromPromptResult(result, call).messages as readonly [Message];
  const [part] = message.content as readonly [Prompt];
  const content = { ...part.content, messages: edit(part.content.messages) };
  return [createMessage({ ...message, content: [{ ...part, content } as never] })];
}
const said = (role: Message["role"], text: string) =>
  createMessage({ role, content: [{ content_type: "text", text }] });

describe("an edit that makes a message equal to a later one", () => {
  it("keeps annotations and metadata with their messages", () => {
    verifies("adapters:kept");
    const edited = inside((messages) => messages.with(0, said("user", "[phone]")));
    expect(toPromptResult(edited, { ...call, onto: result })).toEqual({
      document: { messages: [turn("user", "[phone]"), ...result.messages.slice(1)] },
      lost: [],
    });
    const front = inside((messages) => [said("user", "[phone]"), ...messages]);
    expect(toPromptResult(front, { ...call, onto: result }).document).toEqual({
      messages: [turn("user", "[phone]"), ...result.messages],
    });
  });
});

describe("what is lost with an old item", () => {
  it("is reported by its path in the document", () => {
    verifies("adapters:gone");
    const pathsOf = (edited: readonly Message[]) =>
      toPromptResult(edited, { ...call, onto: result }).lost.map(({ path }) => path);
    expect(pathsOf(inside((messages) => messages.slice(1)))).toEqual([]);
    expect(pathsOf(inside((messages) => messages.slice(0, 2)))).toEqual(["onto.messages[2]"]);
    const image = { content_type: "image", content: { type: "base64", data: "AA==" } } as const;
    const other = createMessage({ role: "user", content: [image] });
    expect(pathsOf(inside((messages) => messages.with(2, other)))).toEqual([
      "onto.messages[2].content",
    ]);
    const onto = { contents: [{ uri: "a:b", text: "x", _meta: { "org.example/x": 1 } }] };
    const empty = createMessage({ role: "tool", content: [] });
    expect(fromResourceResult(onto, { id: "7" }).messages).toHaveLength(1);
    const { lost } = toResourceResult([empty], { id: "7", onto });
    expect(lost.map(({ path }) => path)).toEqual(["onto.contents[0]"]);
  });

  it("is reported by the path in the whole document if one contains another", () => {
    verifies("adapters:gone");
    const messages = [turn("user", "a", noted), turn("user", "b")];
    const params = { maxTokens: 1, messages };
    const onto = {
      resultType: "input_required",
      inputRequests: { k: { method: "sampling/createMessage", params } },
    };
    const { inputs } = fromInputRequests(onto);
    const { lost } = toInputRequests({ k: inputs.k?.messages.slice(1) ?? [] }, { onto });
    expect(lost.map(({ path }) => path)).toEqual(["onto.inputRequests.k.params.messages[0]"]);
  });

  it("refuses nothing in a guard: removing it was the plugin's choice", async () => {
    verifies("mcp:guard");
    const cut = definePlugin({
      name: "cut",
      version: "1.0.0",
      hooks: {
        "cmf.prompt_post_fetch": (message) => {
          const [part] = message.content as readonly [Prompt];
          const content = { ...part.content, messages: part.content.messages.slice(1) };
          return { modifiedPayload: { ...message, content: [{ ...part, content }] } };
        },
      },
    });
    const manager = await createPluginManager({ plugins: [cut] });
    const { guard, peer, received } = await rawGuard(manager, {});
    await guard.send(request(1, "prompts/get", { name: "p" }));
    await settle();
    const onto = { messages: [turn("user", "a", noted), turn("user", "b", noted)] };
    peer({ jsonrpc: "2.0", id: 1, result: onto });
    await settle();
    expect(received()).toMatchObject([{ result: { messages: [turn("user", "b", noted)] } }]);
    await manager.close();
  });
});
