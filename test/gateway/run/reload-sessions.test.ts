/** What a reload means for sessions that are open. */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { definePlugin, deny } from "glassine";
import { describe, expect, it } from "vitest";
import { folderWith } from "../../support/folder.ts";
import { ada, type Before, gatewayBefore, stdioBefore } from "../attacks/support.ts";
import { callerOf, callOf, initialize, sessionOf } from "./support/caller.ts";
import type { Came } from "./support/fake-server.ts";

type Settings = Record<string, unknown>;

/** Reloads with other settings for every server, and for the gateway. */
async function reload(
  { gateway, parts }: Before,
  ofServers: Settings = {},
  whole: Settings = {},
): Promise<void> {
  const servers = Object.fromEntries(
    Object.entries(parts.config.servers ?? {}).map(([name, one]) => [
      name,
      { ...one, ...ofServers },
    ]),
  );
  await gateway.reload({ ...parts, config: { ...parts.config, servers, ...whole } } as never);
}

const tool = (description: string) => ({
  name: "x",
  description,
  inputSchema: { type: "object" },
});

describe("an open session has the settings of the last reload", () => {
  it("for definitions and their pins", async () => {
    const list = { tools: [tool("good")] };
    const definitionsFile = join(await folderWith({}), "definitions.json");
    const made = await gatewayBefore(undefined, { list, definitionsFile });
    const own = await sessionOf(made.url, ada);
    const tools = async () =>
      (await own.post({ jsonrpc: "2.0", id: "l", method: "tools/list" })).text;
    expect(await tools()).toContain("good");
    list.tools = [tool("evil")];
    expect(await tools()).toContain("evil");
    expect((await own.call(1)).code).toBeUndefined();
    await reload(made, { definitions: "refuse" });
    expect(await tools()).not.toContain("evil");
    expect((await own.call(2)).code).toBe("definition_changed");
    // Somebody reviewed the tool, and pinned it.
    const sha256 = "sha256:1c51c83cca402c4ae2c0f5531118a5ae2bd445b80bdf5ae892182c469999e35a";
    await writeFile(definitionsFile, JSON.stringify({ fake: { x: sha256 } }));
    await reload(made, { definitions: "refuse" });
    expect(await tools()).toContain("evil");
    expect((await own.call(3)).code).toBeUndefined();
  });

  it("and what changed before stays changed", async () => {
    const list = { tools: [tool("good")] };
    const made = await gatewayBefore(undefined, { list });
    await reload(made, { definitions: "refuse" });
    const own = await sessionOf(made.url, ada);
    const tools = () => own.post({ jsonrpc: "2.0", id: "l", method: "tools/list" });
    await tools();
    list.tools = [tool("evil")];
    await tools();
    expect((await own.call(1)).code).toBe("definition_changed");
    await reload(made, { definitions: "refuse" });
    expect((await own.call(2)).code).toBe("definition_changed");
    list.tools = [tool("good")];
    expect((await tools()).text).not.toContain("good");
    expect((await (await sessionOf(made.url, ada)).call(1)).code).toBe("definition_changed");
  });

  it("for labels, the tenant, and how a denial is answered", async () => {
    const ofTenant = definePlugin({
      name: "tenant",
      version: "1.0.0",
      hooks: {
        "cmf.tool_pre_invoke": {
          conditions: { tenants: ["acme"] },
          handler: () => deny({ code: "acme_refused", reason: "Not acme." }),
        },
      },
    });
    const made = await gatewayBefore(undefined, { tenant: "other" }, [ofTenant]);
    const own = await sessionOf(made.url, ada);
    expect((await own.call(1)).code).toBeUndefined();
    await reload(made, {}, { tenant: "acme" });
    expect((await own.call(2)).code).toBe("acme_refused");
    await reload(made, { onDeny: "tool_result" }, { tenant: "acme" });
    expect((await own.call(3)).messages).toMatchObject([{ id: 3, result: { isError: true } }]);
    await reload(made, {}, { tenant: "other" });
    expect((await own.call(4)).code).toBeUndefined();
  });

  it("for what passes without a plugin", async () => {
    const seen: string[] = [];
    const witness = definePlugin({
      name: "witness",
      version: "1.0.0",
      hooks: { "cmf.mcp_response": () => void seen.push("list") },
    });
    const made = await gatewayBefore(undefined, { pass: ["tokens", "lists", "handshake"] }, [
      witness,
    ]);
    const own = await sessionOf(made.url, ada);
    const list = { jsonrpc: "2.0", id: 1, method: "tools/list" };
    await own.post(list);
    expect(seen).toEqual([]);
    await reload(made, { pass: ["tokens"] });
    await own.post({ ...list, id: 2 });
    expect(seen).toEqual(["list"]);
  });

  it("for how long a server may take", async () => {
    const made = await gatewayBefore(() => {});
    const own = await sessionOf(made.url, ada);
    await reload(made, { timeoutMs: 20 });
    expect((await own.call(1)).code).toBe("peer_timeout");
  });
});

