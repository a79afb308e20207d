/** Merged answers of several servers. */
import { expect, it } from "vitest";
import { mergeHandshakes } from "../../../../src/gateway/router/merge.ts";
import { RoutingMemory } from "../../../../src/gateway/router/routing-memory.ts";
import { excessOf } from "../../../support/growth.ts";

const context = { memory: new RoutingMemory(["aa", "bb"]), owner: "ada", isPartial: false };
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
