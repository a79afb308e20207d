/** Servers that hang, die, and come back, next to one that is well. */
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { ConfigInput } from "glassine/gateway";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { afterTest } from "../../support/cleanup.ts";
import { callerOf, callOf, initialize, sessionOf } from "../run/support/caller.ts";
import { type Started, startGateway } from "../run/support/gateway.ts";
import {
  type Answers,
  exchange,
  exchangeOf,
  overHttp,
  overStdio,
  says,
  testServer,
} from "./support/servers.ts";

const user = { "x-user": "ada" };
const tool = { name: "t", inputSchema: { type: "object" } };
const well: Answers = { "tools/list": () => ({ tools: [tool] }), "tools/call": () => says("well") };

const logged = ({ log }: Started, name: string) => log.lines.filter(({ event }) => event === name);

describe("a server that hangs", () => {
  // The gateway waits with these timers; connections have timers of their own.
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
  afterEach(() => void vi.useRealTimers());

  it("does not hold up what the others answer, and is named", async () => {
    const aa = await testServer(well);
    const bb = await testServer({
      "tools/list": () => undefined,
      "tools/call": () => says("slow"),
    });
    const made = await overStdio({ aa, bb });
    const listed = made.ask("tools/list");
    await expect.poll(() => bb.of("tools/list").length).toBe(1);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await listed).toMatchObject({ result: { tools: [{ name: "aa__t" }] } });
    expect(logged(made, "server_left_out")[0]).toMatchObject({
      level: "warn",
      fields: { server: "bb", method: "tools/list", code: "peer_timeout" },
    });
    await expect.poll(() => bb.of("notifications/cancelled").length).toBe(1);
    expect(await made.ask("ping")).toMatchObject({ result: {} });
    // The next list waits for it for a second; a request for it alone is not refused.
    const again = made.ask("tools/list");
    await expect.poll(() => bb.of("tools/list").length).toBe(2);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await again).toMatchObject({ result: { tools: [{ name: "aa__t" }] } });
    const call = { name: "bb__t", arguments: {} };
    expect(await made.ask("tools/call", call)).toMatchObject({ result: says("slow") });
  });

  it.each(["HTTP", "stdio"])(
    "gains no time in MCP 2026-07-28 over %s by asking the caller something",
    async (transport) => {
      const aa = await testServer({
        "tools/call": (came) => {
          came.tell({ id: 5, method: "elicitation/create", params: { message: "?" } });
          return undefined;
        },
      });
      const params = { name: "t", arguments: {} };
      const called = async () => {
        if (transport === "HTTP")
          return exchange((await overHttp({ aa })).url, "tools/call", params);
        const { ask } = await overStdio({ aa });
        return ask("tools/call", exchangeOf(1, "tools/call", params).body.params);
      };
      const answered = called();
      await expect.poll(() => aa.of("tools/call").length).toBe(1);
      await vi.advanceTimersByTimeAsync(60_000);
      expect(await answered).toMatchObject({ error: { data: { code: "peer_timeout" } } });
    },
  );

  it("is asked for a URI that nobody has named, and others are while it thinks", async () => {
    const thinking: (() => void)[] = [];
    const aa = await testServer({
      "resources/read": (came) => {
        thinking.push(() => came.answer({ contents: [{ uri: "x:1", text: "aa" }] }));
        return undefined;
      },
    });
    const bb = await testServer({
      "resources/read": () => {
        throw -32002;
      },
    });
    const made = await overStdio({ aa, bb });
    const reading = made.ask("resources/read", { uri: "x:1" });
    await expect.poll(() => thinking.length).toBe(1);
    await vi.advanceTimersByTimeAsync(10_000);
    await expect.poll(() => bb.of("resources/read").length).toBe(1);
    thinking[0]?.();
    expect(await reading).toMatchObject({ result: { contents: [{ text: "aa" }] } });
  });

  it("hears that another one had what it was still looking for", async () => {
    const thinking: (() => void)[] = [];
    const aa = await testServer({
      "resources/read": (came) => {
        thinking.push(() => came.answer({ contents: [] }));
        return undefined;
      },
    });
    const bb = await testServer({ "resources/read": () => ({ contents: [] }) });
    const made = await overStdio({ aa, bb });
    const reading = made.ask("resources/read", { uri: "x:1" });
    await expect.poll(() => thinking.length).toBe(1);
    await vi.advanceTimersByTimeAsync(10_000);
    const { id } = await reading;
    await expect.poll(() => aa.of("notifications/cancelled").length).toBe(1);
    thinking[0]?.();
    await made.ask("ping");
    expect(made.said.filter((each) => each.id === id)).toHaveLength(1);
  });

  it("joins the session when it has begun, and the caller learns of it", async () => {
    const beginning: (() => void)[] = [];
    const aa = await testServer(well, { tools: {} });
    const bb = await testServer({
      ...well,
      initialize(came) {
        const result = {
          protocolVersion: came.params.protocolVersion,
          capabilities: { prompts: {} },
          serverInfo: { name: "late", version: "1.0.0" },
        };
        beginning.push(() => came.answer(result));
        return undefined;
      },
    });
    const begun = overStdio({ aa, bb });
    await expect.poll(() => beginning.length).toBe(1);
    await vi.advanceTimersByTimeAsync(10_000);
    const made = await begun;
    expect(made.said[0]).toMatchObject({
      result: { capabilities: { tools: { listChanged: true }, prompts: { listChanged: true } } },
    });
    // MCP: nothing goes to a server before it has answered `initialize`.
    made.send(callOf(7, { name: "bb__t" }));
    await made.ask("ping");
    expect(bb.came).toHaveLength(1);
    beginning[0]?.();
    await expect
      .poll(() => made.said.find(({ id }) => id === 7))
      .toMatchObject({
        result: says("well"),
      });
    expect(bb.came.map(({ message }) => message.method)).toEqual([
      "initialize",
      "notifications/initialized",
      "tools/call",
    ]);
    expect(made.heard("notifications/prompts/list_changed")).toHaveLength(1);
    expect(made.heard("notifications/tools/list_changed")).toEqual([]);
  });

  it("is waited for if no other has begun yet: the first one begins the session", async () => {
    const beginning = new Map<string, () => void>();
    const starting = (name: string): Answers => ({
      ...well,
      initialize(came) {
        const { protocolVersion } = came.params;
        const serverInfo = { name, version: "1.0.0" };
        const result = { protocolVersion, capabilities: { tools: {} }, serverInfo };
        beginning.set(name, () => came.answer(result));
        return undefined;
      },
    });
    const servers = { aa: await testServer(starting("aa")), bb: await testServer(starting("bb")) };
    const begun = overStdio(servers);
    await expect.poll(() => beginning.size).toBe(2);
    await vi.advanceTimersByTimeAsync(30_000);
    beginning.get("bb")?.();
    const made = await begun;
    expect(made.said[0]).toMatchObject({ result: { capabilities: { tools: {} } } });
    expect(logged(made, "server_left_out")).toMatchObject([
      { fields: { server: "aa", method: "initialize", code: "peer_timeout" } },
    ]);
    beginning.get("aa")?.();
    await expect.poll(() => made.heard("notifications/tools/list_changed").length).toBe(1);
    const { result } = await made.ask("tools/list");
    expect(result).toMatchObject({ tools: [{ name: "aa__t" }, { name: "bb__t" }] });
  });

  it("ends the wait with an error if no server begins at all", async () => {
    const never: Answers = { initialize: () => undefined };
    const servers = { aa: await testServer(never), bb: await testServer(never) };
    const of = { aa: { timeoutMs: 20_000 }, bb: { timeoutMs: 30_000 } };
    const made = await overHttp(servers, { of });
    const asked = callerOf(made.url, user).post(initialize);
    await expect.poll(() => servers.bb.of("initialize").length).toBe(1);
    let isAnswered = false;
    void asked.then(() => {
      isAnswered = true;
    });
    await vi.advanceTimersByTimeAsync(25_000);
    // The answer would arrive over a real connection.
    await new Promise((resolve) => setImmediate(resolve));
    expect(isAnswered).toBe(false);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await asked).toMatchObject({ code: "peer_timeout" });
  });

  it.each([
    ["longer", 60_000, 10_000],
    ["shorter", 5_000, 5_000],
  ])("does not hold up an exchange, if its own timeout is %s", async (_, timeoutMs, firstMs) => {
    const aa = await testServer(well);
    const bb = await testServer({
      "tools/list": () => undefined,
      "server/discover": () => undefined,
    });
    const made = await overHttp({ aa, bb }, { of: { bb: { timeoutMs } } });
    for (const [method, ms] of [
      ["tools/list", firstMs],
      ["tools/list", 1_000],
    ] as const) {
      const count = bb.of(method).length;
      const asked = exchange(made.url, method);
      await expect.poll(() => bb.of(method).length).toBe(count + 1);
      await vi.advanceTimersByTimeAsync(ms);
      expect(await asked).toMatchObject({ result: { tools: [{ name: "aa__t" }] } });
    }
    const fields = { server: "bb", method: "tools/list", code: "peer_timeout" };
    expect(logged(made, "server_left_out")).toMatchObject([{ fields }, { fields }]);
  });
});

