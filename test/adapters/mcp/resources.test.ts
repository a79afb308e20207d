import { describe, expect, it } from "vitest";
import { exchange } from "./support/exchange.ts";
import { denial, fakeManager, type Hook, type Reply } from "./support/fake-manager.ts";

const params = { uri: "file:///pier/log", _meta: { a: 1 } };
const result = {
  contents: [
    { uri: "file:///pier/log", mimeType: "text/plain", text: "lamp 1 lit", _meta: { b: 1 } },
    { uri: "file:///pier/map", mimeType: "image/png", blob: "AAAA" },
  ],
  ttlMs: 5,
  cacheScope: "private",
  _meta: { c: 1 },
};

interface ResourceMessage {
  readonly content: readonly { readonly content: Record<string, unknown> }[];
}

const run = (hooks: Record<string, Hook>, outcome: object = { result }) =>
  exchange(fakeManager(hooks), "resources/read", params, outcome);

const post = (change: (parts: ResourceMessage["content"]) => readonly unknown[]) => ({
  "cmf.resource_post_fetch": (message: ResourceMessage): Reply => ({
    changed: { ...message, content: change(message.content) },
  }),
});

describe("a resource", () => {
  it("is shown as resource_ref and resource parts, one typed payload per content", async () => {
    const manager = fakeManager({
      resource_pre_fetch: () => undefined,
      resource_post_fetch: () => undefined,
    });
    const { sent, answer } = await exchange(manager, "resources/read", params, { result });
    const ids = { resource_request_id: "7", resource_type: "uri" };
    expect(manager.calls.map((call) => [call.hook, call.payload])).toEqual([
      ["resource_pre_fetch", { uri: params.uri, metadata: {} }],
      [
        "cmf.resource_pre_fetch",
        {
          schema_version: "2.0",
          role: "user",
          content: [{ content_type: "resource_ref", content: { ...ids, uri: params.uri } }],
        },
      ],
      ["resource_post_fetch", { uri: params.uri, content: result.contents[0] }],
      ["resource_post_fetch", { uri: params.uri, content: result.contents[1] }],
      [
        "cmf.resource_post_fetch",
        {
          schema_version: "2.0",
          role: "tool",
          content: [
            {
              content_type: "resource",
              content: {
                ...ids,
                uri: params.uri,
                mime_type: "text/plain",
                content: "lamp 1 lit",
                annotations: {},
              },
            },
            {
              content_type: "resource",
              content: {
                ...ids,
                uri: "file:///pier/map",
                mime_type: "image/png",
                blob: "AAAA",
                annotations: {},
              },
            },
          ],
        },
      ],
    ]);
    expect(sent?.params).toEqual(params);
    expect(answer.result).toEqual(result);
  });

  it("applies a changed text, even if the message schema filled in defaults", async () => {
    const { answer } = await run(
      post((parts) =>
        parts.map((part, place) => ({
          ...part,
          content: {
            ...part.content,
            annotations: {},
            version: null,
            ...(place === 0 && { content: "lamp # lit" }),
          },
        })),
      ),
    );
    expect(answer.result).toEqual({
      ...result,
      contents: [{ ...result.contents[0], text: "lamp # lit" }, result.contents[1]],
    });
  });

  it("applies removed contents, and a blob that became text", async () => {
    const fewer = await run(post((parts) => parts.slice(1)));
    expect(fewer.answer.result).toEqual({ ...result, contents: [result.contents[1]] });
    const { answer } = await run(
      post(([first, second]) => [
        first,
        {
          ...second,
          content: { ...second?.content, blob: null, content: "[map]", mime_type: "text/plain" },
        },
      ]),
    );
    expect(answer.result).toMatchObject({
      contents: [
        result.contents[0],
        { uri: "file:///pier/map", mimeType: "text/plain", text: "[map]" },
      ],
    });
    expect(JSON.stringify(answer)).not.toContain("blob");
  });

  it("writes changes of the older hooks", async () => {
    const { sent, answer } = await run({
      resource_pre_fetch: () => ({ changed: { uri: "file:///quay", metadata: {} } }),
      resource_post_fetch: ({ uri, content }: { uri: string; content: { blob?: string } }) => ({
        changed: {
          uri,
          content: { ...content, ...(content.blob === undefined && { text: "gone" }) },
        },
      }),
    });
    expect(sent?.params).toEqual({ ...params, uri: "file:///quay" });
    expect(answer.result).toEqual({
      ...result,
      contents: [{ ...result.contents[0], text: "gone" }, result.contents[1]],
    });
  });

  it("refuses a range, which MCP cannot request", async () => {
    const hook = (message: ResourceMessage): Reply => ({
      changed: {
        ...message,
        content: [
          { ...message.content[0], content: { ...message.content[0]?.content, range_start: 1 } },
        ],
      },
    });
    await expect(run({ "cmf.resource_pre_fetch": hook })).resolves.toMatchObject({
      sent: undefined,
      answer: { error: { code: -32011 } },
    });
  });

  it.each<[string, (parts: ResourceMessage["content"]) => readonly unknown[]]>([
    ["a text part", () => [{ content_type: "text", text: "x" }]],
    [
      "another id",
      ([part]) => [{ ...part, content: { ...part?.content, resource_request_id: "8" } }],
    ],
    ["no uri", ([part]) => [{ ...part, content: { ...part?.content, uri: null } }]],
    ["bytes as content", ([part]) => [{ ...part, content: { ...part?.content, content: [1, 2] } }]],
  ])("refuses the response for %s", async (_, change) => {
    expect((await run(post(change))).answer).toMatchObject({ error: { code: -32011 } });
  });

  it.each([
    [{}],
    [{ contents: {} }],
    [{ contents: ["x"] }],
    [{ contents: [{ text: "x" }] }],
    [{ contents: [{ uri: "a", text: 5 }] }],
  ])("refuses the result %j, which hooks cannot be shown", async (odd) => {
    expect((await run({}, { result: odd })).answer).toMatchObject({ error: { code: -32011 } });
  });
});

describe("an error response to a read", () => {
  const error = { code: -32002, message: "no log", data: "at /srv/7" };

  it("is shown as text parts, and both can be changed", async () => {
    const manager = fakeManager(
      post(([first]) => [first, { content_type: "text", text: "somewhere" }]),
    );
    const { answer } = await exchange(manager, "resources/read", params, { error });
    expect(manager.calls[1]?.payload).toMatchObject({
      role: "tool",
      content: [{ text: "no log" }, { text: "at /srv/7" }],
    });
    expect(answer.error).toEqual({ ...error, data: "somewhere" });
  });

  it("passes the older hook too, and can be denied there", async () => {
    const { answer } = await run({ resource_post_fetch: () => denial("hidden") }, { error });
    expect(answer).toMatchObject({ error: { code: -32010, message: "hidden" } });
  });

  it("loses its data if a plugin removes it", async () => {
    const { answer } = await run(
      post(([first]) => [first]),
      { error },
    );
    expect(answer.error).toEqual({ code: -32002, message: "no log" });
  });
});
