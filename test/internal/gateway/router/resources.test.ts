/** Which of several servers a resource is of. */
import { expect, it } from "vitest";
import { Homes } from "../../../../src/gateway/router/index.ts";
import {
  type Answers,
  exchange,
  overHttp,
  overStdio,
  testServer,
} from "../../../gateway/router/support/servers.ts";
import { callerOf } from "../../../gateway/run/support/caller.ts";

const contents = (uri: unknown, text: string) => ({ contents: [{ uri, text }] });

/** A server that has what begins with its name. */
function having(name: string, more: Answers = {}) {
  return testServer({
    "resources/read": ({ params: { uri } }) => {
      if (!String(uri).startsWith(`${name}:`)) throw -32002;
      return contents(uri, name);
    },
    "resources/list": () => ({ resources: [{ uri: `${name}:listed`, name: "listed" }] }),
    ...more,
  });
}

const read = (made: { ask: (method: string, params: object) => Promise<unknown> }, uri: string) =>
  made.ask("resources/read", { uri });

it("reads what was listed, linked or embedded at the server that did it", async () => {
  const content = [
    { type: "resource_link", uri: "any:linked", name: "linked" },
    { type: "resource", resource: { uri: "any:embedded", text: "…" } },
  ];
  const anything: Answers = {
    "resources/read": ({ params: { uri } }) => contents(uri, "anything"),
  };
  const [aa, bb] = [
    await having("aa", anything),
    await having("bb", {
      ...anything,
      "resources/list": () => ({ resources: [{ uri: "any:listed", name: "listed" }] }),
      "resources/templates/list": () => ({
        resourceTemplates: [{ uriTemplate: "any:template/{x}/end", name: "t" }],
      }),
      "tools/call": () => ({ content }),
      "prompts/get": () => ({
        messages: [
          { role: "user", content: { type: "resource_link", uri: "any:prompt", name: "p" } },
        ],
      }),
    }),
  ];
  const made = await overStdio({ aa, bb });
  await made.ask("resources/list");
  await made.ask("resources/templates/list");
  await made.ask("tools/call", { name: "bb__t", arguments: {} });
  await made.ask("prompts/get", { name: "bb__p" });
  for (const name of ["listed", "linked", "embedded", "prompt", "template/7/end"])
    expect(await read(made, `any:${name}`)).toMatchObject({ result: { contents: [{}] } });
  expect([aa.of("resources/read").length, bb.of("resources/read").length]).toEqual([0, 5]);
  const argument = { name: "x", value: "" };
  const ref = { type: "ref/resource", uri: "any:template/{x}/end" };
  await made.ask("completion/complete", { ref, argument });
  expect([aa.of("completion/complete").length, bb.of("completion/complete").length]).toEqual([
    0, 1,
  ]);
});

it("asks one after the other for a URI that nobody has named, and remembers who had it", async () => {
  const [aa, bb, cc] = [await having("aa"), await having("bb"), await having("cc")];
  const made = await overStdio({ aa, bb, cc });
  expect(await read(made, "bb:new")).toMatchObject({ result: contents("bb:new", "bb") });
  expect([aa, bb, cc].map((each) => each.of("resources/read").length)).toEqual([1, 1, 0]);
  await read(made, "bb:new");
  expect([aa, bb, cc].map((each) => each.of("resources/read").length)).toEqual([1, 2, 0]);
  expect(await read(made, "dd:none")).toMatchObject({ error: { code: -32002 } });
  expect(await made.ask("resources/read", {})).toMatchObject({
    error: { data: { code: "resource_unknown" } },
  });
});

it("says what went wrong where a server failed, rather than that others do not have it", async () => {
  const failing = await having("bb", {
    "resources/read": () => {
      throw -32603;
    },
  });
  const made = await overStdio({ aa: await having("aa"), bb: failing, cc: await having("cc") });
  expect(await read(made, "dd:none")).toMatchObject({ error: { code: -32603 } });
});

it("subscribes at all that may have a resource which nobody has named", async () => {
  const answers: Answers = {
    "resources/subscribe": () => ({}),
    "resources/unsubscribe": () => ({}),
  };
  const [aa, bb] = [await having("aa", answers), await having("bb", answers)];
  const made = await overStdio({ aa, bb, cc: await having("cc") });
  const uri = "bb:new";
  expect(await made.ask("resources/subscribe", { uri })).toMatchObject({ result: {} });
  await expect
    .poll(() => {
      bb.push({ method: "notifications/resources/updated", params: { uri } });
      return made.heard("notifications/resources/updated").length;
    })
    .toBeGreaterThan(0);
  await made.ask("resources/unsubscribe", { uri });
  // Who said that it changed has it.
  expect([aa, bb].map((each) => each.of("resources/unsubscribe").length)).toEqual([0, 1]);
});

it("finds resources of exchanges after a reload, and at another gateway", async () => {
  const [aa, bb] = [await having("aa"), await having("bb")];
  const [made, other] = [await overHttp({ aa, bb }), await overHttp({ aa, bb })];
  await exchange(made.url, "resources/list");
  await made.gateway.reload(made.parts);
  expect(await exchange(made.url, "resources/read", { uri: "bb:listed" })).toMatchObject({
    result: contents("bb:listed", "bb"),
  });
  // It was known, so nobody else was asked.
  expect(aa.of("resources/read")).toEqual([]);
  expect(await exchange(other.url, "resources/read", { uri: "bb:listed" })).toMatchObject({
    result: contents("bb:listed", "bb"),
  });
});

it("lets no subject decide where the requests of another go", async () => {
  const link = { type: "resource_link", uri: "bb:secret", name: "x" };
  const [aa, bb] = [
    await having("aa", {
      "tools/call": () => ({ content: [link] }),
      "resources/read": ({ params: { uri } }) => contents(uri, "forged"),
    }),
    await having("bb"),
  ];
  const made = await overHttp({ bb, aa });
  const [ada, eve] = ["ada", "eve"].map((user) => callerOf(made.url, { "x-user": user }));
  if (ada === undefined || eve === undefined) throw new Error("Both are there.");
  await exchange(eve, "tools/call", { name: "aa__t", arguments: {} });
  const readBy = (caller: typeof ada) => exchange(caller, "resources/read", { uri: link.uri });
  expect(await readBy(eve)).toMatchObject({ result: { contents: [{ text: "forged" }] } });
  expect(await readBy(ada)).toMatchObject({ result: { contents: [{ text: "bb" }] } });
});

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