describe("an upstream session that the server has ended", () => {
  it("is begun again, with the handshake and the log level of the caller", async () => {
    const aa = await testServer(well);
    const bb = await testServer(well);
    const made = await overHttp({ aa, bb });
    const own = await sessionOf(made.url, user);
    await own.post({
      jsonrpc: "2.0",
      id: "l",
      method: "logging/setLevel",
      params: { level: "error" },
    });
    await expect.poll(() => bb.of("notifications/initialized").length).toBe(1);
    bb.endSessions();
    const call = (id: number, name: string) => own.call(id, { name });
    expect(await call(1, "bb__t")).toMatchObject({ code: "peer_session_ended" });
    await expect
      .poll(() => logged(made, "server_lost"))
      .toMatchObject([{ level: "warn", fields: { server: "bb" } }]);
    expect((await call(2, "aa__t")).messages).toMatchObject([{ id: 2, result: says("well") }]);
    expect((await call(3, "bb__t")).messages.at(-1)).toMatchObject({ id: 3, result: says("well") });
    expect(logged(made, "server_reconnected")).toMatchObject([{ fields: { server: "bb" } }]);
    // Skips what arrived in the session that has ended.
    const [first, ...rest] = bb.came.slice(3).map(({ message }) => String(message.method));
    expect(first).toBe("initialize");
    // Each one is a separate HTTP request, so they may overtake one another.
    expect(rest.toSorted()).toEqual([
      "logging/setLevel",
      "notifications/initialized",
      "tools/call",
    ]);
    expect([aa.of("initialize").length, made.gateway.counts().open]).toEqual([1, 0]);
  });

  it.each([404, 400] as const)("is begun again by the very next request: %s", async (status) => {
    const aa = await testServer(well);
    const bb = await testServer(well);
    const { url } = await overHttp({ aa, bb });
    const own = await sessionOf(url, user);
    await expect.poll(() => bb.of("notifications/initialized").length).toBe(1);
    bb.endSessions(status);
    expect(await own.call(1, { name: "bb__t" })).toMatchObject({ code: "peer_session_ended" });
    const { messages } = await own.call(2, { name: "bb__t" });
    expect(messages.at(-1)).toMatchObject({ id: 2, result: says("well") });
  });

  it("says in the log which requests it cost, if the server is gone by then", async () => {
    const aa = await testServer(well);
    const bb = await testServer(well);
    const made = await overStdio({ aa, bb });
    await expect.poll(() => bb.of("notifications/initialized").length).toBe(1);
    bb.endSessions();
    const call = async () => {
      const { error } = await made.ask("tools/call", { name: "bb__t", arguments: {} });
      return (error as { data: { code: string } }).data.code;
    };
    expect(await call()).toBe("peer_session_ended");
    await bb.close();
    // One waits for the new session, and one comes in the pause after it failed.
    expect([await call(), await call()]).toEqual(["peer_unreachable", "peer_unreachable"]);
    const text = "Beginning another session failed with peer_unreachable.";
    expect(logged(made, "server_unavailable")).toMatchObject([{ fields: { server: "bb", text } }]);
    const fields = { server: "bb", method: "tools/call", name: "t", code: "peer_unreachable" };
    expect(logged(made, "refused")).toMatchObject([{ fields }, { fields }]);
  });

  it("is begun again for a list, and the caller learns that it may have changed", async () => {
    const aa = await testServer(well);
    const bb = await testServer(well);
    const made = await overStdio({ aa, bb });
    await expect.poll(() => bb.of("notifications/initialized").length).toBe(1);
    bb.endSessions();
    const names = async () => {
      const { result } = await made.ask("tools/list");
      return (result as { tools: { name: string }[] }).tools.map(({ name }) => name);
    };
    expect(await names()).toEqual(["aa__t"]);
    await expect.poll(() => logged(made, "server_lost").length).toBe(1);
    expect(await names()).toEqual(["aa__t", "bb__t"]);
    expect(made.heard("notifications/tools/list_changed")).toHaveLength(1);
  });

  it("is given up for a while where the server does not begin another", async () => {
    const aa = await testServer(well);
    const bb = await testServer(well);
    const made = await overStdio({ aa, bb });
    await bb.close();
    const call = () => made.ask("tools/call", { name: "bb__t", arguments: {} });
    for (let at = 0; at < 5; at += 1)
      expect(await call()).toMatchObject({ error: { data: { code: "peer_unreachable" } } });
    const list = await made.ask("tools/list");
    expect(list).toMatchObject({ result: { tools: [{ name: "aa__t" }] } });
  });

  it("ends that of the caller where there is no other server", async () => {
    const aa = await testServer(well);
    const bb = await testServer(well);
    const made = await overHttp({ aa, bb });
    const own = await sessionOf(made.url, user);
    for (const each of [aa, bb]) each.endSessions();
    for (const [at, name] of ["aa__t", "bb__t"].entries())
      expect(await own.call(at, { name })).toMatchObject({ code: "peer_session_ended" });
    await expect.poll(() => logged(made, "server_lost").length).toBe(2);
    expect(await own.call(9, { name: "aa__t" })).toMatchObject({ code: "session_unknown" });
  });
});

