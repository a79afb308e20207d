import { describe, expect, it } from "vitest";
import { denial, fakeManager } from "./support/fake-manager.ts";
import { connect, stands } from "./support/servers.ts";

const plain = fakeManager();

describe.each(stands)("a guard on the $side side of SDK $sdk", (stand) => {
  it("changes nothing when no plugin does", async () => {
    const bare = await connect({ ...stand, side: "neither" }, plain);
    const guarded = await connect(stand, fakeManager());
    const ask = async ({ client, call }: typeof bare) => [
      await call({
        name: "echo",
        arguments: { a: [1, { b: null }] },
        _meta: { "org.example/x": 1 },
      }),
      await call({ name: "echo" }),
      await client.getPrompt({ name: "brief", arguments: { who: "Ann" } }),
      await client.readResource({ uri: "file:///pier" }),
    ];
    expect(await ask(guarded)).toEqual(await ask(bare));
    expect(guarded.backend.asked).toEqual(bare.backend.asked);
    expect(guarded.errors).toEqual([]);
  });

  it("runs the hooks in order, and passes extensions and context from pre to post", async () => {
    const labelled = { security: { labels: ["PII"] } };
    const manager = fakeManager({
      "cmf.tool_pre_invoke": () => ({ extensions: labelled, context: "kept" }),
    });
    const { client, call } = await connect(stand, manager, {
      envelope: () => ({ made: "by host" }),
    });
    await call({ name: "echo", arguments: {} });
    await client.getPrompt({ name: "brief" });
    await client.readResource({ uri: "file:///pier" });
    expect(manager.names()).toEqual([
      "cmf.tool_pre_invoke",
      "cmf.tool_post_invoke",
      "cmf.prompt_pre_fetch",
      "cmf.prompt_post_fetch",
      "cmf.resource_pre_fetch",
      "cmf.resource_post_fetch",
    ]);
    expect(manager.calls[0]?.options.extensions).toEqual({ made: "by host" });
    expect(manager.calls[1]?.options).toMatchObject({ extensions: labelled, context: "kept" });
    expect(manager.calls[2]?.options.context).toBeUndefined();
    const requests = manager.calls.map((invocation) => invocation.options.request);
    expect([requests[0], requests[2]]).toEqual([requests[1], requests[3]]);
    expect(new Set(requests).size).toBe(3);
  });

  it("writes changed arguments, names and URIs into the request", async () => {
    const manager = fakeManager({
      "cmf.tool_pre_invoke": (message: ToolCallMessage) => ({
        changed: {
          ...message,
          content: [
            {
              ...message.content[0],
              content: { ...message.content[0].content, arguments: { city: "Oslo" } },
            },
          ],
        },
      }),
      prompt_pre_fetch: () => ({ changed: { prompt_id: "brief", args: { who: "Bob" } } }),
      resource_pre_fetch: () => ({ changed: { uri: "file:///quay", metadata: {} } }),
    });
    const { client, call, backend } = await connect(stand, manager);
    const answer = await call({
      name: "echo",
      arguments: { city: "Rome" },
      _meta: { "org.example/x": 1 },
    });
    expect(answer.structuredContent).toEqual({ args: { city: "Oslo" } });
    expect(backend.asked[0]?.params).toMatchObject({ _meta: { "org.example/x": 1 } });
    expect((await client.getPrompt({ name: "brief" })).description).toBe("about Bob");
    const read = (await client.readResource({ uri: "file:///pier" })) as {
      contents: { uri: string }[];
    };
    expect(read.contents[0]?.uri).toBe("file:///quay");
  });

  it("writes changed results, and keeps what was not changed", async () => {
    const manager = fakeManager({
      tool_post_invoke: ({ name, result }: { name: string; result: { content: object[] } }) => ({
        changed: { name, result: { ...result, content: [{ type: "text", text: "redacted" }] } },
      }),
    });
    const { call } = await connect(stand, manager);
    expect(await call({ name: "echo", arguments: { a: 1 } })).toEqual({
      content: [{ type: "text", text: "redacted" }],
      structuredContent: { args: { a: 1 } },
      _meta: { "org.example/trace": "echo" },
    });
  });

  it("answers a denied request with an error, and never forwards it", async () => {
    const manager = fakeManager({
      "cmf.tool_pre_invoke": () =>
        denial("PII may not leave", { plugin: "egress", details: { ssn: "1" } }),
      "cmf.prompt_pre_fetch": () => denial("no prompts"),
      "cmf.resource_pre_fetch": () => denial("no files"),
    });
    const { client, call, backend } = await connect(stand, manager, { onDeny: "error" });
    const refused = await call({ name: "echo" }).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: -32010, data: { code: "no_way", plugin: "egress" } });
    expect(String(refused)).toContain("PII may not leave");
    expect(JSON.stringify(refused)).not.toContain("ssn");
    await expect(client.getPrompt({ name: "brief" })).rejects.toThrow("no prompts");
    await expect(client.readResource({ uri: "file:///pier" })).rejects.toThrow("no files");
    expect(backend.asked).toEqual([]);
  });

  it("answers only a denied tool with a result, if the host wants that", async () => {
    const manager = fakeManager({
      "cmf.tool_post_invoke": () => denial("too secret"),
      "cmf.prompt_post_fetch": () => denial("no prompts"),
    });
    const { client, call } = await connect(stand, manager, { onDeny: "tool_result" });
    expect(await call({ name: "echo", arguments: { key: "s3cret" } })).toEqual({
      content: [{ type: "text", text: "too secret" }],
      isError: true,
    });
    await expect(client.getPrompt({ name: "brief" })).rejects.toMatchObject({ code: -32010 });
  });

  it("runs the post hooks on an error response", async () => {
    const manager = fakeManager({
      tool_post_invoke: ({ name, result }: { name: string; result: object }) => ({
        changed: { name, result: { ...result, message: "unavailable", data: undefined } },
      }),
    });
    const { call } = await connect(stand, manager);
    const failure = await call({ name: "break" }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: -32050, data: undefined });
    expect(String(failure)).toContain("unavailable");
    expect(String(failure)).not.toContain("/srv/7");
    const shown = { code: -32050, message: expect.stringContaining("/srv/7"), data: { disk: 7 } };
    expect(manager.calls[1]?.payload).toMatchObject({ name: "break", result: shown });
    const content = { code: -32050, message: "unavailable" };
    expect(manager.calls[2]?.payload).toMatchObject({
      content: [{ content: { is_error: true, content } }],
    });
    expect(JSON.stringify(manager.calls[2]?.payload)).not.toContain("disk");
  });

  it("shows the hook an unchanged error response if no older hook changes it", async () => {
    const manager = fakeManager();
    const { call } = await connect(stand, manager);
    await call({ name: "break" }).catch(() => undefined);
    const content = { code: -32050, message: expect.stringContaining("/srv/7"), data: { disk: 7 } };
    expect(manager.calls[1]?.payload).toMatchObject({
      content: [{ content: { is_error: true, content } }],
    });
  });

  it("fails closed if a hook cannot run", async () => {
    const events: unknown[] = [];
    const manager = fakeManager({
      "cmf.tool_post_invoke": () => {
        throw new Error("manager is closed");
      },
    });
    const { call } = await connect(stand, manager, {
      onDeny: "tool_result",
      onResult: (event) => events.push(event),
    });
    const failure = await call({ name: "echo" }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: -32011, data: { code: "guard_failed" } });
    expect(String(failure)).not.toContain("manager");
    expect(events).toMatchObject([
      { method: "tools/call", point: "cmf.tool_pre_invoke", result: { continueProcessing: true } },
      { method: "tools/call", point: "cmf.tool_post_invoke", error: expect.any(Error) },
    ]);
  });
});

interface ToolCallMessage {
  readonly content: readonly [{ readonly content: { readonly arguments: object } }];
}
