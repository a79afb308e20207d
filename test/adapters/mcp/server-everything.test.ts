// Only in test:all: it starts a real server.
import { expect, it } from "vitest";
import { connectEverything, doEverything, type Tap } from "./support/everything.ts";
import { fakeManager } from "./support/fake-manager.ts";
import { guarded } from "./support/raw.ts";

/** What differs from one process to the next: times, task ids, the clock in a blob. */
function steady(results: Record<string, unknown>): unknown {
  const text = JSON.stringify(results)
    .replaceAll(/\d{1,2}:\d{2}:\d{2}( [AP]M)?/g, "TIME")
    .replaceAll(/\d{4}-\d{2}-\d{2}T[\w:.]+Z/g, "INSTANT")
    .replaceAll(/[0-9a-f]{32}/g, "TASK")
    .replaceAll(/"blob":"[^"]*"/g, '"blob":"BYTES"');
  return JSON.parse(text);
}

/** Messages with an id, by kind and id: hooks may change the order in which answers arrive. */
function byId(messages: Tap["sent"]): Record<string, unknown> {
  const named = messages.filter((message) => message.id !== undefined);
  return Object.fromEntries(named.map((m) => [`${m.method ?? "answer"} ${String(m.id)}`, m]));
}

it("passes every tool, prompt and resource of the reference server unchanged", async () => {
  const manager = fakeManager({
    tool_pre_invoke: () => undefined,
    tool_post_invoke: () => undefined,
    prompt_pre_fetch: () => undefined,
    prompt_post_fetch: () => undefined,
    resource_pre_fetch: () => undefined,
    resource_post_fetch: () => undefined,
  });
  const [bare, behind] = await Promise.all([
    connectEverything((transport) => transport),
    connectEverything((transport) => guarded(transport, manager)),
  ]);
  const [expected, results] = await Promise.all([
    doEverything(bare.client),
    doEverything(behind.client),
  ]);
  await Promise.all([bare.client.close(), behind.client.close()]);

  const names = Object.keys(results);
  expect(names.filter((name) => name.startsWith("tool ")).length).toBeGreaterThanOrEqual(16);
  expect(names.filter((name) => name.startsWith("prompt ")).length).toBeGreaterThanOrEqual(4);
  expect(names.filter((name) => name.startsWith("resource ")).length).toBeGreaterThanOrEqual(8);
  expect(steady(results)).toEqual(steady(expected));
  expect(
    Object.values(results).filter((value) => Object.hasOwn(Object(value), "failed")),
  ).toHaveLength(
    Object.values(expected).filter((value) => Object.hasOwn(Object(value), "failed")).length,
  );
  // Message by message, what the client sent and saw is exactly what went over the wire.
  expect(byId(behind.below.sent)).toEqual(byId(behind.above.sent));
  expect(byId(behind.above.received)).toEqual(byId(behind.below.received));
  const calls = Object.keys(results).length;
  expect(
    manager.names().filter((hook) => /^cmf\..*_pre_/.test(hook)).length,
  ).toBeGreaterThanOrEqual(calls);
});
