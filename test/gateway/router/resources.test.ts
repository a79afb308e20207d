/** Which of several servers a resource belongs to. */
import { expect, it } from "vitest";
import { callerOf } from "../run/support/caller.ts";
import { type Answers, exchange, overHttp, overStdio, testServer } from "./support/servers.ts";

const contents = (uri: unknown, text: string) => ({ contents: [{ uri, text }] });

/** A server that has the resources whose URIs begin with its name. */
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
  const aa = await having("aa", anything);
  const bb = await having("bb", {
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
  });
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
  const aa = await having("aa");
  const bb = await having("bb");
  const cc = await having("cc");
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
  const aa = await having("aa", answers);
  const bb = await having("bb", answers);
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
  // The server that announced the change has the resource.
  expect([aa, bb].map((each) => each.of("resources/unsubscribe").length)).toEqual([0, 1]);
});

it("finds resources of exchanges after a reload, and at another gateway", async () => {
  const aa = await having("aa");
  const bb = await having("bb");
  const made = await overHttp({ aa, bb });
  const other = await overHttp({ aa, bb });
  await exchange(made.url, "resources/list");
  await made.gateway.reload(made.parts);
  expect(await exchange(made.url, "resources/read", { uri: "bb:listed" })).toMatchObject({
    result: contents("bb:listed", "bb"),
  });
  // The resource was known, so no other server was asked.
  expect(aa.of("resources/read")).toEqual([]);
  expect(await exchange(other.url, "resources/read", { uri: "bb:listed" })).toMatchObject({
    result: contents("bb:listed", "bb"),
  });
});

it("lets no subject decide where the requests of another go", async () => {
  const link = { type: "resource_link", uri: "bb:secret", name: "x" };
  const aa = await having("aa", {
    "tools/call": () => ({ content: [link] }),
    "resources/read": ({ params: { uri } }) => contents(uri, "forged"),
  });
  const bb = await having("bb");
  const made = await overHttp({ bb, aa });
  const [ada, eve] = ["ada", "eve"].map((user) => callerOf(made.url, { "x-user": user }));
  if (ada === undefined || eve === undefined) throw new Error("Both are there.");
  await exchange(eve, "tools/call", { name: "aa__t", arguments: {} });
  const readBy = (caller: typeof ada) => exchange(caller, "resources/read", { uri: link.uri });
  expect(await readBy(eve)).toMatchObject({ result: { contents: [{ text: "forged" }] } });
  expect(await readBy(ada)).toMatchObject({ result: { contents: [{ text: "bb" }] } });
});
