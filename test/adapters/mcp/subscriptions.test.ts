/** Subscriptions of MCP 2026-07-28, with SDK v2 on both sides. */
import {
  Client,
  InMemoryTransport,
  StreamableHTTPClientTransport,
} from "@modelcontextprotocol/client";
import { createMcpHandler, Server } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import { createGuard, type GuardOptions } from "glassine/mcp";
import { describe, expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";
import { denial, fakeManager, gate, settle } from "./support/fake-manager.ts";
import { notification, rawGuard, request, toolCall, toolResult } from "./support/raw.ts";

const info = { name: "test", version: "1.0.0" };
const wanted = { toolsListChanged: true };

function factory() {
  const server = new Server(info, { capabilities: { tools: { listChanged: true } } });
  server.setRequestHandler("tools/list", () => ({ tools: [] }));
  return server;
}

function newClient() {
  return new Client(info, { versionNegotiation: { mode: { pin: "2026-07-28" } } });
}

function guardWith(points: readonly string[], options: GuardOptions = {}) {
  const warnings: string[] = [];
  const manager = fakeManager(Object.fromEntries(points.map((point) => [point, () => undefined])));
  const onWarning = (text: string) => void warnings.push(text);
  return { manager, warnings, guard: createGuard(manager, { onWarning, ...options }) };
}

function overHttp(handler: ReturnType<typeof createMcpHandler>) {
  return new StreamableHTTPClientTransport(new URL("http://localhost/mcp"), {
    fetch: (url, init) => handler.fetch(new Request(url, init)),
  });
}

describe("a subscription to a server that a guard's factory made", () => {
  it.each(["cmf.mcp_request", "cmf.mcp_notification"])(
    "is refused over HTTP if a plugin listens at %s",
    async (point) => {
      verifies("mcp:guard-factory");
      const { guard, warnings } = guardWith([point]);
      const errors: Error[] = [];
      const onerror = (error: Error) => void errors.push(error);
      const client = newClient();
      await client.connect(overHttp(createMcpHandler(guard.factory(factory), { onerror })));
      expect((await client.listTools()).tools).toEqual([]);
      expect([errors, warnings]).toEqual([[], []]);
      await expect(client.listen(wanted)).rejects.toThrow("Internal server error");
      await expect(client.listen(wanted)).rejects.toThrow();
      expect(warnings).toEqual([expect.stringContaining("refuses subscriptions/listen")]);
      expect(errors[0]).toMatchObject({ code: "options_invalid", message: warnings[0] });
      await client.close();
    },
  );

  it("is accepted over HTTP if no plugin listens, or the messages may pass unseen", async () => {
    verifies("mcp:guard-factory");
    for (const { guard, warnings } of [
      guardWith(["cmf.mcp_response"]),
      guardWith(["cmf.mcp_request", "cmf.mcp_notification"], { pass: ["other", "notifications"] }),
    ]) {
      const client = newClient();
      await client.connect(overHttp(createMcpHandler(guard.factory(factory))));
      expect((await client.listen(wanted)).honoredFilter).toEqual(wanted);
      expect(warnings).toEqual([]);
      await client.close();
    }
  });

  it("causes a warning over stdio, where a wrapped transport shows it", async () => {
    verifies("mcp:guard-factory");
    const { guard, warnings } = guardWith(["cmf.mcp_request"]);
    const [near, far] = InMemoryTransport.createLinkedPair();
    serveStdio(guard.factory(factory), { transport: far });
    const client = newClient();
    await client.connect(near);
    expect(warnings).toEqual([expect.stringContaining("does not see subscriptions")]);
    await client.close();

    const refusing = createGuard(
      fakeManager({
        "cmf.mcp_request": (message: { content: [{ content: { name: string } }] }) =>
          message.content[0].content.name === "subscriptions/listen" ? denial("no") : undefined,
      }),
    );
    const [other, end] = InMemoryTransport.createLinkedPair();
    serveStdio(factory, { transport: refusing.wrap(end) });
    const second = newClient();
    await second.connect(other);
    await expect(second.listen(wanted)).rejects.toThrow("no");
    await second.close();
  });
});

describe("the end of a subscription through a guarded client", () => {
  it.each(["cmf.mcp_response", "cmf.mcp_notification"])(
    "is graceful, also if plugins judge %s later",
    async (point) => {
      const client = newClient();
      const handler = createMcpHandler(factory);
      const guard = createGuard(fakeManager({ [point]: () => settle().then(() => undefined) }));
      let changes = 0;
      client.setNotificationHandler("notifications/tools/list_changed", () => void changes++);
      await client.connect(guard.wrap(overHttp(handler)));
      const { closed } = await client.listen(wanted);
      handler.notify.toolsChanged();
      await handler.close();
      expect([await closed, changes]).toEqual(["graceful", 1]);
      await client.close();
    },
  );

  it("is reported at once if nothing is being judged", async () => {
    const { raw, guard } = await rawGuard(fakeManager());
    let ends = 0;
    const onRequestStreamEnd = () => void ends++;
    await guard.send(request(1, "subscriptions/listen"), { onRequestStreamEnd, other: 1 });
    const options = raw.sent[0]?.options as { onRequestStreamEnd(): void };
    expect(options).toMatchObject({ other: 1 });
    options.onRequestStreamEnd();
    expect(ends).toBe(1);
  });

  it("is reported after its own answer and all notifications, but not after other answers", async () => {
    const gates: { open(): void }[] = [];
    const judge = async () => {
      const own = gate();
      gates.push(own);
      await own.wait;
      return undefined;
    };
    const manager = fakeManager({ "cmf.tool_post_invoke": judge, "cmf.mcp_notification": judge });
    const { raw, guard, peer, received } = await rawGuard(manager);
    const ended: unknown[] = [];
    for (const id of [1, 2, 3])
      await guard.send(toolCall(id), { onRequestStreamEnd: () => void ended.push(id) });
    // Their gates are 0 to 3. Nothing answers request 3.
    peer(toolResult(1, "a"));
    peer(toolResult(2, "a"));
    peer(notification("notifications/message", { data: "a" }));
    peer(notification("notifications/message", { data: "b" }));
    for (const { options } of raw.sent)
      (options as { onRequestStreamEnd(): void }).onRequestStreamEnd();
    const opened = async (at: number) => {
      await settle();
      gates[at]?.open();
      await settle();
      return [...ended];
    };
    expect(await opened(2)).toEqual([]);
    expect(received()).toHaveLength(1);
    expect(await opened(3)).toEqual([3]);
    expect(await opened(1)).toEqual([3, 2]);
    expect(await opened(0)).toEqual([3, 2, 1]);
    expect(received()).toHaveLength(4);
  });
});
