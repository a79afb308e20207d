/** The memory of which server has a resource. */
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { destinationOf } from "../../../../src/gateway/router/destination.ts";
import { RoutingMemory } from "../../../../src/gateway/router/index.ts";

it("has a bound to what it remembers, for one subject and for all", () => {
  const memory = new RoutingMemory(["aa", "bb"]);
  const uri = (at: number) => `x://${at}/${"-".repeat(1000)}`;
  const fill = (owner: string) => {
    for (let at = 0; at < 600; at += 1) memory.addUri(owner, "bb", uri(at));
  };
  memory.addUri("ada", "bb", uri(0));
  memory.addUri("ada", "bb", "x".repeat(2_000_000));
  fill("eve");
  const of = (owner: string, one: string) => memory.ofUri(owner, one, ["aa", "bb"]);
  expect([of("eve", uri(0)), of("eve", uri(599))]).toEqual([undefined, "bb"]);
  expect([of("ada", uri(0)), of("ada", "x".repeat(2_000_000))]).toEqual(["bb", undefined]);
  for (let at = 0; at < 100; at += 1) fill(`other ${at}`);
  expect([of("ada", uri(0)), of("other 99", uri(599))]).toEqual([undefined, "bb"]);
});

it("has a bound to how many subjects it remembers, however little of each", () => {
  const memory = new RoutingMemory(["aa"]);
  memory.addUri("ada", "aa", "x://1");
  for (let at = 0; at < 40_000; at += 1) memory.addUri(`other ${at}`, "aa", "x://1");
  const of = (owner: string) => memory.ofUri(owner, "x://1", ["aa"]);
  expect([of("ada"), of("other 39999")]).toEqual([undefined, "aa"]);
});

it("keeps the servers that stay over a reload, and the first of the configuration", () => {
  const memory = new RoutingMemory(["aa", "bb"]);
  const of = (uri: string, servers = ["aa", "bb"]) => memory.ofUri("ada", uri, servers);
  memory.addUri("ada", "bb", "x://1");
  memory.addUri("ada", "aa", "x://2");
  memory.addTemplate("ada", "aa", "y://{a}");
  memory.addUri("ada", "bb", "x://2");
  expect([of("x://1"), of("x://2"), of("y://{a}"), of("y://7")]).toEqual(["bb", "aa", "aa", "aa"]);
  memory.addUri("ada", "aa", "x://1");
  expect(of("x://1")).toBe("aa");
  memory.use(["bb"]);
  expect([of("x://1"), of("x://2"), of("y://7")]).toEqual([undefined, undefined, undefined]);
  // A session that began before the reload still has the other server.
  memory.addUri("ada", "bb", "x://3");
  memory.addUri("ada", "aa", "x://3");
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
  ["x://{plain", "x://{plain", true],
  ["x://{plain", "x://1", false],
  [`${"{a}".repeat(1000)}z`, "y".repeat(100_000), false],
])("matches template %# in time that grows with its length", (template, uri, isMatch) => {
  const memory = new RoutingMemory(["aa"]);
  memory.addTemplate("ada", "aa", template);
  expect(memory.ofUri("ada", uri, ["aa"])).toBe(isMatch ? "aa" : undefined);
});

it("is asked once for each URI of a subscription, however many servers there are", () => {
  const servers = ["aa", "bb", "cc"];
  const memory = new RoutingMemory(servers);
  memory.addTemplate("ada", "bb", "x://{a}");
  const ofUri = vi.spyOn(memory, "ofUri");
  const notifications = { resourceSubscriptions: ["x://1", "y://2", 3] };
  const message = { jsonrpc: "2.0", method: "subscriptions/listen", params: { notifications } };
  const context = { servers, begunOf: () => undefined, memory, owner: "ada" };
  const messages = servers.map((server) => {
    const own = server === "bb" ? ["x://1", "y://2", 3] : ["y://2", 3];
    return [server, { ...message, params: { notifications: { resourceSubscriptions: own } } }];
  });
  expect(destinationOf(message, context)).toEqual({ kind: "all", messages });
  expect(ofUri).toHaveBeenCalledTimes(2);
});

it("keeps the newest 500 templates of an owner", () => {
  const memory = new RoutingMemory(["aa"]);
  for (let at = 0; at < 501; at += 1) memory.addTemplate("ada", "aa", `x${at}:{a}`);
  const of = (uri: string) => memory.ofUri("ada", uri, ["aa"]);
  expect([of("x0:1"), of("x1:1"), of("x500:1")]).toEqual([undefined, "aa", "aa"]);
});

describe("compares so many URIs with templates in a second", () => {
  const withTemplates = (count: number) => {
    const memory = new RoutingMemory(["aa"]);
    for (let at = 0; at < count; at += 1) memory.addTemplate("ada", "aa", `x${at}:{a}`);
    return { memory, of: (uri: string) => memory.ofUri("ada", uri, ["aa"]) };
  };

  it.each([
    ["many", 400_000, 5],
    ["long", 10, 50_000],
  ])("%s at once: the rest is unknown until the next", (_what, count, length) => {
    const { memory, of } = withTemplates(500);
    const uris = Array.from({ length: count }, (_, at) => `x0:${String(at).padStart(length, "-")}`);
    const [first = "", last = ""] = [uris[0], uris.at(-1)];
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const compared = uris.filter((uri) => of(uri) !== undefined);
    expect(compared[0]).toBe(first);
    expect(500 * compared.join("").length).toBeLessThan(2 ** 25);
    expect(of(last)).toBeUndefined();
    // Another owner has a second of its own, and what a server has named needs no comparison.
    memory.addTemplate("eve", "aa", "x0:{a}");
    expect(memory.ofUri("eve", first, ["aa"])).toBe("aa");
    memory.addUri("ada", "aa", last);
    expect(of(last)).toBe("aa");
    vi.advanceTimersByTime(1000);
    expect(of(first)).toBe("aa");
  });

  it("a thousand with a hundred", () => {
    const { of } = withTemplates(100);
    const uris = Array.from({ length: 1000 }, (_, at) => `x${at % 100}:${"-".repeat(100)}`);
    expect(uris.filter((uri) => of(uri) === undefined)).toEqual([]);
  });
});
