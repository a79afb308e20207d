/** What open messages of callers may take together, and those of one subject. */
import { describe, expect, it } from "vitest";
import { attack } from "../../attacks/attack.ts";
import { ada, eve, gatewayBefore, loggedBy } from "../attacks/support.ts";
import { type Caller, callerOf, callOf, initialize, sessionOf } from "./support/caller.ts";
import type { Came } from "./support/fake-server.ts";
import { heldServer } from "./support/held-server.ts";

const mia = { "x-user": "mia" };
/** Two requests of a subject fit, and five of all subjects. */
const limits = { messageBytes: 2000, inFlightBytes: 8000 };
const large = { arguments: { text: "x".repeat(1300) } };
const refused = { status: 429, code: "too_many_bytes" };

type Headers = Readonly<Record<string, string>>;
type Ask = (own: Headers, id: number) => Promise<{ readonly status: number }>;

async function sessionsAt(url: URL) {
  const all = [ada, eve, mia].map(
    async (own) => [own["x-user"], await sessionOf(url, own)] as const,
  );
  const sessions = new Map(await Promise.all(all));
  return (own: Headers) => sessions.get(own["x-user"] ?? "") as Caller;
}

const ofExchange = {
  _meta: {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
  },
};
const exchangeHeaders = {
  "mcp-protocol-version": "2026-07-28",
  "mcp-method": "tools/call",
  "mcp-name": "x",
};

const notice = "notifications/test";

function noticeOf(params: object): object {
  return { jsonrpc: "2.0", method: notice, params };
}

function batching(url: URL): Promise<Caller> {
  return sessionOf(url, ada, "2025-03-26");
}

/** Kinds of large requests, each with a way to send one. */
const kinds: readonly (readonly [kind: string, askAt: (url: URL) => Promise<Ask>])[] = [
  [
    "of a session",
    async (url) => {
      const sessionFor = await sessionsAt(url);
      return (own, id) => sessionFor(own).call(id, large);
    },
  ],
  [
    "of a session, in chunks,",
    async (url) => {
      const sessionFor = await sessionsAt(url);
      return async (own, id) => {
        const { session } = sessionFor(own);
        const response = await fetch(url, {
          method: "POST",
          headers: {
            "content-type": "application/json",
            accept: "application/json, text/event-stream",
            "mcp-session-id": session,
            ...own,
          },
          body: new Blob([JSON.stringify(callOf(id, large))]).stream(),
          duplex: "half",
        } as RequestInit);
        const [code] = /too_many_bytes/.exec(await response.text()) ?? [];
        return { status: response.status, code };
      };
    },
  ],
  [
    "of MCP 2026-07-28",
    async (url) => (own, id) =>
      callerOf(url, own).call(id, { ...large, ...ofExchange }, { headers: exchangeHeaders }),
  ],
];

