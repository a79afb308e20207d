// Only in test:all: it starts real servers.
/** What a reload accepts, what it refuses, and what it leaves behind. */
import { generateKeyPairSync } from "node:crypto";
import { symlink } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { createPluginManager, definePlugin, deny } from "glassine";
import type { ConfigInput } from "glassine/gateway";
import { describe, expect, it } from "vitest";
import { afterTest } from "../../support/cleanup.ts";
import { folderWith } from "../../support/folder.ts";
import { ada, gatewayBefore, stdioBefore } from "../attacks/support.ts";
import { callerOf, callOf, initialize, sessionOf } from "./support/caller.ts";
import type { Came } from "./support/fake-server.ts";
import { type Started, startGateway } from "./support/gateway.ts";

/** Reloads with the current configuration and a change. */
function reload({ gateway, parts }: Started, change: object): Promise<void> {
  return gateway.reload({ ...parts, config: { ...parts.config, ...change } });
}

const otherServer = { other: { url: "http://127.0.0.1:1/mcp" } };

describe("a reload that needs a new start is refused, and changes nothing", () => {
  it.each<[string, object]>([
    ["listen", { listen: { port: 2 } }],
    ["listen", { listen: undefined, identity: {} }],
    ["admin", { admin: { port: 0 } }],
    ["tracing", { tracing: true }],
    ["labels.store", { labels: { store: { redis: "redis://127.0.0.1" } } }],
  ])("%s", async (path, change) => {
    const made = await gatewayBefore();
    await expect(reload(made, { servers: otherServer, ...change })).rejects.toMatchObject({
      code: "config_invalid",
      data: { configProblems: [{ path, text: "can only be changed by a restart." }] },
    });
    expect(made.gateway.generation).toBe(1);
    const { messages } = await (await sessionOf(made.url, ada)).call(1);
    expect(messages).toMatchObject([{ id: 1, result: {} }]);
  });

  it("over stdio whoever started the gateway", async () => {
    const made = await stdioBefore();
    await expect(reload(made, { identity: { local: { id: "ada" } } })).rejects.toMatchObject({
      data: { configProblems: [{ path: "identity.local" }] },
    });
  });

  it("an identity that does not suit the address", async () => {
    const made = await gatewayBefore();
    const missing = {
      jwt: {
        issuer: "https://a.test",
        audience: "https://b.test",
        algorithms: ["ES256"],
        keys: { file: "/nowhere.json" },
      },
    };
    await expect(reload(made, { identity: missing })).rejects.toMatchObject({
      code: expect.stringMatching(/^config_/),
    });
    expect((await sessionOf(made.url, ada)).session).not.toBe("none");
  });
});

describe("a reload takes", () => {
  it("who is asking, and hides the headers that say so from sessions that go on", async () => {
    const seen: string[] = [];
    const made = await gatewayBefore((came) => {
      seen.push(String(came.request.headers["x-user"]));
      came.answer("fine");
    });
    const before = await sessionOf(made.url, ada);
    const identity = { trustedHeaders: { from: ["127.0.0.1"], subject: "x-person" } };
    await reload(made, { identity });
    expect((await before.call(1)).status).toBe(403);
    const own = { "x-person": "ada" };
    expect((await callerOf(made.url, own).post(initialize)).status).toBe(200);
    const goesOn = callerOf(made.url, { ...own, "mcp-session-id": before.session });
    expect((await goesOn.call(2)).messages).toMatchObject([{ id: 2, result: {} }]);
    expect(seen).toEqual(["undefined"]);
  });

  it("limits of requests, bodies and sessions", async () => {
    const made = await gatewayBefore();
    const before = await sessionOf(made.url, ada);
    const limits = { messageBytes: 2048, sessionsPerSubject: 1 };
    await reload(made, { limits });
    const large = { arguments: { text: "x".repeat(2048) } };
    expect((await before.call(1, large)).code).toBe("message_too_large");
    expect((await callerOf(made.url, ada).post(initialize)).code).toBe("too_many_sessions");
    await reload(made, { limits: { requestsPerMinute: 1 } });
    const codes = [await before.call(2), await before.call(3)].map(({ code }) => code);
    expect(codes.at(-1)).toBe("rate_limited");
  });
});

/** A manager that refuses every call with its own name as the reason. */
async function managerOf(name: string) {
  const hooks = { "cmf.tool_pre_invoke": () => deny({ code: name, reason: name }) };
  const manager = await createPluginManager({
    plugins: [definePlugin({ name, version: "1.0.0", hooks })],
  });
  afterTest(() => manager.close());
  return manager;
}

describe("open sessions have the plugins of the last reload", () => {
  it("over HTTP", async () => {
    const made = await gatewayBefore();
    const own = await sessionOf(made.url, ada);
    for (const name of ["second", "third", "fourth"]) {
      await made.gateway.reload({ ...made.parts, manager: await managerOf(name) });
      expect((await own.call(name)).text).toContain(`"${name}"`);
    }
  });

  it("over stdio", async () => {
    const made = await stdioBefore();
    for (const name of ["second", "third"]) {
      await made.gateway.reload({ ...made.parts, manager: await managerOf(name) });
      made.send(callOf(name));
      await expect.poll(() => JSON.stringify(made.said)).toContain(`"${name}"`);
    }
  });
});

