import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { createMcpHandler } from "@modelcontextprotocol/server";
import { type AnyHookManager, createGuard, type GuardOptions } from "glassine/mcp";
import { describe, expect, it } from "vitest";
import { denial, fakeManager, gate, settle } from "./support/fake-manager.ts";
import { rawGuard, toolCall } from "./support/raw.ts";
import { createBackend, serverV2 } from "./support/servers.ts";

const version = "2026-07-28";

/** SDK v2 on both sides, in the 2026-07-28 era, over HTTP requests that stay in the process. */
async function connect(
  side: "client" | "server" | "neither",
  manager: AnyHookManager,
  options: GuardOptions = {},
) {
  const backend = createBackend();
  const guard = createGuard(manager, options);
  const plain = () => serverV2(backend);
  const handler = createMcpHandler(side === "server" ? guard.factory(plain) : plain);
  const http = new StreamableHTTPClientTransport(new URL("http://localhost/mcp"), {
    fetch: (url, init) => handler.fetch(new Request(url, init), { authInfo: undefined as never }),
  });
  const client = new Client(
    { name: "test", version: "1.0.0" },
    { versionNegotiation: { mode: { pin: version } } },
  );
  await client.connect(side === "client" ? guard.wrap(http) : http);
  return { client, backend };
}

describe.each(["client", "server"] as const)("MCP 2026-07-28, guarded on the %s side", (side) => {
  it("changes nothing when no plugin does", async () => {
    const manager = fakeManager();
    const guarded = await connect(side, manager);
    const bare = await connect("neither", manager);
    const ask = async ({ client }: typeof bare) => [
      await client.callTool({ name: "echo", arguments: { a: 1 } }),
      await client.getPrompt({ name: "brief", arguments: { who: "Ann" } }),
      await client.readResource({ uri: "file:///pier" }),
    ];
    expect(await ask(guarded)).toEqual(await ask(bare));
    expect(manager.names()).toHaveLength(6);
  });

  it("answers a denied tool with a result of that version", async () => {
    const manager = fakeManager({ "cmf.tool_pre_invoke": () => denial("no") });
    const { client, backend } = await connect(side, manager, { onDeny: "tool_result" });
    expect(await client.callTool({ name: "echo" })).toMatchObject({
      content: [{ type: "text", text: "no" }],
      isError: true,
    });
    expect(backend.asked).toEqual([]);
  });

  it("keeps the result type when a plugin replaces the content", async () => {
    const manager = fakeManager({
      tool_post_invoke: ({ name }: { name: string }) => ({
        changed: { name, result: { content: [{ type: "text", text: "redacted" }] } },
      }),
    });
    const { client } = await connect(side, manager);
    expect((await client.callTool({ name: "echo" })).content).toEqual([
      { type: "text", text: "redacted" },
    ]);
  });

  it("is cancelled when its request ends", async () => {
    const hold = gate();
    const reached = gate();
    const manager = fakeManager({
      "cmf.tool_pre_invoke": async () => {
        reached.open();
        await hold.wait;
        return undefined;
      },
    });
    const { client, backend } = await connect(side, manager);
    const abort = new AbortController();
    const pending = client
      .callTool({ name: "echo" }, { signal: abort.signal })
      .catch(() => "cancelled");
    await reached.wait;
    abort.abort("enough");
    expect(await pending).toBe("cancelled");
    hold.open();
    await settle();
    expect(backend.asked).toEqual([]);
  });
});

describe("the headers that mirror arguments", () => {
  const headers = {
    "Mcp-Param-Region": "eu-west",
    "Mcp-Param-Name": "=?base64?w4Vy?=",
    "Mcp-Param-Twice": "5",
    "Mcp-Param-Other": "unknown",
    "X-Other": "eu-west",
  };
  const args = { region: "eu-west", deep: { name: "År" }, a: 5, b: "5" };

  async function sentHeaders(changed: object | undefined) {
    const manager = fakeManager({
      ...(changed && { tool_pre_invoke: () => ({ changed: { name: "echo", args: changed } }) }),
    });
    const { raw, guard } = await rawGuard(manager);
    const options = { headers, requestSignal: new AbortController().signal };
    await guard.send(toolCall(1, args), options);
    return { options, sent: raw.sent[0]?.options as typeof options };
  }

  it("stay if the arguments do", async () => {
    const { options, sent } = await sentHeaders(undefined);
    expect(sent).toBe(options);
  });

  it("follow a plugin's changes, and are left out if ambiguous", async () => {
    const { options, sent } = await sentHeaders({
      region: "***",
      deep: { name: "Øy " },
      a: 6,
      b: "5",
    });
    expect(sent).toEqual({
      requestSignal: options.requestSignal,
      headers: {
        "Mcp-Param-Region": "***",
        "Mcp-Param-Name": "=?base64?w5h5IA==?=",
        "X-Other": "eu-west",
      },
    });
  });

  it("go with an argument that has become too long for a header", async () => {
    const written = (units: number) => sentHeaders({ ...args, region: "x".repeat(units) });
    expect((await written(8192)).sent.headers).toHaveProperty("Mcp-Param-Region");
    expect((await written(8193)).sent.headers).not.toHaveProperty("Mcp-Param-Region");
  });

  it("go with an argument that a plugin removed", async () => {
    const { sent } = await sentHeaders({ deep: args.deep, a: 5, b: "5" });
    expect(sent.headers).toEqual({
      "Mcp-Param-Name": "=?base64?w4Vy?=",
      "Mcp-Param-Twice": "5",
      "X-Other": "eu-west",
    });
  });
});

it("guards server/discover over stdio, in the one process that the client starts", async () => {
  const code = `
    import { McpServer } from "@modelcontextprotocol/server";
    import { serveStdio } from "@modelcontextprotocol/server/stdio";
    process.stderr.write("started ");
    serveStdio(() => new McpServer({ name: "test", version: "1" }, { instructions: "sent" }));
  `;
  const started: string[] = [];
  const connectTo = async (manager: AnyHookManager) => {
    const stdio = new StdioClientTransport({
      command: process.execPath,
      args: ["--input-type=module", "-e", code],
      stderr: "pipe",
    });
    stdio.stderr?.on("data", (chunk) => started.push(String(chunk)));
    const client = new Client(
      { name: "test", version: "1.0.0" },
      { versionNegotiation: { mode: { pin: version } } },
    );
    const wrapped = createGuard(manager).wrap(stdio);
    expect(wrapped).toBeInstanceOf(StdioClientTransport);
    await client.connect(wrapped);
    return client;
  };
  const manager = fakeManager({ "cmf.mcp_request": () => undefined });
  const client = await connectTo(manager);
  expect(client.getInstructions()).toBe("sent");
  expect(manager.calls[0]?.payload).toMatchObject({
    content: [{ content: { name: "server/discover" } }],
  });
  await client.close();
  expect(started.join("")).toBe("started ");
  const refused = connectTo(fakeManager({ "cmf.mcp_request": () => denial("not this server") }));
  await expect(refused).rejects.toThrow("did not offer");
});
