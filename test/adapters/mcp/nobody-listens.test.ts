/** What a guard does with a message that no plugin, policy or option needs. */
import { createExtensions, createPluginManager, definePlugin } from "glassine";
import { expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";
import { settle } from "./support/fake-manager.ts";
import { rawGuard, request, result, toolCall, toolResult } from "./support/raw.ts";

const manager = await createPluginManager({ plugins: [] });
const session = createExtensions({ security: { subject: { id: "ada", type: "user" } } });
const envelope = () => session;
const uri = "file:///p.csv";
const refused = { error: { code: -32011, data: { code: "guard_failed" } } };

it("passes the same objects on in the same turn, with an envelope", async () => {
  verifies("mcp:guard-others");
  const { guard, peer, sent, received } = await rawGuard(manager, { envelope });
  const call = toolCall(1, { rows: [{ id: 1 }] });
  const answer = toolResult(1, "fine");
  peer(call);
  expect(received()[0]).toBe(call);
  void guard.send(answer);
  expect(sent()[0]).toBe(answer);
});

it("forwards a request once the envelope is there, and drops it if it was cancelled", async () => {
  let resolve: (made: object) => void = () => {};
  const waits = () => new Promise<object>((done) => (resolve = done));
  const { peer, received } = await rawGuard(manager, { envelope: waits });
  peer(toolCall(1));
  await settle();
  expect(received()).toEqual([]);
  resolve(session);
  await settle();
  expect(received()).toHaveLength(1);
  peer(toolCall(2));
  peer({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 2 } });
  resolve(session);
  await settle();
  expect(received()).toHaveLength(1);
});

it("refuses if the host's envelope fails or is invalid", async () => {
  const envelopes = [
    () => {
      throw new Error("who?");
    },
    () => 5 as never,
    () => ({ security: { labels: 5 } }),
  ];
  for (const failing of envelopes) {
    const { peer, received, sent } = await rawGuard(manager, { envelope: failing });
    peer(toolCall(1));
    await settle();
    expect([received(), sent()]).toMatchObject([[], [refused]]);
  }
});

it("enforces the data policies of the envelope", async () => {
  const data = { echo: { denied_actions: ["receive"] } };
  const withPolicy = () => createExtensions({ security: { data } } as never);
  const { guard, peer, sent } = await rawGuard(manager, { envelope: withPolicy });
  peer(toolCall(1));
  await settle();
  await guard.send(toolResult(1, "secret"));
  await settle();
  expect(sent()).toMatchObject([{ error: { data: { code: "data_action_denied" } } }]);
});

it("remembers the names in a link, for a later policy", async () => {
  let current: object = session;
  const { guard, peer, sent } = await rawGuard(manager, { envelope: () => current });
  peer(toolCall(1));
  await guard.send(
    result(1, {
      content: [{ type: "resource_link", uri, name: "Payroll" }],
      structuredContent: {},
    }),
  );
  const data = { Payroll: { denied_actions: ["read"] } };
  current = createExtensions({ security: { data } } as never);
  peer(request(2, "resources/read", { uri }));
  await settle();
  await guard.send(result(2, { contents: [{ uri, text: "90000" }] }));
  await settle();
  expect(sent()[1]).toMatchObject({ error: { data: { code: "data_action_denied" } } });
});

it("refuses a field that MCP does not define, and a cyclic response", async () => {
  verifies("mcp:guard-unseen");
  const { guard, peer, received, sent } = await rawGuard(manager, { envelope });
  peer(toolCall(1, {}, { body: "ada@example.com" }));
  await settle();
  expect([received(), sent()]).toMatchObject([[], [refused]]);
  const circle: Record<string, unknown> = { content: [] };
  circle.again = circle;
  for (const odd of [{ content: [], task: "ada@example.com" }, circle]) {
    peer(toolCall(2));
    await guard.send(result(2, odd));
    await settle();
    expect(sent().at(-1)).toMatchObject({ id: 2, ...refused });
  }
});

it("copies messages if a plugin listens only to the response", async () => {
  const reader = definePlugin({
    name: "reader",
    version: "1.0.0",
    hooks: { "cmf.tool_post_invoke": (_message) => {} },
  });
  const listening = await createPluginManager({ plugins: [reader] });
  const { guard, peer, received, sent } = await rawGuard(listening, { envelope });
  const call = toolCall(1, { a: 1 });
  const answer = toolResult(1, "fine");
  peer(call);
  expect(received()[0]).toBe(call);
  await guard.send(answer);
  await settle();
  expect(sent()[0]).toEqual(answer);
  expect(sent()[0]).not.toBe(answer);
});

it("sends what plugins checked, whatever the peer does to its object meanwhile", async () => {
  const judged: string[] = [];
  const slow = definePlugin({
    name: "slow",
    version: "1.0.0",
    hooks: {
      async "cmf.tool_post_invoke"(message) {
        judged.push(JSON.stringify(message));
        await settle();
      },
    },
  });
  const listening = await createPluginManager({ plugins: [slow] });
  const { guard, peer, sent } = await rawGuard(listening);
  peer(toolCall(1));
  const answer = toolResult(1, "fine");
  const sending = guard.send(answer);
  Object.assign((answer as { result: object }).result, { content: [], extra: "secret" });
  await sending;
  await settle();
  expect(judged.join()).toContain("fine");
  expect(sent()).toEqual([toolResult(1, "fine")]);
});
