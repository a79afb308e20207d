import { describe, expect, it } from "vitest";
import { exchange } from "./support/exchange.ts";
import { fakeManager } from "./support/fake-manager.ts";
import { messagesOf, params, post, result, run, text } from "./support/prompt-fixture.ts";

describe("a prompt", () => {
  it("is shown as prompt_request and prompt_result, and stays unchanged", async () => {
    const manager = fakeManager({
      prompt_pre_fetch: () => undefined,
      prompt_post_fetch: () => undefined,
    });
    const { sent, answer } = await exchange(
      manager,
      "prompts/get",
      params,
      { result },
      { serverId: "harbour" },
    );
    expect(manager.calls.map((call) => [call.hook, call.payload])).toMatchObject([
      ["prompt_pre_fetch", { prompt_id: "brief", args: { who: "Ann" } }],
      [
        "cmf.prompt_pre_fetch",
        {
          role: "user",
          content: [
            {
              content_type: "prompt_request",
              content: {
                prompt_request_id: "7",
                name: "brief",
                arguments: { who: "Ann" },
                server_id: "harbour",
              },
            },
          ],
        },
      ],
      [
        "prompt_post_fetch",
        {
          prompt_id: "brief",
          result: { description: result.description, messages: result.messages },
        },
      ],
      [
        "cmf.prompt_post_fetch",
        {
          role: "tool",
          content: [
            {
              content_type: "prompt_result",
              content: {
                prompt_request_id: "7",
                prompt_name: "brief",
                content: "A brief about Ann",
                is_error: false,
                messages: [
                  { role: "user", content: [{ content_type: "text", text: "Brief Ann." }] },
                  {
                    role: "user",
                    content: [
                      {
                        content_type: "image",
                        content: { type: "base64", data: "AAAA", media_type: "image/png" },
                      },
                    ],
                  },
                  {
                    content: [
                      { content_type: "resource", content: { uri: "file:///a", content: "A" } },
                    ],
                  },
                  {
                    content: [
                      {
                        content_type: "resource",
                        content: { uri: "file:///b", name: "b", description: "see b" },
                      },
                    ],
                  },
                  { role: "assistant", content: [{ text: '{"type":"hologram","beam":1}' }] },
                ],
              },
            },
          ],
        },
      ],
    ]);
    expect(sent?.params).toEqual(params);
    expect(answer.result).toEqual(result);
  });

  it("applies changes to each kind of message, and keeps the fields hooks do not see", async () => {
    const { answer } = await run(
      post(({ messages }) => ({
        content: "A brief",
        messages: [
          { role: "assistant", content: [{ content_type: "text", text: "Brief A." }] },
          {
            role: "user",
            content: [{ content_type: "image", content: { type: "base64", data: "BBBB" } }],
          },
          {
            role: "user",
            content: [
              {
                content_type: "resource",
                content: { ...(messages[2]?.content[0].content as object), content: "B" },
              },
            ],
          },
          {
            role: "user",
            content: [
              {
                content_type: "resource",
                content: { ...(messages[3]?.content[0].content as object), description: "see" },
              },
            ],
          },
          messages[4],
        ],
      })),
    );
    expect(answer.result).toEqual({
      description: "A brief",
      messages: [
        { role: "assistant", content: { ...result.messages[0]?.content, text: "Brief A." } },
        { role: "user", content: { type: "image", data: "BBBB", _meta: { b: 1 } } },
        {
          role: "user",
          content: {
            type: "resource",
            resource: { uri: "file:///a", mimeType: "text/plain", text: "B" },
          },
        },
        { role: "user", content: { ...result.messages[3]?.content, description: "see" } },
        result.messages[4],
      ],
      _meta: { c: 1 },
    });
  });

  it("keeps the others whole when messages are removed or added", async () => {
    const added = { role: "user", content: [{ content_type: "text", text: "Be kind." }] };
    const { answer } = await run(
      post(({ messages }) => ({ messages: [added, ...messages.slice(2)] })),
    );
    expect(messagesOf(answer)).toEqual([
      { role: "user", content: text("Be kind.") },
      ...result.messages.slice(2),
    ]);
    const fewer = await run(post(({ messages }) => ({ messages: [messages[4], messages[1]] })));
    expect(messagesOf(fewer.answer)).toEqual([result.messages[4], result.messages[1]]);
  });

  it("accepts a part of another kind, and drops a description", async () => {
    const part = { content_type: "text", text: "[image]" };
    const { answer } = await run(
      post(({ messages }) => ({
        content: null,
        messages: messages.map((message, place) =>
          place === 1 ? { ...message, content: [part] } : message,
        ),
      })),
    );
    expect(messagesOf(answer)[1]).toEqual({ role: "user", content: text("[image]") });
    expect(answer.result).not.toHaveProperty("description");
  });

  it("writes changes of the older hook", async () => {
    const { answer } = await run({
      prompt_post_fetch: () => ({ changed: { prompt_id: "brief", result: { messages: [] } } }),
    });
    expect(answer.result).toEqual({ messages: [], _meta: { c: 1 } });
  });
});