describe("a server that is a process", () => {
  const small = {
    command: process.execPath,
    args: [fileURLToPath(new URL("../run/support/small-server.mjs", import.meta.url))],
  };

  async function processes(servers: ConfigInput["servers"]): Promise<Started> {
    const made = await startGateway({ servers });
    afterTest(made.close);
    return made;
  }

  it("tells who waits that it died, and leaves the others alone", async () => {
    const made = await processes({ aa: small, bb: small });
    const own = await sessionOf(made.url);
    const call = (id: number, name: string) => own.call(id, { name });
    expect(await call(1, "bb__die")).toMatchObject({ code: "peer_died" });
    expect((await call(2, "aa__answer")).messages).toMatchObject([{ id: 2, result: {} }]);
    expect((await call(3, "bb__answer")).messages).toMatchObject([{ id: 3, result: {} }]);
    expect(logged(made, "server_lost")).toEqual([]);
  });

  it("is missed, and said to be, where its program is missing", async () => {
    const missing = { ...small, command: "there-is-no-such-program" };
    const made = await processes({ aa: small, bb: missing });
    const own = await sessionOf(made.url);
    expect(logged(made, "server_unavailable")[0]).toMatchObject({ fields: { server: "bb" } });
    expect(logged(made, "server_left_out")).toMatchObject([
      { fields: { server: "bb", method: "initialize", code: "peer_unreachable" } },
    ]);
    expect(await own.call(1, { name: "bb__answer" })).toMatchObject({ code: "peer_unreachable" });
    expect((await own.call(2, { name: "aa__answer" })).messages).toMatchObject([{ result: {} }]);
    const { body, headers } = exchangeOf(3, "tools/call", { name: "bb__answer", arguments: {} });
    expect(await callerOf(made.url).post(body, { headers })).toMatchObject({
      code: "peer_unreachable",
    });
    const fields = { server: "bb", method: "tools/call", name: "answer", code: "peer_unreachable" };
    expect(logged(made, "refused")).toMatchObject([{ fields }, { fields }]);
  });
});

it("takes back what a server asked that is gone by then", async () => {
  const bb = await testServer({
    "tools/call": (came) => {
      came.tell({ id: 5, method: "elicitation/create", params: { message: "?" } });
      return undefined;
    },
  });
  const made = await overStdio({ aa: await testServer(well), bb });
  made.send(callOf(11, { name: "bb__t" }));
  await expect.poll(() => made.heard("elicitation/create").length).toBe(1);
  bb.endSessions();
  made.send(callOf(12, { name: "bb__t" }));
  await expect.poll(() => made.heard("notifications/cancelled").length).toBe(1);
  const [asked] = made.heard("elicitation/create");
  expect(made.heard("notifications/cancelled")[0]?.params?.requestId).toBe(asked?.id);
  await expect
    .poll(() => made.said.filter(({ id, error }) => Number(id) > 10 && error !== undefined).length)
    .toBe(2);
});
