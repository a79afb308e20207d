/** Sessions that belong to someone else, are chosen by a client, or are too many. */
import { connect } from "node:net";
import { expect, it, vi } from "vitest";
import { attack } from "../../attacks/attack.ts";
import { afterTest } from "../../support/cleanup.ts";
import { callerOf, callOf, initialize, messagesIn, sessionOf } from "../run/support/caller.ts";
import { ada, eve, gatewayBefore } from "./support.ts";

attack(
  "A-240",
  "Use another subject's session id, leaked or guessed, to send a request, open a stream or end the session, or put it into the URL",
  "404 with `session_unknown`, and the session goes on; an id in the URL is not read",
  () => {
    it("for every method, and with the id's own subject unharmed", async () => {
      const { url, server } = await gatewayBefore();
      const own = await sessionOf(url, ada);
      const thief = callerOf(url, { ...eve, "mcp-session-id": own.session });
      for (const said of [
        await thief.call(1),
        await thief.post({ jsonrpc: "2.0", method: "notifications/cancelled", params: {} }),
        await thief.post(undefined, { method: "GET" }),
        await thief.post(undefined, { method: "DELETE" }),
      ])
        expect(said).toMatchObject({ status: 404, code: "session_unknown" });
      const inUrl = new URL(`?mcp-session-id=${own.session}&sessionId=${own.session}`, url);
      expect(await callerOf(inUrl, ada).call(2)).toMatchObject({
        status: 400,
        code: "session_missing",
      });
      expect((await own.call(3)).messages).toMatchObject([{ id: 3 }]);
      expect(server.of("tools/call")).toHaveLength(1);
    });
  },
);

attack(
  "A-241",
  "Choose the id of a new session, so that it is known beforehand",
  "404 with `session_unknown`: only the gateway makes ids",
  () => {
    it("with an id nobody has, and with one that is open", async () => {
      const { url, server } = await gatewayBefore();
      const chosen = callerOf(url, { ...ada, "mcp-session-id": "chosen" });
      expect(await chosen.post(initialize)).toMatchObject({ status: 404, code: "session_unknown" });
      const own = await sessionOf(url, ada);
      expect(own.session).toMatch(/^[\da-f]{8}-[\da-f]{4}-4/);
      // Initializing an open session again is refused, whatever version it asks for.
      const params = { ...initialize.params, protocolVersion: "2025-03-26" };
      const again = await own.post({ ...initialize, id: 9, params });
      expect(again).toMatchObject({ status: 400, messages: [{ error: { code: -32600 } }] });
      expect(server.of("initialize")).toHaveLength(1);
    });
  },
);

attack(
  "A-248",
  "Resume a stream after an event of another session or stream, a malformed event id, or one that does not exist yet",
  "400, or the rest of that very stream; events never cross sessions",
  () => {
    it("with ids of another session, of nobody, and of the own", async () => {
      const { url } = await gatewayBefore((came) => came.answer(`for ${came.session}`));
      const own = await sessionOf(url, ada);
      const other = await sessionOf(url, ada);
      const idOf = (text: string) => /^id: (.+)$/m.exec(text)?.[1] ?? "";
      const id = idOf((await own.call(1)).text);
      await other.call(1);
      const after = (caller: typeof own, last: string) =>
        caller.post(undefined, { method: "GET", headers: { "last-event-id": last } });
      const future = id.replace(/\d+$/, "999999");
      for (const last of [future, "x", "__proto__", "0", `${id},${id}`, id.replace(/.$/, "")])
        expect(await after(own, last)).toMatchObject({ status: 400 });
      expect(await after(other, id)).toMatchObject({ status: 400 });
      const rest = await after(own, id);
      expect(rest).toMatchObject({ status: 200, messages: [{ id: 1 }] });
      expect(rest.messages).toHaveLength(1);
    });

    it("of a stream that is still open", async () => {
      const { url, server } = await gatewayBefore(() => {});
      const own = await sessionOf(url, ada);
      const abort = new AbortController();
      afterTest(() => abort.abort());
      const stream = (await own.open(callOf(1), { signal: abort.signal })).body?.getReader();
      const first = new TextDecoder().decode((await stream?.read())?.value);
      const id = /^id: (.+)$/m.exec(first)?.[1] ?? "";
      const headers = { "last-event-id": id };
      expect(await own.post(undefined, { method: "GET", headers })).toMatchObject({ status: 409 });
      await expect.poll(() => server.of("tools/call").length).toBe(1);
      server.of("tools/call")[0]?.answer("late");
      expect(messagesIn(new TextDecoder().decode((await stream?.read())?.value))).toMatchObject([
        { id: 1, result: { content: [{ text: "late" }] } },
      ]);
    });
  },
);

attack(
  "A-178",
  "Open many small sessions, leave streams idle and requests half open",
  "503 with `too_many_sessions` above a limit for each subject and one for all; an idle session ends, and a body that does not arrive gets 408",
  () => {
    it("with sessions of one subject, and of many", async () => {
      const limits = { sessionsPerSubject: 2, sessions: 3 };
      const { url, server } = await gatewayBefore(undefined, { limits });
      const full = { status: 503, code: "too_many_sessions", messages: [{ id: initialize.id }] };
      const [first] = [await sessionOf(url, ada), await sessionOf(url, ada)];
      expect(await callerOf(url, ada).post(initialize)).toMatchObject(full);
      await sessionOf(url, eve);
      expect(await callerOf(url, { "x-user": "bob" }).post(initialize)).toMatchObject(full);
      expect(server.of("initialize")).toHaveLength(3);
      expect((await first.call(1)).messages).toMatchObject([{ id: 1 }]);
      await first.post(undefined, { method: "DELETE" });
      expect(await callerOf(url, ada).post(initialize)).toMatchObject({ status: 200 });
    });

    it("with a session that is left idle", async () => {
      // Only the gateway's own timer for idle sessions is an interval here.
      vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
      afterTest(() => void vi.useRealTimers());
      const { url } = await gatewayBefore(undefined, { limits: { idleSessionMs: 1 } });
      const own = await sessionOf(url, ada);
      expect((await own.call(1)).messages).toMatchObject([{ id: 1, result: {} }]);
      await new Promise((resolve) => setTimeout(resolve, 10));
      await vi.advanceTimersByTimeAsync(60_000);
      expect(await own.call(2)).toMatchObject({ status: 404, code: "session_unknown" });
    });

    it("with a request whose body does not arrive", async () => {
      const { url } = await gatewayBefore(undefined, { limits: { bodyTimeoutMs: 50 } });
      const socket = connect(Number(url.port), "127.0.0.1");
      afterTest(() => socket.destroy());
      let text = "";
      socket
        .on("error", () => {})
        .on("data", (chunk: Buffer) => {
          text += chunk.toString("latin1");
        });
      const head = ["POST /mcp HTTP/1.1", `Host: ${url.host}`, "Content-Type: application/json"];
      const rest = ["Accept: application/json, text/event-stream", "X-User: ada"];
      socket.write([...head, ...rest, "Content-Length: 9", "", "{"].join("\r\n"));
      await expect.poll(() => text).toMatch(/^HTTP\/1\.1 408 /);
    });
  },
);
