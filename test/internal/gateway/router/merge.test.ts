/** Merged answers of several servers. */
import { expect, it } from "vitest";
import { mergeHandshakes, mergeLists } from "../../../../src/gateway/router/merge.ts";
import { RoutingMemory } from "../../../../src/gateway/router/routing-memory.ts";
import { excessOf } from "../../../support/growth.ts";

const context = { memory: new RoutingMemory(["aa", "bb"]), owner: "ada", isPartial: false };
const partsOf = (aa: object, bb: object) => [
  { server: "aa", result: { ...aa } },
  { server: "bb", result: { ...bb } },
];

it("may be kept no longer, and shown to nobody else, than any of them", () => {
  const open = { tools: [], ttlMs: 60_000, cacheScope: "public" };
  const own = { tools: [], ttlMs: 1000, cacheScope: "private" };
  for (const parts of [partsOf(open, own), partsOf(own, open)])
    expect(mergeLists("tools/list", parts, context)).toEqual(own);
});

it("have the oldest version that any server answers with", () => {
  const older = { protocolVersion: "2025-03-26" };
  const newer = { protocolVersion: "2025-06-18" };
  for (const parts of [partsOf(older, newer), partsOf(newer, older)])
    expect(mergeHandshakes("initialize", parts, context)).toMatchObject(older);
});

it("compares lists of versions in time that grows with their length", async () => {
  const input = (count: number) =>
    ["aa", "bb"].map((server) => {
      const own = Array.from({ length: count }, (_, at) => `${server}${at}`);
      return { server, result: { supportedVersions: [...own, "2026-07-28"] } };
    });
  const run = (parts: ReturnType<typeof input>) =>
    mergeHandshakes("server/discover", parts, context);
  expect(run(input(2))).toMatchObject({ supportedVersions: ["2026-07-28"] });
  expect(await excessOf({ input, run })).toBeUndefined();
});
