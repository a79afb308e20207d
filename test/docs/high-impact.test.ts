/** docs/operate.md describes in words every capability that the code lists as high impact. */
import { capabilities } from "glassine";
import { highImpact, standardTables } from "glassine/node";
import { expect, it } from "vitest";
import { surfaceOf } from "../../src/core/host/index.ts";
import { memoryNode } from "../../src/memory-node/index.ts";
import { readPage } from "./support/pages.ts";

/** The page's phrase for each name. */
const phrases: Readonly<Record<string, string>> = {
  append_labels: "changing labels,",
  write_headers: "labels, headers or",
  append_delegation: "or other parts of a message",
  read_headers: "reading headers",
  read_claims: "what a token claims",
  read_client: "what a token claims",
  "facts.write": "writing facts,",
  "recall.write": "recalls,",
  "federation.write": "federation or",
  "tenant.write": "or tenants,",
  "network.outbound": "sending to the network",
  "identity.read": "reading identities",
  "audit.read": "the audit trail",
};

it("docs/operate.md: the review has every name of high impact", () => {
  const { slots, hooks, services } = surfaceOf(memoryNode) as NonNullable<
    ReturnType<typeof surfaceOf>
  >;
  const tables = { slots: slots.table, hooks, services };
  const names = [...Object.values(capabilities), ...Object.keys(services)];
  const found = new Set([...highImpact(standardTables, names), ...highImpact(tables, names)]);
  const say = "each name of high impact has a phrase in `phrases` that docs/operate.md contains";
  expect([...found].sort(), say).toEqual(Object.keys(phrases).sort());
  const { text } = readPage("docs/operate.md");
  const review = text.split("\n").find((line) => line.includes("**High impact.**"));
  for (const name of found) expect(review).toContain(phrases[name]);
});