describe.each([1, 2])("in front of %i servers, a session", (count) => {
  const name = count === 1 ? "x" : "fake__x";

  it("goes on where the way to them is the same", async () => {
    const made = await gatewayBefore(undefined, { count });
    const own = await sessionOf(made.url, ada);
    const other = { url: "http://127.0.0.1:1/mcp" };
    await reload(made);
    await reload(made, {}, { servers: { ...made.parts.config.servers, other } });
    expect((await own.call(1, { name })).messages).toMatchObject([{ id: 1, result: {} }]);
    expect(made.server.of("initialize")).toHaveLength(count);
  });

  it("ends with a server that a reload removed, or reaches in another way", async () => {
    const waiting: Came[] = [];
    const made = await gatewayBefore((came) => void waiting.push(came), { count });
    const { servers = {} } = made.parts.config;
    const { fake, ...rest } = servers;
    const changes = [
      { servers: { ...rest, new: fake } },
      { servers: { ...servers, fake: { ...fake, headers: { "x-key": "new" } } } },
    ];
    for (const change of changes) {
      await reload(made);
      const own = await sessionOf(made.url, ada);
      const open = own.call(1, { name });
      await expect.poll(() => waiting.splice(0).length).toBe(1);
      await reload(made, {}, change);
      expect((await open).code).toBe("session_unknown");
      expect(await own.call(2, { name })).toMatchObject({ status: 404, code: "session_unknown" });
      expect((await callerOf(made.url, ada).post(initialize)).status).toBe(200);
    }
    expect(waiting).toEqual([]);
  });
});

it("a subscription ends with its server, and an exchange goes on", async () => {
  const waiting: Came[] = [];
  const made = await gatewayBefore((came) => void waiting.push(came));
  const _meta = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
  };
  const ask = (method: string, params: object, headers: Record<string, string>) =>
    callerOf(made.url, ada).post(
      { jsonrpc: "2.0", id: 1, method, params: { ...params, _meta } },
      { headers: { "mcp-protocol-version": "2026-07-28", "mcp-method": method, ...headers } },
    );
  const listening = ask("subscriptions/listen", { notifications: {} }, {});
  await expect.poll(() => waiting.length).toBe(1);
  const calling = ask("tools/call", { name: "x", arguments: {} }, { "mcp-name": "x" });
  await expect.poll(() => waiting.length).toBe(2);
  await reload(made, {}, { servers: { other: { url: made.server.url } } });
  expect((await listening).code).toBe("peer_unreachable");
  waiting[1]?.answer("fine");
  expect((await calling).messages).toMatchObject([{ id: 1, result: {} }]);
});

it("over stdio a reload cannot change how servers are reached", async () => {
  const made = await stdioBefore();
  const { servers = {} } = made.parts.config;
  const change = { servers: { ...servers, other: { url: "http://127.0.0.1:1/mcp" } } };
  await expect(reload(made, {}, change)).rejects.toMatchObject({
    data: { configProblems: [{ path: "servers" }] },
  });
  await reload(made, { onDeny: "tool_result" });
  made.send(callOf("after"));
  await expect.poll(() => JSON.stringify(made.said)).toContain("fine");
});

it("over stdio a reload may name the servers in another order", async () => {
  const made = await stdioBefore(undefined, { count: 2 });
  const { servers = {} } = made.parts.config;
  await reload(made, {}, { servers: Object.fromEntries(Object.entries(servers).reverse()) });
  made.send(callOf("after", { name: "fake__x" }));
  await expect.poll(() => JSON.stringify(made.said)).toContain("fine");
});
