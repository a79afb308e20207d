// Only in test:all: it waits for servers that fail.
/** Servers and networks that fail: what the caller gets, and that everything goes on. */
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { definePlugin } from "glassine";
import { describe, expect, it } from "vitest";
import { afterTest } from "../../support/cleanup.ts";
import { ada, gatewayBefore } from "../attacks/support.ts";
import { callerOf, callOf, sessionOf } from "../run/support/caller.ts";
import { type Came, fakeServer } from "../run/support/fake-server.ts";

/** Answers with these members beside an id. */
const answering =
  (members: object) =>
  ({ message, response }: Came) => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ jsonrpc: "2.0", id: message.id, ...members }));
  };

const failing: readonly (readonly [what: string, code: string, fail: (came: Came) => unknown])[] = [
  ["breaks the connection", "peer_unreachable", ({ response }) => response.destroy()],
  [
    "breaks off in the middle of a document",
    "peer_unreachable",
    ({ response }) => {
      response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
      response.write('{"jsonrpc"', () => response.destroy());
    },
  ],
  [
    "breaks off in the middle of an event",
    "peer_unreachable",
    ({ response }) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write('data: {"jsonrpc"', () => response.destroy());
    },
  ],
  [
    "answers garbage",
    "peer_invalid",
    ({ response }) => response.setHeader("content-type", "application/json").end("\u0000{"),
  ],
  ["answers with a result that is not an object", "peer_invalid", answering({ result: "x" })],
  [
    "answers with metadata that is not an object",
    "peer_invalid",
    answering({ result: { content: [], _meta: "x" } }),
  ],
  [
    "answers with an error without an integer as its code",
    "peer_invalid",
    answering({ error: { code: "x", message: "x" } }),
  ],
  [
    "answers with a result and an error",
    "peer_invalid",
    answering({ result: { content: [] }, error: { code: 1, message: "x" } }),
  ],
  [
    "answers in another version of JSON-RPC",
    "peer_invalid",
    answering({ jsonrpc: "1.0", result: { content: [] } }),
  ],
  ["is not HTTP", "peer_unreachable", ({ response }) => response.socket?.end("garbage\r\n\r\n")],
  ["fails", "peer_refused", ({ response }) => response.writeHead(500).end("stack trace")],
  ["answers after the deadline", "peer_timeout", (came) => setTimeout(came.answer, 3000, "late")],
  [
    "never ends its answer",
    "peer_timeout",
    ({ response }) => response.writeHead(200, { "content-type": "application/json" }).write("{"),
  ],
  [
    "never ends its stream",
    "peer_timeout",
    ({ response }) =>
      response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders(),
  ],
];

describe("a server that writes null for the other member, as in JSON-RPC 1.0", () => {
  it.each([
    ["a result", { result: { content: [] }, error: null }, { result: { content: [] } }],
    [
      "an error",
      { result: null, error: { code: -32601, message: "x" } },
      { error: { code: -32601 } },
    ],
  ])("gives its caller %s", async (_what, written, expected) => {
    const { url } = await gatewayBefore(answering(written));
    const own = await sessionOf(url, ada);
    const { messages } = await own.call(1);
    expect(messages).toMatchObject([{ id: 1, ...expected }]);
    expect(Object.keys(messages[0] ?? {})).not.toContain("error" in expected ? "result" : "error");
  });
});

describe("F-12: if a server fails, its caller gets an error code, and the next call works", () => {
  it.each(failing)("%s", async (_what, code, fail) => {
    let isWell = false;
    const answers = (came: Came) => (isWell ? came.answer("fine") : fail(came));
    // Other deadlines are long, so that a busy machine does not miss them.
    const timeoutMs = code === "peer_timeout" ? 1500 : 60_000;
    const { url, gateway } = await gatewayBefore(answers, { timeoutMs });
    const own = await sessionOf(url, ada);
    const said = await Promise.all([1, 2, 3].map((id) => own.call(id)));
    for (const [at, { messages }] of said.entries())
      expect(messages).toMatchObject([{ id: at + 1, error: { code: -32014, data: { code } } }]);
    expect(JSON.stringify(said)).not.toContain("stack trace");
    isWell = true;
    expect((await own.call(4)).messages).toMatchObject([{ id: 4, result: {} }]);
    expect(gateway.counts()).toMatchObject({ open: 0 });
  });

  it("refuses connections, and then takes them again", async () => {
    const { url, server } = await gatewayBefore();
    const own = await sessionOf(url, ada);
    const { port } = new URL(server.url);
    await server.close();
    const said = await own.call(1);
    expect(said.messages).toMatchObject([{ id: 1, error: { data: { code: "peer_unreachable" } } }]);
    const again = await fakeServer((came) => came.answer("fine"), {}, Number(port));
    afterTest(again.close);
    expect((await own.call(2)).messages).toMatchObject([{ id: 2, result: {} }]);
  });
});