it("the plugins before a reload are given back when the last request that uses them has ended", async () => {
  const waiting: Came[] = [];
  const made = await gatewayBefore((came) => void waiting.push(came));
  const unused: string[] = [];
  const parts = (name: string) => ({ ...made.parts, onUnused: () => void unused.push(name) });
  await made.gateway.reload(parts("second"));
  const own = await sessionOf(made.url, ada);
  const asked = own.call(1);
  await expect.poll(() => waiting.length).toBe(1);
  await made.gateway.reload(parts("third"));
  await made.gateway.reload(parts("fourth"));
  await expect.poll(() => unused).toEqual(["third"]);
  waiting[0]?.answer("fine");
  expect((await asked).messages).toMatchObject([{ id: 1, result: {} }]);
  await expect.poll(() => unused).toEqual(["third", "second"]);
  expect(made.gateway.counts()).toMatchObject({ open: 0, aborted: 0, errored: 0 });
});

it("of two reloads at once, the one that was asked for last stays in effect", async () => {
  const made = await gatewayBefore();
  const key = generateKeyPairSync("ed25519").publicKey.export({ type: "spki", format: "pem" });
  const file = join(await folderWith({ "key.pem": String(key) }), "key.pem");
  const names = { issuer: "https://a.test", audience: "https://b.test" };
  const jwt = { ...names, algorithms: ["EdDSA"], keys: { file } };
  // The first takes longer, since it reads a file.
  await Promise.all([reload(made, { identity: { jwt } }), reload(made, {})]);
  expect((await callerOf(made.url, ada).post(initialize)).status).toBe(200);
});

const small = {
  command: process.execPath,
  args: [fileURLToPath(new URL("./support/small-server.mjs", import.meta.url))],
};

/** A call of MCP 2026-07-28 to a server that is a process; returns the answer. */
async function exchange(url: URL, name: string): Promise<string> {
  const _meta = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
  };
  const headers = {
    "mcp-protocol-version": "2026-07-28",
    "mcp-method": "tools/call",
    "mcp-name": name,
  };
  const { messages } = await callerOf(url).post(callOf(1, { name, _meta }), { headers });
  const { result } = (messages[0] ?? {}) as { result?: { content: [{ text: string }] } };
  return result?.content[0].text ?? JSON.stringify(messages);
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe("processes that exchanges share", () => {
  async function gatewayTo(servers: ConfigInput["servers"] = { small }) {
    const made = await startGateway({ servers });
    afterTest(made.close);
    return made;
  }

  it("end with the configuration that started them", async () => {
    const made = await gatewayTo();
    const first = Number(await exchange(made.url, "answer"));
    expect(Number(await exchange(made.url, "answer"))).toBe(first);
    await reload(made, {});
    await expect.poll(() => isAlive(first)).toBe(false);
    const second = Number(await exchange(made.url, "answer"));
    expect([second === first, isAlive(second)]).toEqual([false, true]);
  });

  it("end when the last exchange that uses them does", async () => {
    const made = await gatewayTo({ small: { ...small, timeoutMs: 1000 } });
    const pid = Number(await exchange(made.url, "answer"));
    const hanging = exchange(made.url, "hang");
    await expect.poll(() => made.gateway.counts().open).toBe(1);
    await reload(made, {});
    expect(isAlive(pid)).toBe(true);
    expect(await hanging).toContain("peer_timeout");
    await expect.poll(() => isAlive(pid)).toBe(false);
  });

  it("are started anew where they could not be started before", async () => {
    const command = join(await folderWith({}), "server");
    const made = await gatewayTo({ small: { ...small, command } });
    expect(await exchange(made.url, "answer")).toContain("server_unavailable");
    await symlink(process.execPath, command);
    expect(await exchange(made.url, "answer")).toMatch(/^\d+$/);
  });
});

it("brings another log, which has the lines about later requests", async () => {
  const command = join(await folderWith({}), "server");
  const made = await startGateway({ servers: { small: { ...small, command } } });
  afterTest(made.close);
  const events: string[] = [];
  const line = (event: string) => void events.push(event);
  const log = { info: line, warn: line, error: line };
  await made.gateway.reload({ ...made.parts, log });
  expect(await exchange(made.url, "answer")).toContain("server_unavailable");
  expect(events).toContain("server_unavailable");
});

describe("the limit on a server's processes holds across reloads", () => {
  async function full(more: object = {}) {
    const made = await startGateway({
      servers: { small: { ...small, ...more } },
      limits: { children: 1 },
    });
    afterTest(made.close);
    const refused = async () => {
      const { code } = await callerOf(made.url).post(initialize);
      return code === "too_many_sessions";
    };
    return { ...made, refused };
  }

  it("and a session that ends leaves its place to one other", async () => {
    const made = await full();
    const first = await sessionOf(made.url);
    for (const _ of [1, 2]) {
      await reload(made, {});
      expect(await made.refused()).toBe(true);
    }
    await first.post(undefined, { method: "DELETE" });
    const second = await sessionOf(made.url);
    expect(await made.refused()).toBe(true);
    // What the reloads replaced has closed, but not this session's process.
    expect((await second.call(1, { name: "answer" })).messages).toMatchObject([{ result: {} }]);
    expect(await made.refused()).toBe(true);
  });

  it("and an exchange in progress keeps its place until it ends", async () => {
    const made = await full({ timeoutMs: 1000 });
    const hanging = exchange(made.url, "hang");
    await expect.poll(() => made.gateway.counts().open).toBe(1);
    await reload(made, {});
    expect(await exchange(made.url, "answer")).toContain("too_many_sessions");
    expect(await hanging).toContain("peer_timeout");
    await expect.poll(() => exchange(made.url, "answer")).toMatch(/^\d+$/);
    // A session takes the place of a process that nobody uses.
    expect(await made.refused()).toBe(false);
    expect(await made.refused()).toBe(true);
  });

  it("and the sessions that a reload ends leave their places to new ones", async () => {
    const made = await full();
    await sessionOf(made.url);
    await reload(made, { servers: { small: { ...small, env: { OTHER: "1" } } } });
    await expect.poll(made.refused).toBe(false);
    expect(await made.refused()).toBe(true);
  });
});
