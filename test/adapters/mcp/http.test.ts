import {
  Client as ClientV2,
  StreamableHTTPClientTransport as NearV2,
} from "@modelcontextprotocol/client";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as NearV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { WebStandardStreamableHTTPServerTransport as FarV1 } from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js";
import { WebStandardStreamableHTTPServerTransport as FarV2 } from "@modelcontextprotocol/server";
import type { GuardedRequest } from "glassine/mcp";
import { describe, expect, it } from "vitest";
import { denial, fakeManager, settle } from "./support/fake-manager.ts";
import { guarded, toolCall } from "./support/raw.ts";
import { createBackend, serverV1, serverV2, type TestClient } from "./support/servers.ts";

const info = { name: "test", version: "1.0.0" };
const url = new URL("http://localhost/mcp");
const authInfo = { token: "t", clientId: "ann", scopes: [] };
const generator = { sessionIdGenerator: () => "session-7" };

/** Client and server over HTTP with a session and event streams, a guard on both sides. */
async function connect(
  sdk: "v1" | "v2",
  clientManager = fakeManager(),
  serverManager = fakeManager(),
) {
  const backend = createBackend();
  const asked: GuardedRequest[] = [];
  const envelope = (request: GuardedRequest) => {
    asked.push(request);
    return {};
  };
  const far = guarded(sdk === "v1" ? new FarV1(generator) : new FarV2(generator), serverManager, {
    envelope,
  });
  const fetch = (target: string | URL, init?: RequestInit) =>
    far.handleRequest(new Request(target, init), { authInfo });
  if (sdk === "v1") {
    await serverV1(backend).connect(far as FarV1);
    const near = guarded(new NearV1(url, { fetch }), clientManager);
    const client = new ClientV1(info);
    await client.connect(near as Parameters<ClientV1["connect"]>[0]);
    const call = (params: object, options: object) =>
      client.callTool(params as never, undefined, options);
    return { near, far, backend, asked, call, client: client as unknown as TestClient };
  }
  await serverV2(backend).connect(far as FarV2);
  const near = guarded(new NearV2(url, { fetch }), clientManager);
  const client = new ClientV2(info);
  await client.connect(near);
  const call = (params: object, options: object) => client.callTool(params as never, options);
  return { near, far, backend, asked, call, client: client as unknown as TestClient };
}

describe.each(["v1", "v2"] as const)("guards on both sides of HTTP, SDK %s", (sdk) => {
  it("carry results, progress and the session", async () => {
    const slow = () => fakeManager({ "cmf.tool_post_invoke": async () => void (await settle()) });
    const { near, far, call, client } = await connect(sdk, slow(), slow());
    const seen: number[] = [];
    const onprogress = ({ progress }: { progress: number }) => seen.push(progress);
    const answer = await call({ name: "slow", arguments: { a: 1 } }, { onprogress });
    expect(answer.structuredContent).toEqual({ args: { a: 1 } });
    expect(seen).toEqual([1, 2, 3]);
    expect([near.sessionId, far.sessionId]).toEqual(["session-7", "session-7"]);
    expect(near.protocolVersion).toBe("2025-11-25");
    expect((await client.getPrompt({ name: "brief" })).description).toBe("about nobody");
    await near.terminateSession();
    await client.close();
  });

  it("pass the host what the transport authenticated", async () => {
    const { asked, client } = await connect(sdk);
    await client.readResource({ uri: "file:///pier" });
    expect(asked).toMatchObject([
      { sessionId: "session-7", authInfo, requestInfo: { headers: expect.anything() } },
    ]);
    await client.close();
  });

  it("answer a request whose id is too long", async () => {
    const { far, backend, client } = await connect(sdk);
    const headers = {
      accept: "application/json, text/event-stream",
      "content-type": "application/json",
      "mcp-protocol-version": "2025-11-25",
      "mcp-session-id": "session-7",
    };
    const body = JSON.stringify(toolCall("x".repeat(1025)));
    const answer = await far.handleRequest(new Request(url, { method: "POST", headers, body }));
    expect(await answer.text()).toContain('"code":-32600');
    expect(backend.asked).toEqual([]);
    await client.close();
  });

  it("send a denial on the stream of its request", async () => {
    const { backend, client } = await connect(
      sdk,
      fakeManager(),
      fakeManager({
        "cmf.resource_pre_fetch": () => denial("no files"),
        "cmf.tool_post_invoke": () => denial("too secret"),
      }),
    );
    await expect(client.readResource({ uri: "file:///pier" })).rejects.toThrow("no files");
    await expect(client.callTool({ name: "echo" })).rejects.toThrow("too secret");
    expect(backend.asked).toMatchObject([{ method: "tools/call" }]);
    await client.close();
  });
});
