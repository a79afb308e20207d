import { describe, expect, it } from "vitest";
import { exchange } from "./support/exchange.ts";
import { fakeManager } from "./support/fake-manager.ts";
import {
  messagesOf,
  type PromptMessage,
  params,
  post,
  run,
  text,
} from "./support/prompt-fixture.ts";

describe("a prompt result that cannot be expressed", () => {
  it.each<[string, (content: PromptMessage["content"][0]["content"]) => object]>([
    ["another id", () => ({ prompt_request_id: "8" })],
    ["becoming an error", () => ({ is_error: true })],
    ["messages that are not a list", () => ({ messages: "x" })],
    ["an invalid message", () => ({ messages: ["x"] })],
    [
      "a role MCP does not know",
      ({ messages }) => ({ messages: [{ ...messages[0], role: "system" }] }),
    ],
    [
      "two parts in a message",
      ({ messages }) => ({
        messages: [{ role: "user", content: [messages[0]?.content[0], messages[1]?.content[0]] }],
      }),
    ],
    [
      "a part MCP does not know",
      () => ({ messages: [{ role: "user", content: [{ content_type: "video", content: {} }] }] }),
    ],
    [
      "a change to a block of an unknown kind",
      ({ messages }) => ({
        messages: messages.map((m, place) =>
          place === 4 ? { ...m, content: [{ content_type: "text", text: "{}" }] } : m,
        ),
      }),
    ],
    ["a number as description", () => ({ content: 5 })],
  ])("refuses the response for %s", async (_, change) => {
    expect((await run(post(change))).answer).toMatchObject({ error: { code: -32011 } });
  });

  it.each([
    [{ messages: "x" }],
    [{}],
    [{ messages: [{ role: "god", content: text("x") }] }],
    [{ messages: [{ role: "user", content: "x" }] }],
  ])("refuses the result %j, which hooks cannot be shown", async (odd) => {
    expect((await run({}, { result: odd })).answer).toMatchObject({ error: { code: -32011 } });
  });

  it("lets an empty request for input pass", async () => {
    const odd = { resultType: "input_required", requestState: "s" };
    expect((await run({}, { result: odd })).answer.result).toEqual(odd);
  });

  it("keeps a list of blocks in one message, if a server sends that", async () => {
    const odd = { messages: [{ role: "user", content: [text("a"), text("b")] }] };
    const { answer } = await run(
      post(() => ({
        messages: [
          {
            role: "user",
            content: [
              { content_type: "text", text: "a" },
              { content_type: "text", text: "c" },
            ],
          },
        ],
      })),
      { result: odd },
    );
    expect(messagesOf(answer)).toEqual([{ role: "user", content: [text("a"), text("c")] }]);
  });
});

describe("an error response to a prompt", () => {
  const error = { code: -32602, message: "no Ann", data: { known: ["Bob"] } };

  it("is shown with its data as text, and both can be changed", async () => {
    const manager = fakeManager(
      post(({ error_message, content }) => ({
        error_message: String(error_message).replace("Ann", "***"),
        content: String(content).replace("Bob", "***"),
      })),
    );
    const { answer } = await exchange(manager, "prompts/get", params, { error });
    expect(manager.calls[1]?.payload).toMatchObject({
      content: [
        {
          content: {
            is_error: true,
            messages: [],
            error_message: "no Ann",
            content: '{"known":["Bob"]}',
          },
        },
      ],
    });
    expect(answer.error).toEqual({ code: -32602, message: "no ***", data: { known: ["***"] } });
  });

  it("loses its data if a plugin removes it", async () => {
    const { answer } = await run(
      post(() => ({ content: null })),
      { error },
    );
    expect(answer.error).toEqual({ code: -32602, message: "no Ann" });
  });

  it("cannot become a result", async () => {
    const { answer } = await run(
      post(() => ({ is_error: false })),
      { error },
    );
    expect(answer).toMatchObject({ error: { code: -32011 } });
  });
});
