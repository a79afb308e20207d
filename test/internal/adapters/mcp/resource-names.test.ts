/** How many names of resources are kept. */
import { expect, it } from "vitest";
import { ResourceNames } from "../../../../src/providers/mcp/resource-names.ts";
import { verifies } from "../../../support/verifies.ts";

it("names of resources are kept up to a limit: those beyond it count as unknown", () => {
  verifies("labels:resource-names-grow");
  const names = new ResourceNames();
  const many = Array.from({ length: 65_536 }, (_, at) => ({ uri: `a:${at}`, name: "n" }));
  names.learn("outgoing", many);
  expect(names.of("outgoing", "a:1")).toEqual(["n"]);
  expect(names.of("outgoing", "a:x")).toEqual([]);
  names.learn("outgoing", [{ uri: "a:1", name: "n" }]);
  expect(names.of("outgoing", "a:x")).toEqual([]);
  names.learn("outgoing", [{ uri: "a:x", name: "n" }]);
  expect(names.of("outgoing", "a:x")).toBe(undefined);
  expect(names.of("outgoing", "a:1")).toEqual(["n"]);
  const long = new ResourceNames();
  long.learn("incoming", [{ uri: "a:1", name: "n".repeat(8_388_608) }]);
  expect(long.of("incoming", "a:1")).toBe(undefined);
});