attack(
  "A-308",
  "Leave many large requests to a slow tool, or notifications to a slow server, so that the gateway runs out of memory",
  "429 `too_many_bytes` once those without an answer, or not passed on, take `limits.inFlightBytes`, or those of one subject half of it",
  () => {
    describe.each(kinds)("requests %s without an answer", (_, askAt) => {
      it("take at most half of limits.inFlightBytes for each subject, and all of it together", async () => {
        const waiting: Came[] = [];
        const made = await gatewayBefore((came) => void waiting.push(came), { limits });
        const ask = await askAt(made.url);
        const open: Promise<{ status: number }>[] = [];
        const begin = async (own: Headers) => {
          open.push(ask(own, open.length));
          await expect.poll(() => waiting.length).toBe(open.length);
        };
        for (const own of [ada, ada]) await begin(own);
        expect(await ask(ada, 100)).toMatchObject(refused);
        for (const own of [eve, eve, mia]) await begin(own);
        expect(await ask(mia, 101)).toMatchObject(refused);
        expect(loggedBy(made, "refused").filter(({ code }) => code === refused.code)).toHaveLength(
          2,
        );
        for (const each of waiting.splice(0)) each.answer("fine");
        for (const { status } of await Promise.all(open.splice(0))) expect(status).toBe(200);
        for (const own of [ada, ada, eve, eve, mia]) await begin(own);
        for (const each of waiting.splice(0)) each.answer("fine");
        for (const { status } of await Promise.all(open)) expect(status).toBe(200);
      });
    });

    describe.each([
      ["of a session", (url: URL) => sessionOf(url, ada), noticeOf(large)],
      ["in a batch of a session", batching, [noticeOf(large), callOf("b")]],
      [
        "of MCP 2026-07-28",
        async (url: URL) => callerOf(url, { ...ada, ...exchangeHeaders, "mcp-method": notice }),
        noticeOf({ ...large, ...ofExchange }),
      ],
    ] as const)("notifications %s", (_, callerAt, body) => {
      it("take at most half of limits.inFlightBytes until the server has taken them", async () => {
        const waiting: Came[] = [];
        const { url } = await gatewayBefore(
          (came) => {
            if (came.message.method === notice) waiting.push(came);
            else came.answer("fine");
          },
          { limits },
        );
        const caller = await callerAt(url);
        const accepted = expect.toSatisfy((status: number) => status < 300);
        for (const _again of [1, 2, 3]) {
          for (const count of [1, 2]) {
            await expect.poll(async () => (await caller.post(body)).status).toEqual(accepted);
            await expect.poll(() => waiting.length).toBe(count);
          }
          expect(await caller.post(body)).toMatchObject(refused);
          for (const { response } of waiting.splice(0)) response.writeHead(202).end();
        }
      });
    });

    describe("in a session, a request", () => {
      /** A session with two large requests, whose answers the test sends. */
      async function waitingSession() {
        const waiting: Came[] = [];
        const made = await gatewayBefore(
          (came) => {
            if (waiting.length < 2) waiting.push(came);
            else came.answer("fine");
          },
          { limits },
        );
        const caller = await sessionOf(made.url, ada);
        const left = new AbortController();
        for (const id of [1, 2]) await caller.open(callOf(id, large), { signal: left.signal });
        await expect.poll(() => waiting.length).toBe(2);
        expect(await caller.call(3, large)).toMatchObject(refused);
        const statusOf = async (asking: Caller) => (await asking.call(4, large)).status;
        return { ...made, waiting, caller, left, statusOf };
      }

      it("takes its bytes until it is answered, even if its caller has left", async () => {
        const { waiting, caller, left, statusOf } = await waitingSession();
        left.abort();
        await new Promise((resolve) => setTimeout(resolve, 50));
        expect(await caller.call(4, large)).toMatchObject(refused);
        waiting[0]?.answer("fine");
        await expect.poll(() => statusOf(caller)).toBe(200);
      });

      it.each([
        ["it is cancelled", { method: "notifications/cancelled", params: { requestId: 1 } }],
        ["its session ends", undefined],
      ])("takes no bytes once %s", async (_, message) => {
        const { url, caller, statusOf } = await waitingSession();
        if (message === undefined) await caller.post(undefined, { method: "DELETE" });
        else await caller.post({ jsonrpc: "2.0", ...message });
        const other = await sessionOf(url, ada);
        await expect.poll(() => statusOf(other)).toBe(200);
      });
    });
  },
);

it("bytes of a refused request no longer count", async () => {
  const { url } = await gatewayBefore(undefined, { limits });
  const caller = callerOf(url, ada);
  for (let at = 0; at < 10; at += 1)
    expect((await caller.post(`${"x".repeat(1500)}`)).code).toBe("parse_error");
  expect((await caller.post(initialize)).status).toBe(200);
});

it("a request to a model takes bytes until its response has been sent", async () => {
  const { waiting, url } = await heldServer();
  const models = { m: { provider: "openai" as const, url, path: "/openai" } };
  const made = await gatewayBefore(undefined, { models, limits });
  const ask = async () => {
    const response = await fetch(new URL("/openai/v1/chat/completions", made.url), {
      method: "POST",
      headers: { "content-type": "application/json", ...ada },
      body: JSON.stringify({
        model: "m",
        messages: [{ role: "user", content: "x".repeat(1300) }],
      }),
    });
    return { status: response.status, text: await response.text() };
  };
  const open = [ask(), ask()];
  await expect.poll(() => waiting.length).toBe(2);
  const third = await ask();
  expect(third.status).toBe(429);
  expect(third.text).toContain("limits.inFlightBytes");
  for (const each of waiting.splice(0)) each.writeHead(500).end();
  await Promise.all(open);
  const again = ask();
  await expect.poll(() => waiting.length).toBe(1);
  waiting[0]?.writeHead(500).end();
  expect((await again).status).toBe(500);
});