describe("F-13: a client that leaves, at every stage, ends its request and leaves nothing behind", () => {
  const ofExchange = {
    _meta: {
      "io.modelcontextprotocol/protocolVersion": "2026-07-28",
      "io.modelcontextprotocol/clientCapabilities": {},
    },
  };
  const headers = {
    "mcp-protocol-version": "2026-07-28",
    "mcp-method": "tools/call",
    "mcp-name": "x",
  };

  /** A gateway whose plugin waits in one hook, a call through it, and the call's caller. */
  async function begun(hook: "pre" | "post" | "none", answering: (came: Came) => unknown) {
    let judge = () => {};
    const judged = new Promise<void>((resolve) => {
      judge = resolve;
    });
    const stages: string[] = [];
    const watching = (stage: string) => async () => {
      stages.push(stage);
      if (stage === hook) await judged;
    };
    const slow = definePlugin({
      name: "slow",
      version: "1.0.0",
      hooks: { "cmf.tool_pre_invoke": watching("pre"), "cmf.tool_post_invoke": watching("post") },
    });
    const closed: boolean[] = [];
    const made = await gatewayBefore(
      (came) => {
        came.response.on("close", () => closed.push(true));
        answering(came);
      },
      {},
      [slow],
    );
    const abort = new AbortController();
    const left = callerOf(made.url, ada).open(callOf(1, ofExchange), {
      headers,
      signal: abort.signal,
    });
    left.catch(() => {});
    return { ...made, abort, left, judge, stages, closed };
  }

  it("while its request is judged", async () => {
    const { abort, judge, stages, gateway, server } = await begun("pre", (came) =>
      came.answer("x"),
    );
    await expect.poll(() => stages).toEqual(["pre"]);
    abort.abort();
    await expect.poll(() => gateway.counts()).toMatchObject({ aborted: 1, open: 0 });
    judge();
    await delay(20);
    expect(server.of("tools/call")).toEqual([]);
  });

  it("while the server works", async () => {
    const { abort, gateway, server, closed } = await begun("none", () => {});
    await expect.poll(() => server.of("tools/call").length).toBe(1);
    abort.abort();
    await expect.poll(() => closed).toEqual([true]);
    await expect.poll(() => gateway.counts()).toMatchObject({ aborted: 1, open: 0 });
  });

  it("while its answer is judged", async () => {
    const { abort, judge, stages, gateway } = await begun("post", (came) => came.answer("x"));
    await expect.poll(() => stages).toEqual(["pre", "post"]);
    abort.abort();
    await expect.poll(() => gateway.counts()).toMatchObject({ aborted: 1, open: 0 });
    judge();
  });

  it("in the middle of its stream", async () => {
    const { abort, left, gateway, closed } = await begun("none", (came) =>
      came.tell({ method: "notifications/message", params: { level: "info", data: "x" } }),
    );
    await (await left).body?.getReader().read();
    abort.abort();
    await expect.poll(() => closed).toEqual([true]);
    await expect.poll(() => gateway.counts()).toMatchObject({ aborted: 1, open: 0 });
  });

  it("in the middle of its body", async () => {
    const { url, gateway } = await gatewayBefore();
    const socket = connect(Number(url.port), "127.0.0.1");
    const lines = [`Host: ${url.host}`, "X-User: ada", "Content-Length: 1000", "\r\n{"];
    socket.write(["POST /mcp HTTP/1.1", ...lines].join("\r\n"), () => socket.destroy());
    await new Promise((resolve) => socket.once("close", resolve));
    expect((await (await sessionOf(url, ada)).call(1)).messages).toMatchObject([{ id: 1 }]);
    expect(gateway.counts()).toMatchObject({ open: 0, aborted: 0 });
  });

  it("by the end of its session", async () => {
    const { url, gateway, server } = await gatewayBefore(() => {});
    const own = await sessionOf(url, ada);
    const asked = own.call(1);
    await expect.poll(() => server.of("tools/call").length).toBe(1);
    await own.post(undefined, { method: "DELETE" });
    // There is no answer, or a refusal if the stream had not begun.
    for (const { error } of (await asked).messages) expect(error).toBeDefined();
    await expect.poll(() => gateway.counts()).toMatchObject({ aborted: 1, open: 0 });
  });
});

describe("F-15: delayed, reordered, duplicated and lost messages leave each request one answer, its own", () => {
  it("with 10 sessions of 40 requests", async () => {
    let seed = 15;
    const random = () => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed / 2_147_483_648;
    };
    const { url, gateway } = await gatewayBefore(
      (came) => {
        const { id, params } = came.message;
        const { said = "" } = (params?.arguments ?? {}) as { said?: string };
        const result = { content: [{ type: "text", text: said }] };
        const kind = random();
        // One answer in ten is lost.
        if (kind < 0.1) return;
        setTimeout(() => {
          came.tell({ id, result });
          if (kind < 0.3) came.tell({ id, result });
          came.end();
        }, random() * 100);
      },
      { timeoutMs: 2000 },
    );
    const sessions = await Promise.all(Array.from({ length: 10 }, () => sessionOf(url, ada)));
    const texts = await Promise.all(
      sessions.flatMap((session, at) =>
        Array.from({ length: 40 }, async (_, id) => {
          const own = `${at}:${id}`;
          const { messages, code } = await session.call(id, { arguments: { said: own } });
          expect(messages).toHaveLength(1);
          if (code !== undefined) return code;
          expect(messages).toMatchObject([{ result: { content: [{ text: own }] } }]);
          return "answered";
        }),
      ),
    );
    expect(new Set(texts)).toEqual(new Set(["answered", "peer_timeout"]));
    expect(texts.filter((each) => each === "answered").length).toBeGreaterThan(300);
    const { started, allowed, denied, errored, aborted, open } = gateway.counts();
    expect([started, open]).toEqual([allowed + denied + errored + aborted, 0]);
  });
});
