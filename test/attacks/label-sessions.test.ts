/** Label laundering from one call to the next. */
import { createPluginManager, definePlugin, deny } from "glassine";
import { type LabelStore, memoryLabelStore } from "glassine/labels";
import { type GuardLabels, guardErrorCodes } from "glassine/mcp";
import { expect, it } from "vitest";
import { settle } from "../adapters/mcp/support/fake-manager.ts";
import { withPolicies } from "../adapters/mcp/support/labelled.ts";
import { type Json, rawGuard, request, result, toolResult } from "../adapters/mcp/support/raw.ts";
import { verifies } from "../support/verifies.ts";
import { attack } from "./attack.ts";

const policies = withPolicies({ read_secret: { apply_labels: ["SECRET"] } });

/** Refuses `send` once the session has seen the secret. */
async function connect(labels: GuardLabels) {
  const manager = await createPluginManager({
    plugins: [
      definePlugin({
        name: "egress",
        version: "1.0.0",
        capabilities: ["read_labels"],
        hooks: {
          "cmf.tool_pre_invoke": {
            conditions: { tools: ["send"] },
            handler: (_message, _context, { security }) =>
              security.labels.includes("SECRET") ? deny("no secrets") : undefined,
          },
        },
      }),
    ],
  });
  const parts = await rawGuard(manager, {
    envelope: ({ mcp }) => ({ ...policies, mcp }),
    labels: labels as GuardLabels<unknown>,
  });
  let id = 0;
  const ask = async (method: string, params: object, answer: (id: number) => Json) => {
    const own = ++id;
    await parts.guard.send(request(own, method, params));
    parts.peer(answer(own));
    await settle();
    return parts.received().find((message) => message.id === own);
  };
  return {
    ...parts,
    ask,
    read: () => ask("tools/call", { name: "read_secret" }, (own) => toolResult(own, "s3cret")),
    send: (more: object = {}) =>
      ask("tools/call", { name: "send", arguments: { text: "s3cret" }, ...more }, (own) =>
        toolResult(own, "sent"),
      ),
  };
}

const refused = { error: { code: guardErrorCodes.denied, message: "no secrets" } };

attack(
  "A-074",
  "End the session, reconnect or name another session, so that its labels are lost",
  "the labels stay with the session that the host names, by default one per manager and `serverId`, whatever a peer says or closes",
  () => {
    const host = (store: LabelStore = memoryLabelStore()) => ({ store, session: "of ada" });

    it("the label follows the data to the next call", async () => {
      const { read, send } = await connect({});
      expect(await send()).toMatchObject({ result: { content: [{ text: "sent" }] } });
      expect(await read()).toMatchObject({ result: { content: [{ text: "s3cret" }] } });
      expect(await send()).toMatchObject(refused);
    });

    it("a peer that assigns another session id to the transport", async () => {
      verifies("labels:session-host");
      const { read, send, raw } = await connect({});
      await read();
      for (const sessionId of ["session-2", "", undefined]) {
        raw.sessionId = sessionId;
        expect(await send()).toMatchObject(refused);
      }
    });

    it("a new handshake on the same connection", async () => {
      const { ask, read, send } = await connect({});
      await read();
      await ask("initialize", { protocolVersion: "2025-11-25" }, (own) => result(own, {}));
      expect(await send()).toMatchObject(refused);
    });

    it("a session named in params or `_meta`", async () => {
      verifies("labels:session-host");
      const { read, send } = await connect({});
      await read();
      const other = { sessionId: "clean", session: "clean", labels: [] };
      expect(await send({ ...other, _meta: other })).toMatchObject(refused);
      expect(
        await send({ _meta: { ifc: { integrity: "trusted", confidentiality: "public" } } }),
      ).toMatchObject(refused);
    });

    it("a closed connection and a new one, of a session named by the host", async () => {
      const labels = host();
      const first = await connect(labels);
      await first.read();
      await first.guard.close();
      const second = await connect(labels);
      expect(await second.send()).toMatchObject(refused);
    });

    it("a cancelled call, whose answer is late", async () => {
      const store = memoryLabelStore();
      const { guard, peer, received, send } = await connect(host(store));
      await guard.send(request("late", "tools/call", { name: "read_secret" }));
      const params = { requestId: "late" };
      await guard.send({ jsonrpc: "2.0", method: "notifications/cancelled", params });
      peer(toolResult("late", "s3cret"));
      await settle();
      // A result that never arrived needs no label.
      expect(JSON.stringify(received())).not.toContain("s3cret");
      expect(await send()).toMatchObject({ result: {} });
    });

    it("many sessions, so that the store evicts the one with the label", async () => {
      const store = memoryLabelStore({ maxSessions: 2 });
      const { read, send } = await connect(host(store));
      await read();
      const floods = Array.from({ length: 50 }, (_, at) => store.append(`flood ${at}`, ["X"]));
      const ends = await Promise.allSettled(floods);
      expect(ends.filter(({ status }) => status === "rejected")).toHaveLength(49);
      expect(await send()).toMatchObject(refused);
    });

    it("many labels, so that there is no room for the one that matters", async () => {
      const store = memoryLabelStore();
      await store.append(
        "of ada",
        Array.from({ length: 256 }, (_, at) => `L${at}`),
      );
      const { read, send } = await connect(host(store));
      const answer = await read();
      expect(answer).toMatchObject({ error: { code: guardErrorCodes.failed } });
      expect(JSON.stringify(answer)).not.toContain("s3cret");
      expect(await send()).toMatchObject({ result: {} });
    });

    it("a store that fails when the label is stored", async () => {
      const store = memoryLabelStore();
      const gone: LabelStore = {
        load: store.load,
        append: () => Promise.reject(new Error("gone")),
      };
      const { read } = await connect(host(gone));
      const answer = await read();
      expect(answer).toMatchObject({ error: { code: guardErrorCodes.failed } });
      expect(JSON.stringify(answer)).not.toContain("s3cret");
    });
  },
);
