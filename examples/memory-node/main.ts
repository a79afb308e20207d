/**
 * A small memory node at work: the order in which its hooks run, and what a failure does at each.
 *
 * Run it with `npm run start:memory-node`. It needs no server and leaves no files behind.
 */
import { assertFact } from "./assert-fact.ts";
import { federationInbound, federationOutbound } from "./federation.ts";
import { type MemoryNode, NodeError } from "./node.ts";
import { onlooker } from "./onlooker.ts";
import { queryOf, recall } from "./recall.ts";
import { callerOf, expectCan } from "./request.ts";
import { startNode, stopNode } from "./start.ts";
import { steward } from "./steward.ts";

const tokens = { "ada-token": { entity_uri: "agent:ada", permissions: ["facts:write"] } };
const launched = {
  entity: "Project:Apollo",
  relation: "status",
  value: "launched",
  source: "agent:ada",
  scope: "public",
};

/** Runs `act` on a fresh node and prints which hooks ran and what the answer was. */
async function show(
  title: string,
  act: (node: MemoryNode) => Promise<string>,
  failAt: readonly string[] = [],
): Promise<void> {
  const seen: string[] = [];
  const plugins = [steward, onlooker({ see: (hook) => seen.push(hook), failAt })];
  const node = await startNode({ plugins, tokens, log: () => undefined });
  const started = seen.splice(0);
  const answer = await act(node).catch(textOf);
  if (title === "start") console.log(`start\n  ${started.join(", ")}`);
  else console.log(`${title}\n  ${seen.join(", ")}\n  => ${answer}`);
  await stopNode(node);
}

function textOf(error: unknown): string {
  if (!(error instanceof NodeError)) throw error;
  return `${error.status} ${error.message}${error.stored ? " (stored)" : ""}`;
}

const caller = (node: MemoryNode) => callerOf(node, "ada-token");

async function assert(node: MemoryNode, req: Parameters<typeof assertFact>[1] = launched) {
  const who = await caller(node);
  await expectCan(node, who, "facts:write");
  const { entity } = await assertFact(node, req, who);
  return `${entity} is stored`;
}

async function find(node: MemoryNode) {
  await assertFact(node, launched, await caller(node));
  const { total } = await recall(node, queryOf({ relation: "status" }), await caller(node));
  return `${total} found`;
}

await show("start", async () => "");
await show("an assertion", (node) => assert(node));
await show("a source that is blocked", (node) =>
  assert(node, { ...launched, source: "agent:blocked" }),
);
await show("a fact without a value", (node) => assert(node, { ...launched, value: undefined }));

console.log("\nwhat a failure does to an assertion, site by site");
const sites = [
  "pre_assert_authorize",
  "pre_assert_validate",
  "pre_assert_transform",
  "post_assert_persist",
  "post_assert_propagate",
  "post_assert_audit",
];
for (const site of sites) await show(site, (node) => assert(node), [site]);

console.log("\na recall, and a filter that fails");
await show("a recall", find);
await show("recall_filter", find, ["recall_filter"]);

console.log("\nfederation");
const showing = { peer: { node_id: "node:berlin" }, tokenPayload: { scopes: ["public"] } };
await show("a batch of three", async (node) => {
  const batch = ["public", "team", "public"].map((scope, index) => ({
    ...launched,
    id: `fact-${index}`,
    scope,
  }));
  const { accepted, rejected } = await federationInbound(node, batch, showing);
  const errors = rejected.map(({ fact_id, error }) => `${fact_id}: ${error}`);
  return `${accepted.join(", ")} accepted; ${errors.join(", ")}`;
});
await show("what goes out", async (node) => {
  await assertFact(node, launched, await caller(node));
  const count = await federationOutbound(node, showing, async ([fact]) => {
    console.log(`  sent: ${fact?.entity} with a digest: ${"digest" in (fact ?? {})}`);
  });
  return `${count} sent`;
});
