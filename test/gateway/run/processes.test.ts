// Only in test:all: it starts processes.
/** Servers that are processes, and what happens to their callers when they fail. */
import { rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { definePlugin } from "glassine";
import { describe, expect, it, vi } from "vitest";
import { attack } from "../../attacks/attack.ts";
import { afterTest } from "../../support/cleanup.ts";
import { folderWith } from "../../support/folder.ts";
import { loggedBy } from "../attacks/support.ts";
import { exchange, exchangeOf } from "../router/support/servers.ts";
import { type Caller, callerOf, initialize, sessionOf } from "./support/caller.ts";
import { keptLog, type Started, startGateway } from "./support/gateway.ts";
import { judgeAll, slowJudge } from "./support/slow-judge.ts";

const small = {
  command: process.execPath,
  args: [fileURLToPath(new URL("./support/small-server.mjs", import.meta.url))],
};

async function connected(
  config: Parameters<typeof startGateway>[0],
): Promise<Started & { call(name: string): Promise<string>; readonly client: Client }> {
  const made = await startGateway(config);
  afterTest(made.close);
  const client = new Client({ name: "test", version: "1.0.0" });
  await client.connect(new StreamableHTTPClientTransport(made.url) as never);
  afterTest(() => client.close());
  const call = async (name: string) => {
    const { content } = await client.callTool({ name });
    return (content as [{ text: string }])[0].text;
  };
  return { ...made, client, call };
}

const events = ({ log }: Started) => log.lines.map(({ event }) => event);

it("starts a process again that died, and answers whoever waited for it", async () => {
  const made = await connected({ servers: { small } });
  const before = await made.call("answer");
  await expect(made.call("die")).rejects.toMatchObject({
    code: -32014,
    data: { code: "peer_died" },
  });
  const after = await made.call("answer");
  expect(after).not.toBe(before);
  expect(events(made)).toEqual(expect.arrayContaining(["server_died", "server_restarted"]));
  expect(made.gateway.counts().open).toBe(0);
});

it("a process that a reload did not end logs to the new log", async () => {
  const made = await connected({ servers: { small } });
  const log = keptLog();
  await made.gateway.reload({ ...made.parts, log });
  await expect(made.call("die")).rejects.toMatchObject({ data: { code: "peer_died" } });
  expect(log.lines).toContainEqual(
    expect.objectContaining({
      event: "server_died",
      fields: expect.objectContaining({ server: "small", generation: 2 }),
    }),
  );
});

attack(
  "A-305",
  "Use the id of another anonymous caller's open request to a process that both share",
  "each gets its own answer: requests to the process get new ids",
  () => {
    it("with the newer request answered first", async () => {
      const lastFirst = `const calls = [];
        const answer = ({ id, text }) => console.log(JSON.stringify({
          jsonrpc: "2.0", id, result: { resultType: "complete", content: [{ type: "text", text }] },
        }));
        require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
          const { id, method, params } = JSON.parse(line);
          if (method !== "tools/call") return;
          calls.unshift({ id, text: params.arguments.who + " in " + process.pid });
          if (calls.length === 2) calls.forEach(answer);
        });`;
      const held = { command: process.execPath, args: ["-e", lastFirst] };
      const { url, close } = await startGateway({ servers: { held } });
      afterTest(close);
      const ask = (who: string) =>
        exchange(callerOf(url), "tools/call", { name: "x", arguments: { who } });
      type Said = { readonly content: readonly [{ readonly text: string }] };
      const said = await Promise.all(["ada", "eve"].map(ask));
      const texts = said.map(({ result }) => (result as Said).content[0].text.split(" in "));
      expect(texts.map(([who]) => who)).toEqual(["ada", "eve"]);
      expect(new Set(texts.map(([, pid]) => pid)).size).toBe(1);
    });
  },
);

it.each([
  [
    "a session",
    async (url: URL) => {
      const caller = await sessionOf(url);
      return (id: number) => caller.call(id, { name: "large" });
    },
  ],
  ["exchanges", async (url: URL) => () => exchange(callerOf(url), "tools/call", { name: "large" })],
])("a process with results for %s is not read while too many are judged", async (_, askAt) => {
  const { judging, plugin } = slowJudge();
  // Of results of 5,070 bytes, three fit.
  const limits = { messageBytes: 6000, inFlightBytes: 18_000 };
  const { url, close } = await startGateway({ servers: { small }, limits }, [plugin]);
  afterTest(close);
  const ask = await askAt(url);
  const open = Array.from({ length: 6 }, (_unused, id) => ask(id));
  await judgeAll(judging, 6, 3);
  for (const said of await Promise.all(open)) expect(JSON.stringify(said)).toContain("xxxx");
});

it("a process that died is noticed while results of others are judged", async () => {
  const { judging, plugin } = slowJudge();
  const limits = { messageBytes: 6000, inFlightBytes: 12_000 };
  const made = await startGateway({ servers: { small }, limits }, [plugin]);
  afterTest(made.close);
  const [one, other] = await Promise.all([sessionOf(made.url), sessionOf(made.url)]);
  const large = [1, 2].map((id) => one.call(id, { name: "large" }));
  await expect.poll(() => judging.length).toBe(2);
  const late = other.call(3, { name: "large" });
  const died = other.call(4, { name: "die" });
  await expect.poll(() => events(made)).toContain("server_died");
  await expect.poll(() => judging.length).toBe(4);
  for (const done of judging) done();
  for (const said of await Promise.all([...large, late])) expect(said.code).toBeUndefined();
  expect((await died).code).toBe("peer_died");
});

it("waits at its end for a process whose caller has just left", async () => {
  const made = await connected({ servers: { small } });
  const pid = Number(await made.call("stay"));
  const left = (made.client.transport as StreamableHTTPClientTransport).terminateSession();
  await expect.poll(() => made.gateway.counts().open).toBe(0);
  await left;
  await made.gateway.close();
  expect(() => process.kill(pid, 0)).toThrow("ESRCH");
});

it("gives no answer to a question of a process that died to the next one's", async () => {
  const onlooker = definePlugin({
    name: "onlooker",
    version: "1.0.0",
    hooks: { message_pre_invoke: () => undefined },
  });
  const made = await startGateway({ servers: { small } }, [onlooker]);
  afterTest(made.close);
  const client = new Client(
    { name: "test", version: "1.0.0" },
    { capabilities: { elicitation: {} } },
  );
  const asked: { message: string; signal: AbortSignal; answer(result: object): void }[] = [];
  client.setRequestHandler(ElicitRequestSchema, ({ params: { message } }, { signal }) => {
    return new Promise((answer) => void asked.push({ message, signal, answer }));
  });
  await client.connect(new StreamableHTTPClientTransport(made.url) as never);
  afterTest(() => client.close());
  const ask = (message: string) => {
    const args = { message, requestedSchema: { type: "object", properties: {} } };
    return client.callTool({ name: "ask", arguments: args });
  };
  const first = ask("May I read?").catch((error: { data: unknown }) => error.data);
  await expect.poll(() => asked.length).toBe(1);
  await client.callTool({ name: "die" }).catch(() => {});
  expect(await first).toEqual({ code: "peer_died" });
  await expect.poll(() => asked[0]?.signal.aborted).toBe(true);
  expect(made.gateway.counts().open).toBe(0);
  const second = ask("May I delete?");
  await expect.poll(() => asked.length).toBe(2);
  asked[0]?.answer({ action: "accept", content: {} });
  asked[1]?.answer({ action: "decline" });
  expect(await second).toMatchObject({ content: [{ text: '{"action":"decline"}' }] });
});

it("refuses at once what it cannot send to a server that does not start again", async () => {
  const command = join(await folderWith({}), "server");
  await symlink(process.execPath, command);
  const made = await connected({ servers: { small: { ...small, command } } });
  const before = await made.call("answer");
  await rm(command);
  const died = made.call("die").catch((error: { data: unknown }) => error.data);
  await expect.poll(() => events(made)).toContain("server_died");
  expect(await died).toEqual({ code: "peer_died" });
  // These fail at once, instead of waiting a minute for their deadline.
  for (const _ of [1, 2])
    await expect(made.call("answer")).rejects.toMatchObject({
      code: -32014,
      data: { code: "peer_unreachable" },
    });
  await symlink(process.execPath, command);
  await expect.poll(() => events(made)).toContain("server_restarted");
  expect(await made.call("answer")).not.toBe(before);
  expect(made.gateway.counts().open).toBe(0);
});

it("answers a request that its server does not", async () => {
  const made = await connected({ servers: { small: { ...small, timeoutMs: 3000 } } });
  await expect(made.call("hang")).rejects.toMatchObject({
    code: -32014,
    data: { code: "peer_timeout" },
  });
  expect(await made.call("answer")).toMatch(/^\d+$/);
});

it("says once of each process that it may hang, and starts it again when it is ended", async () => {
  const made = await connected({ servers: { small: { ...small, timeoutMs: 2000 } } });
  const silent = () => loggedBy(made, "server_silent");
  const late = { data: { code: "peer_timeout" } };
  const before = await made.call("answer");
  const waits = made.call("hang");
  await made.call("answer");
  await expect(waits).rejects.toMatchObject(late);
  expect(silent()).toEqual([]);
  for (const name of ["spin", "answer"]) await expect(made.call(name)).rejects.toMatchObject(late);
  expect(silent()).toMatchObject([
    { server: "small", pid: Number(before), text: expect.stringContaining("end it") },
  ]);
  process.kill(Number(before), "SIGKILL");
  await expect.poll(() => events(made)).toContain("server_restarted");
  const after = await made.call("answer");
  await expect(made.call("spin")).rejects.toMatchObject(late);
  expect(silent().map(({ pid }) => pid)).toEqual([Number(before), Number(after)]);
});

it("drops what answers nothing, and says so", async () => {
  const made = await connected({ servers: { small } });
  for (const name of ["twice", "stranger"]) expect(await made.call(name)).toMatch(/^\d+$/);
  expect(events(made).filter((event) => event === "message_dropped")).toHaveLength(2);
});

it("keeps the secrets of a server out of the log, and the content of its messages", async () => {
  const made = await connected({ servers: { small: { ...small, env: { TOKEN: { env: "T" } } } } });
  expect(await made.call("confess")).toMatch(/^\d+$/);
  await expect.poll(() => events(made)).toContain("server_stderr");
  const texts = made.log.lines.flatMap(({ fields }) => fields.text ?? []);
  expect(texts).toEqual(
    expect.arrayContaining([
      "here: [REDACTED], password=[REDACTED]",
      "a line of 8 characters that is not JSON",
    ]),
  );
  expect(JSON.stringify(made.log.lines)).not.toContain("a secret");
});

describe("an answer that is too large is refused", () => {
  const limits = { messageBytes: 4000 };
  const tooLarge = { data: { code: "peer_too_large" } };

  it.each(["large", "large-last"])("and nothing else is: %s", async (name) => {
    const made = await connected({ servers: { small }, limits });
    const before = await made.call("answer");
    const other = made.call("wait");
    await expect(made.call(name)).rejects.toMatchObject(tooLarge);
    expect(await made.call("release")).toBe(before);
    expect(await other).toBe(before);
    expect(events(made)).not.toContain("server_died");
  });

  it.each(["large-hidden", "endless"])(
    "and its server ended where it is not known whose it is: %s",
    async (name) => {
      const made = await connected({ servers: { small }, limits });
      const before = await made.call("answer");
      await expect(made.call(name)).rejects.toMatchObject(tooLarge);
      // At once: it waits for the new process.
      expect(await made.call("answer")).not.toBe(before);
      expect(events(made)).toContain("server_restarted");
      const codes = await Promise.all(
        ["wait", name].map((each) => made.call(each).catch(({ data }) => data.code)),
      );
      expect(codes).toEqual(["peer_died", "peer_died"]);
    },
  );
});

it("says how a server ended, and counts what it did not answer as errored", async () => {
  const made = await connected({ servers: { small } });
  await expect(made.call("die")).rejects.toMatchObject({ data: { code: "peer_died" } });
  const { lines } = made.log;
  const of = (name: string) => lines.filter(({ event }) => event === name);
  expect(of("server_exited")).toMatchObject([{ fields: { server: "small", text: "with code 7" } }]);
  const call = of("request").find(({ fields }) => fields.method === "tools/call");
  expect(call?.fields).toMatchObject({ outcome: "errored", code: "peer_died" });
});

it("passes over what a server prints that is no message", async () => {
  const made = await connected({ servers: { small } });
  expect(await made.call("noise")).toMatch(/^\d+$/);
  expect(events(made)).toContain("server_stdout_invalid");
});

it("logs about sixty lines a minute of what a server prints that is no message", async () => {
  const made = await connected({ servers: { small } });
  expect(await made.call("garbage")).toMatch(/^\d+$/);
  const { length } = events(made).filter((event) => event === "server_stdout_invalid");
  expect(length).toBeGreaterThan(50);
  expect(length).toBeLessThan(70);
});

describe("when a server has all the processes that it may have", () => {
  const { body, headers } = exchangeOf("call", "tools/call", { name: "answer", arguments: {} });

  it.each([
    ["a session", { small }, { ...initialize }, {}],
    ["an exchange", { small }, body, headers],
    ["a session with several servers", { small, other: small }, { ...initialize }, {}],
  ])("refuses %s, and says when to come again", async (_, servers, asked, headers) => {
    const made = await connected({ servers, limits: { children: 1 } });
    const full = await callerOf(made.url).post(asked, { headers });
    expect(full).toMatchObject({ status: 503, code: "too_many_sessions" });
    const message = expect.stringContaining("Too many sessions or processes are open");
    expect(full.messages).toMatchObject([{ id: asked.id, error: { message } }]);
    expect(full.headers.get("retry-after")).toBe("60");
    const about = made.log.lines.filter(({ event }) => event === "too_many_processes");
    expect(about[0]).toMatchObject({
      level: "warn",
      fields: { text: expect.stringContaining("limits.children") },
    });
    expect(events(made)).not.toContain("server_unavailable");
  });
});

describe("a session whose client left without ending it", () => {
  const ask = { jsonrpc: "2.0", id: 1, method: "ping" };
  const isThere = async (one: Caller) => (await one.post(ask)).status === 200;

  /** Returns a function that sets by how much the clock is ahead. */
  function clock(): (ms: number) => void {
    const now = performance.now.bind(performance);
    let later = 0;
    const spy = vi.spyOn(performance, "now").mockImplementation(() => now() + later);
    afterTest(() => spy.mockRestore());
    return (ms) => {
      later = ms;
    };
  }

  it("goes on while an idle process can be ended instead", async () => {
    const made = await startGateway({ servers: { small }, limits: { children: 2 } });
    afterTest(made.close);
    const left = await sessionOf(made.url);
    await exchange(callerOf(made.url), "tools/call", { name: "answer", arguments: {} });
    clock()(61_000);
    const next = await sessionOf(made.url);
    expect(await Promise.all([left, next].map(isThere))).toEqual([true, true]);
  });

  it.each([
    ["processes", { children: 2, sessionsPerSubject: 9 }],
    ["sessions", { children: 9, sessionsPerSubject: 2 }],
  ])("makes room for the same subject's next one where it has all its %s", async (_, limits) => {
    const trustedHeaders = { from: ["127.0.0.1"], subject: "x-user" };
    const made = await startGateway({ servers: { small }, limits, identity: { trustedHeaders } });
    afterTest(made.close);
    const wait = clock();
    const begin = (user: string) => sessionOf(made.url, { "x-user": user });
    const [here, left] = [await begin("ada"), await begin("ada")];
    const stream = await here.open(undefined, { method: "GET" });
    expect((await begin("ada")).session).toBe("none");
    wait(61_000);
    if (limits.children === 2) expect((await begin("eve")).session).toBe("none");
    const next = await begin("ada");
    expect(await Promise.all([here, left, next].map(isThere))).toEqual([true, false, true]);
    wait(123_000);
    await stream.body?.cancel();
    await next.post(ask);
    expect((await begin("ada")).session).toBe("none");
  });
});

describe("what a shared process says without naming a request", () => {
  const trustedHeaders = { from: ["127.0.0.1"], subject: "x-user" };

  it.each([
    ["reaches nobody if several anonymous callers wait", {}, {}, 1],
    ["reaches the newest request of a subject", { trustedHeaders }, { "x-user": "ada" }, 2],
  ] as const)("%s", async (_, identity, own, count) => {
    const made = await startGateway({ servers: { small }, identity });
    afterTest(made.close);
    const send = (name: string) => {
      const { body, headers } = exchangeOf(name, "tools/call", { name, arguments: {} });
      return callerOf(made.url, own).post(body, { headers });
    };
    expect((await send("log")).messages).toHaveLength(2);
    const waiting = send("wait");
    await expect.poll(() => made.gateway.counts().open).toBe(1);
    expect((await send("log")).messages).toHaveLength(count);
    expect(events(made).filter((event) => event === "message_dropped")).toHaveLength(2 - count);
    await send("release");
    expect((await waiting).messages).toMatchObject([{ id: "wait", result: {} }]);
  });
});

it("passes on each message of a batch", async () => {
  const made = await connected({ servers: { small: { ...small, timeoutMs: 5000 } } });
  expect(await made.call("batch")).toBe("in a batch");
  expect(events(made)).not.toContain("message_dropped");
});

it("gives a process a short environment, and what the operator named", async () => {
  process.env.GATEWAY_TEST_SECRET = "s";
  afterTest(async () => void delete process.env.GATEWAY_TEST_SECRET);
  const made = await connected({ servers: { small: { ...small, env: { OWN: "1" } } } });
  const names = (await made.call("environment")).split(" ");
  expect(names).toEqual(expect.arrayContaining(["PATH", "OWN"]));
  expect(names).not.toContain("GATEWAY_TEST_SECRET");
});

it("ends with its processes", async () => {
  const made = await connected({ servers: { small } });
  const pid = Number(await made.call("answer"));
  await made.gateway.close();
  expect(() => process.kill(pid, 0)).toThrow("ESRCH");
});
