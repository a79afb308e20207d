/** The page has a sentence for every configuration key. */
import { expect, it } from "vitest";
import { configSchema } from "../../src/gateway/config/index.ts";
import { configRows } from "../../tools/scripts/pages/gateway-reference-page.ts";

it("every key has a sentence", () => {
  const rows = configRows();
  expect(rows.filter(({ means }) => means === "").map(({ path }) => path)).toEqual([]);
  const tops = new Set(rows.map(({ path }) => path.split(/[.[]/)[0]));
  expect([...tops].sort()).toEqual(
    Object.keys(configSchema.shape)
      .filter((key) => key !== "$schema")
      .sort(),
  );
  expect(rows.map(({ path }) => path)).toEqual(
    expect.arrayContaining(["servers.NAME.command", "servers.NAME.url", "plugins[].use"]),
  );
});
