/** What is remembered of which server has a resource. */
import { expect, it } from "vitest";
import { Homes } from "../../../../src/gateway/router/index.ts";

it("has a bound to what it remembers, for one subject and for all", () => {
  const homes = new Homes(["aa", "bb"]);
  const uri = (at: number) => `x://${at}/${"-".repeat(1000)}`;
  const fill = (owner: string) => {
    for (let at = 0; at < 600; at += 1) homes.addUri(owner, "bb", uri(at));
  };
  homes.addUri("ada", "bb", uri(0));
  homes.addUri("ada", "bb", "x".repeat(2_000_000));
  fill("eve");
  const of = (owner: string, one: string) => homes.ofUri(owner, one, ["aa", "bb"]);
  expect([of("eve", uri(0)), of("eve", uri(599))]).toEqual([undefined, "bb"]);
  expect([of("ada", uri(0)), of("ada", "x".repeat(2_000_000))]).toEqual(["bb", undefined]);
  for (let at = 0; at < 100; at += 1) fill(`other ${at}`);
  expect([of("ada", uri(0)), of("other 99", uri(599))]).toEqual([undefined, "bb"]);
});

it("keeps the servers that stay over a reload, and the first of the configuration", () => {
  const homes = new Homes(["aa", "bb"]);
  const of = (uri: string, servers = ["aa", "bb"]) => homes.ofUri("ada", uri, servers);
  homes.addUri("ada", "bb", "x://1");
  homes.addUri("ada", "aa", "x://2");
  homes.addTemplate("ada", "aa", "y://{a}");
  homes.addUri("ada", "bb", "x://2");
  expect([of("x://1"), of("x://2"), of("y://{a}"), of("y://7")]).toEqual(["bb", "aa", "aa", "aa"]);
  homes.addUri("ada", "aa", "x://1");
  expect(of("x://1")).toBe("aa");
  homes.use(["bb"]);
  expect([of("x://1"), of("x://2"), of("y://7")]).toEqual([undefined, undefined, undefined]);
  // A session that began before the reload still has the other server.
  homes.addUri("ada", "bb", "x://3");
  homes.addUri("ada", "aa", "x://3");
  expect(of("x://3")).toBe("bb");
  expect(of("x://3", ["aa"])).toBeUndefined();
});

it.each([
  ["x://{a}/b{c}", "x://1/b2", true],
  ["x://{a}/b{c}", "x://1/c2", false],
  ["x://{a}", "y://1", false],
  ["x{a}{b}{c}y", "xy", true],
  ["{a}b{c}b", "b", false],
  ["{a}b{c}b", "bb", true],
  ["x://plain", "x://plain", true],
  [`${"{a}".repeat(1000)}z`, "y".repeat(100_000), false],
])("matches template %# in time that grows with its length", (template, uri, isMatch) => {
  const homes = new Homes(["aa"]);
  homes.addTemplate("ada", "aa", template);
  expect(homes.ofUri("ada", uri, ["aa"])).toBe(isMatch ? "aa" : undefined);
});
