/** Documents that are not messages, and messages of another version. */
import { expect, it } from "vitest";
import { attack } from "../../attacks/attack.ts";
import { callerOf, callOf, initialize, sessionOf } from "../run/support/caller.ts";
import { ada, gatewayBefore, stdioBefore } from "./support.ts";

const notice = { jsonrpc: "2.0", method: "notifications/roots/list_changed" };

/** Batches with a call in them, and an empty one. */
const batches: readonly (readonly [what: string, code: string, batch: readonly unknown[]])[] = [
  ["two requests", "batch_refused", [callOf(1), callOf(2)]],
  ["a notification and a request", "batch_refused", [notice, callOf(1)]],
  ["nothing", "message_invalid", []],
  ["a batch", "message_invalid", [[callOf(1)]]],
  ["a string", "message_invalid", [callOf(1), "x"]],
];

attack(
  "A-254",
  "Send a batch: empty, nested, mixed, or in a session whose version has none",
  "`batch_refused`, or `message_invalid` for one that no version allows; a session of 2025-03-26 accepts batches",
  () => {
    it.each(batches)("of %s, in a session of 2025-11-25", async (_what, code, batch) => {
      const { url, server } = await gatewayBefore();
      const own = await sessionOf(url, ada);
      expect(await own.post(batch)).toMatchObject({ status: 400, code });
      const { send, said } = await stdioBefore();
      send(batch);
      await expect.poll(() => said).toMatchObject([{ id: null, error: { data: { code } } }]);
      expect(server.of("tools/call")).toEqual([]);
    });

    it("in a session of 2025-03-26, with each message checked and answered for itself", async () => {
      const { url, server } = await gatewayBefore();
      const own = await sessionOf(url, ada, "2025-03-26");
      const { messages, status } = await own.post([callOf(1), notice, callOf(2)]);
      expect([status, messages.map(({ id }) => id).sort()]).toEqual([200, [1, 2]]);
      expect(server.of("tools/call")).toHaveLength(2);
      expect(await own.post([callOf(3), callOf(3)])).toMatchObject({ code: "request_id_in_use" });
      expect(await own.post([])).toMatchObject({ status: 400, code: "message_invalid" });
    });

    it("instead of a beginning", async () => {
      const { url } = await gatewayBefore();
      const said = await callerOf(url, ada).post([initialize]);
      expect(said).toMatchObject({ status: 400, code: "session_missing" });
      const { send, said: lines } = await stdioBefore(undefined, { begins: false });
      send([initialize]);
      await expect
        .poll(() => lines)
        .toMatchObject([{ error: { data: { code: "batch_refused" } } }]);
    });
  },
);

const wrong: readonly (readonly [what: string, message: unknown])[] = [
  ["no jsonrpc", { id: 1, method: "ping" }],
  ["jsonrpc 1.0", { ...callOf(1), jsonrpc: "1.0" }],
  ["jsonrpc as a number", { ...callOf(1), jsonrpc: 2 }],
  ["no method", { jsonrpc: "2.0", id: 1 }],
  ["an empty method", { ...callOf(1), method: "" }],
  ["a method that is no string", { ...callOf(1), method: 5 }],
  ["params that are a list", { ...callOf(1), params: ["x"] }],
  ["params that are null", { ...callOf(1), params: null }],
  ["a method and a result", { ...callOf(1), result: {} }],
  ["a result and an error", { jsonrpc: "2.0", id: 1, result: {}, error: { code: 1, message: "" } }],
  ["an error that is no object", { jsonrpc: "2.0", id: 1, error: "x" }],
  ["a number", 5],
  ["a string", JSON.stringify("x")],
  ["null", null],
];

attack(
  "A-255",
  "Send anything that is not JSON-RPC 2.0, name an unknown version, or initialize a session again with an older one",
  "400 with `message_invalid`; an unknown version and a second `initialize` get 400 as well, and the session keeps its version",
  () => {
    it.each(wrong)("%s", async (_what, message) => {
      const { url, server } = await gatewayBefore();
      const own = await sessionOf(url, ada);
      const said = await own.post(message);
      expect(said).toMatchObject({ status: 400, code: "message_invalid" });
      const beginning = ["initialize", "notifications/initialized"];
      expect(beginning).toEqual(
        expect.arrayContaining(server.came.map(({ message }) => message.method)),
      );
      const stdio = await stdioBefore();
      stdio.write(`${typeof message === "string" ? message : JSON.stringify(message)}\n`);
      await expect
        .poll(() => stdio.said)
        .toMatchObject([{ error: { data: { code: "message_invalid" } } }]);
    });

    it("an unknown version, and an older one, in an open session", async () => {
      const { url, server } = await gatewayBefore();
      const own = await sessionOf(url, ada);
      const headers = { "mcp-protocol-version": "1999-01-01" };
      expect(await own.post(callOf(1), { headers })).toMatchObject({ status: 400 });
      const params = { ...initialize.params, protocolVersion: "2024-11-05" };
      expect(await own.post({ ...initialize, id: 2, params })).toMatchObject({ status: 400 });
      await own.call(3);
      expect(server.of("tools/call").map(({ request }) => request.headers)).toMatchObject([
        { "mcp-protocol-version": "2025-11-25" },
      ]);
    });

    it("a second beginning over stdio", async () => {
      const { send, said, server } = await stdioBefore();
      const params = { ...initialize.params, protocolVersion: "2024-11-05" };
      send({ ...initialize, id: 2, params });
      await expect
        .poll(() => said)
        .toMatchObject([{ id: 2, error: { data: { code: "already_initialized" } } }]);
      expect(server.of("initialize")).toHaveLength(1);
    });
  },
);
