/** What passes between a caller and several servers, in both directions. */
import { expect, it } from "vitest";
import { callOf } from "../run/support/caller.ts";
import type { Message } from "../run/support/fake-server.ts";
import {
  type Answers,
  exchange,
  overHttp,
  overStdio,
  says,
  testServer,
} from "./support/servers.ts";

const schema = { type: "object" };

/** A server with a tool on each of two pages. */
function paged() {
  return testServer({
    "tools/list": ({ params: { cursor } }) =>
      cursor === undefined
        ? { tools: [{ name: "first", inputSchema: schema }], nextCursor: "more" }
        : { tools: [{ name: `after ${cursor}`, inputSchema: schema }] },
  });
}

const namesIn = ({ result }: Message) =>
  (result as { tools: { name: string }[] }).tools.map(({ name }) => name);

it("merges lists page by page, and asks only those that have more", async () => {
  const whole = await testServer({
    "tools/list": () => ({ tools: [{ name: "only", inputSchema: schema }] }),
  });
  const aa = await paged();
  const cc = await paged();
  const { ask } = await overStdio({ aa, bb: whole, cc });
  const first = await ask("tools/list");
  expect(namesIn(first)).toEqual(["aa__first", "bb__only", "cc__first"]);
  const { nextCursor: cursor } = first.result as { nextCursor: string };
  const second = await ask("tools/list", { cursor });
  expect(namesIn(second)).toEqual(["aa__after more", "cc__after more"]);
  expect(second.result).not.toHaveProperty("nextCursor");
  expect(whole.of("tools/list")).toHaveLength(1);
  for (const forged of ["more", "e30", Buffer.from('{"dd":"x"}').toString("base64url")])
    expect(await ask("tools/list", { cursor: forged })).toMatchObject({
      error: { data: { code: "cursor_unknown" } },
    });
});

it("logs and counts what it refuses itself, since no guard sees it", async () => {
  const aa = await testServer();
  const made = await overStdio({ aa, bb: aa }, { admin: { port: 0 } });
  const { ask, log, admin } = made;
  await ask("tools/call", { name: "cc__gone" });
  await ask("resources/read", { uri: 1 });
  await ask("tasks/get", { taskId: "1" });
  await ask("tools/list", { cursor: "forged" });
  await ask("their/own");
  const lines = log.lines.filter(({ event }) => event === "refused");
  expect(lines).toMatchObject([
    { fields: { code: "name_unknown", method: "tools/call", name: "cc__gone" } },
    { fields: { code: "resource_unknown", method: "resources/read" } },
    { fields: { code: "task_unknown", method: "tasks/get" } },
    { fields: { code: "cursor_unknown", method: "tools/list" } },
    { fields: { code: "method_unknown", method: "their/own" } },
  ]);
  const { text } = await admin("/metrics");
  for (const { fields } of lines)
    expect(text).toContain(`refusals_total{code="${fields.code}"} 1\n`);
});

it.each([
  ["tools/list", "tools", { inputSchema: schema, name: "one" }, "bb__one"],
  ["prompts/list", "prompts", { name: "one" }, "bb__one"],
  ["resources/list", "resources", { name: "one", uri: "a:one" }, "one"],
  ["resources/templates/list", "resourceTemplates", { name: "one", uriTemplate: "a:{x}" }, "one"],
])(
  "leaves out who answers %s without a list of named objects, and says so",
  async (method, field, item, name) => {
    const key = Object.keys(item).at(-1) as string;
    const whole = [undefined, null, "none", {}, { 0: item, length: 1 }];
    const unnamed = { ...item, [key]: undefined };
    const items = [
      [null],
      [item, "none"],
      [item, [item]],
      [item, unnamed],
      [{ ...item, [key]: 1 }],
    ];
    const wrong: unknown[] = [...whole, ...items];
    const aa = await testServer({
      [method]: () => ({ [field]: wrong[0], ttlMs: 1000, nextCursor: "x" }),
    });
    const bb = await testServer({ [method]: () => ({ [field]: [item], ttlMs: 1000 }) });
    const { ask, log } = await overStdio({ aa, bb });
    for (; wrong.length > 0; wrong.shift()) {
      const { result } = await ask(method);
      expect(result).toMatchObject({ [field]: [{ name }], ttlMs: 0 });
      expect(result).not.toHaveProperty("nextCursor");
    }
    const lines = log.lines.filter(({ event }) => event === "server_left_out");
    const fields = { server: "aa", method, code: "peer_invalid" };
    expect(lines).toMatchObject(Array.from({ length: 10 }, () => ({ level: "warn", fields })));
  },
);

it("answers with an error if nobody has a list that can be read", async () => {
  const aa = await testServer({ "tools/list": () => ({ tools: "none" }) });
  const bb = await testServer({ "tools/list": () => ({}) });
  const { ask } = await overStdio({ aa, bb });
  const error = { code: -32014, data: { code: "peer_invalid" } };
  expect(await ask("tools/list")).toMatchObject({ error });
});

it("leaves a server that does not know MCP 2026-07-28 out of the lists of its callers", async () => {
  const tools = [{ name: "only", inputSchema: schema }];
  const aa = await testServer({ "tools/list": () => ({ tools, resultType: undefined }) });
  const bb = await testServer({ "tools/list": () => ({ tools }) });
  const { url, log } = await overHttp({ aa, bb });
  expect(namesIn(await exchange(url, "tools/list"))).toEqual(["bb__only"]);
  const fields = { server: "aa", method: "tools/list", code: "peer_invalid" };
  expect(log.lines.filter(({ event }) => event === "server_left_out")).toMatchObject([{ fields }]);
  const { ask } = await overStdio({ aa, bb });
  expect(namesIn(await ask("tools/list"))).toEqual(["aa__only", "bb__only"]);
});

it("leaves out who does not have a list, without a word, and who fails, with one", async () => {
  const aa = await testServer({ "prompts/list": () => ({ prompts: [{ name: "p" }] }) });
  const bb = await testServer();
  const { ask, log } = await overStdio({ aa, bb });
  expect(await ask("prompts/list")).toMatchObject({ result: { prompts: [{ name: "aa__p" }] } });
  expect(log.lines.filter(({ event }) => event === "server_left_out")).toEqual([]);
  expect(await ask("resources/list")).toMatchObject({ error: { code: -32601 } });
  const cc = await testServer({
    "prompts/list": () => {
      throw -32603;
    },
  });
  const other = await overStdio({ aa, cc });
  expect(await other.ask("prompts/list")).toMatchObject({
    result: { prompts: [{ name: "aa__p" }] },
  });
  expect(other.log.lines.find(({ event }) => event === "server_left_out")).toMatchObject({
    level: "warn",
    fields: { server: "cc", method: "prompts/list", code: -32603 },
  });
});

it("asks no server for what it said that it does not have", async () => {
  const answers: Answers = {
    "tools/list": () => ({ tools: [] }),
    "prompts/list": () => ({ prompts: [{ name: "p" }] }),
    "resources/read": () => ({ contents: [{ uri: "x:1", text: "bb" }] }),
    "completion/complete": () => ({ completion: { values: [] } }),
  };
  const aa = await testServer(answers, { tools: {} });
  const bb = await testServer(answers);
  const { ask } = await overStdio({ aa, bb });
  expect(await ask("prompts/list")).toMatchObject({ result: { prompts: [{ name: "bb__p" }] } });
  expect(await ask("logging/setLevel", { level: "info" })).toMatchObject({ result: {} });
  await ask("completion/complete", { ref: { type: "ref/resource", uri: "x:{id}" } });
  expect(await ask("resources/read", { uri: "x:1" })).toMatchObject({
    result: { contents: [{ text: "bb" }] },
  });
  await ask("tools/list");
  const asked = aa.came.map(({ message }) => message.method);
  expect(asked).toEqual(["initialize", "notifications/initialized", "tools/list"]);
  const { ask: askAlone } = await overStdio({ aa, cc: aa });
  expect(await askAlone("prompts/list")).toMatchObject({
    error: { code: -32601, data: { code: "method_unknown" } },
  });
});

it("asks servers of MCP 2024-11-05 for completions, which have no capability there", async () => {
  const initialize = () => ({
    protocolVersion: "2024-11-05",
    capabilities: { resources: {} },
    serverInfo: { name: "old", version: "1.0.0" },
  });
  const completion = { values: ["1"] };
  const old = await testServer({ initialize, "completion/complete": () => ({ completion }) });
  const { ask } = await overStdio({ aa: old, bb: old });
  const params = { ref: { type: "ref/resource", uri: "x:{id}" } };
  expect(await ask("completion/complete", params)).toMatchObject({ result: { completion } });
});

it("leaves a server out of a handshake that names no version", async () => {
  const supportedVersions = ["2026-07-28"];
  const aa = await testServer({ "server/discover": () => ({}) });
  const bb = await testServer({ "server/discover": () => ({ supportedVersions }) });
  const { url, log } = await overHttp({ aa, bb });
  const method = "server/discover";
  expect(await exchange(url, method)).toMatchObject({ result: { supportedVersions } });
  const fields = { server: "aa", method, code: "peer_invalid" };
  expect(log.lines.filter(({ event }) => event === "server_left_out")).toMatchObject([{ fields }]);
  const alone = await overHttp({ aa, cc: aa });
  expect(await exchange(alone.url, method)).toMatchObject({ error: { code: -32014 } });
});

it("says of a list that is not whole that it must not be kept", async () => {
  const ofList = { ttlMs: 60_000, cacheScope: "public", resultType: "complete" };
  const aa = await testServer({ "tools/list": () => ({ ...ofList, tools: [] }) });
  const bb = await testServer({
    "tools/list": () => {
      throw -32603;
    },
  });
  const whole = await overHttp({ aa, cc: aa });
  const part = await overHttp({ aa, bb });
  expect(await exchange(whole.url, "tools/list")).toMatchObject({ result: ofList });
  expect(await exchange(part.url, "tools/list")).toMatchObject({ result: { ttlMs: 0 } });
});

it("says of a list that it may be kept no longer, and shown to nobody else, than any of its parts", async () => {
  const ofList = (facts: object) => testServer({ "tools/list": () => ({ tools: [], ...facts }) });
  const own = { ttlMs: 1000, cacheScope: "private" };
  const aa = await ofList({ ttlMs: 60_000, cacheScope: "public" });
  const bb = await ofList(own);
  for (const servers of [
    { aa, bb },
    { aa: bb, bb: aa },
  ]) {
    const { url } = await overHttp(servers);
    expect(await exchange(url, "tools/list")).toMatchObject({ result: { ...own, tools: [] } });
  }
});

it("begins a session with the oldest version that any server answers with", async () => {
  const ofVersion = (protocolVersion: string) => {
    const serverInfo = { name: "test", version: "1.0.0" };
    return testServer({ initialize: () => ({ protocolVersion, capabilities: {}, serverInfo }) });
  };
  const aa = await ofVersion("2025-03-26");
  const bb = await ofVersion("2025-06-18");
  for (const servers of [
    { aa, bb },
    { aa: bb, bb: aa },
  ]) {
    const { said } = await overStdio(servers);
    expect(said[0]).toMatchObject({ result: { protocolVersion: "2025-03-26" } });
  }
});

it("answers a ping of a session itself; an exchange has none", async () => {
  const aa = await testServer();
  const bb = await testServer();
  const { ask } = await overStdio({ aa, bb });
  expect(await ask("ping")).toMatchObject({ result: {} });
  const { url } = await overHttp({ aa, bb });
  expect(await exchange(url, "ping")).toMatchObject({ error: { code: -32601 } });
  expect([...aa.of("ping"), ...bb.of("ping")]).toEqual([]);
});

it("refuses methods that MCP does not have, since nothing says whose they are", async () => {
  const aa = await testServer({ "vendor/method": () => ({}) });
  const bb = await testServer({ "vendor/method": () => ({}) });
  const { ask } = await overStdio({ aa, bb });
  expect(await ask("vendor/method")).toMatchObject({
    error: { code: -32601, data: { code: "method_unknown" } },
  });
  expect([...aa.of("vendor/method"), ...bb.of("vendor/method")]).toEqual([]);
});

/** A server that sends a request whose id and token others may use, and records the answer. */
async function asking(method: string) {
  const server = await testServer({
    "tools/call": (came) => {
      const params = { messages: [], maxTokens: 1, message: "?", _meta: { progressToken: "own" } };
      came.tell({ id: 100, method, params });
      return undefined;
    },
  });
  const answered = () => server.came.find(({ message }) => message.id === 100)?.message;
  return { server, answered };
}

it("keeps apart what two servers ask under the same id and progress token", async () => {
  const aa = await asking("sampling/createMessage");
  const bb = await asking("elicitation/create");
  const { send, heard } = await overStdio({ aa: aa.server, bb: bb.server });
  send(callOf(11, { name: "aa__t" }), callOf(12, { name: "bb__t" }));
  const asked = () => [...heard("sampling/createMessage"), ...heard("elicitation/create")];
  await expect.poll(() => asked().length).toBe(2);
  const [sampling, elicitation] = asked();
  expect(sampling?.id).not.toBe(elicitation?.id);
  const tokenOf = ({ params }: Message = { jsonrpc: "2.0" }) =>
    (params as { _meta: { progressToken: unknown } })._meta.progressToken;
  expect(tokenOf(sampling)).not.toBe(tokenOf(elicitation));
  const progress = { progressToken: tokenOf(elicitation), progress: 1 };
  send({ method: "notifications/progress", params: progress });
  send({ method: "notifications/progress", params: { progressToken: "own", progress: 2 } });
  await expect.poll(() => bb.server.of("notifications/progress").length).toBe(1);
  expect(bb.server.of("notifications/progress")[0]?.params).toEqual({
    progressToken: "own",
    progress: 1,
  });
  send({ id: elicitation?.id, result: { action: "decline" } });
  send({ id: sampling?.id, result: { role: "assistant", content: [], model: "m" } });
  await expect.poll(aa.answered).toMatchObject({ result: { model: "m" } });
  await expect.poll(bb.answered).toMatchObject({ result: { action: "decline" } });
  expect(aa.server.of("notifications/progress")).toEqual([]);
});

it("tells the caller when a server takes back what it asked", async () => {
  const aa = await asking("sampling/createMessage");
  const bb = await asking("sampling/createMessage");
  const { send, heard } = await overStdio({ aa: aa.server, bb: bb.server });
  send(callOf(11, { name: "aa__t" }));
  await expect.poll(() => heard("sampling/createMessage").length).toBe(1);
  send(callOf(12, { name: "bb__t" }));
  await expect.poll(() => heard("sampling/createMessage").length).toBe(2);
  bb.server
    .of("tools/call")[0]
    ?.tell({ method: "notifications/cancelled", params: { requestId: 100 } });
  await expect.poll(() => heard("notifications/cancelled").length).toBe(1);
  const ofBb = heard("sampling/createMessage").at(-1);
  expect(heard("notifications/cancelled")[0]?.params?.requestId).toBe(ofBb?.id);
});

it("passes on what servers say on their own, and their progress", async () => {
  const push = [
    { method: "notifications/tools/list_changed" },
    { method: "notifications/resources/list_changed" },
    { method: "notifications/prompts/list_changed" },
    { method: "notifications/resources/updated", params: { uri: "x://1" } },
    { method: "notifications/message", params: { level: "info", data: "hello" } },
  ];
  const calling = testServer({
    "tools/call": (came) => {
      const { progressToken } = came.params._meta as { progressToken: unknown };
      const progress = (at: number) =>
        came.tell({ method: "notifications/progress", params: { progressToken, progress: at } });
      for (const at of [1, 2]) progress(at);
      return says("done");
    },
  });
  const aa = await calling;
  const bb = await testServer();
  const { ask, heard } = await overStdio({ aa, bb });
  const params = { name: "aa__t", arguments: {}, _meta: { progressToken: "p" } };
  expect(await ask("tools/call", params)).toMatchObject({ result: says("done") });
  expect(heard("notifications/progress").map((each) => each.params)).toEqual([
    { progressToken: "p", progress: 1 },
    { progressToken: "p", progress: 2 },
  ]);
  await expect
    .poll(() => {
      for (const each of push) bb.push(each);
      return push.map(({ method }) => heard(method).length > 0);
    })
    .toEqual(push.map(() => true));
});

it("shows the progress of a merged request as one that grows", async () => {
  const reporting = () =>
    testServer({
      "tools/list": (came) => {
        const { progressToken } = came.params._meta as { progressToken: unknown };
        for (const progress of [1, 2])
          came.tell({ method: "notifications/progress", params: { progressToken, progress } });
        return { tools: [] };
      },
    });
  const { ask, heard } = await overStdio({ aa: await reporting(), bb: await reporting() });
  await ask("tools/list", { _meta: { progressToken: 1 } });
  const said = heard("notifications/progress").map(({ params }) => params?.progress);
  expect(said).toEqual([...new Set(said)].sort());
  expect(said.at(-1)).toBe(2);
});

it("cancels at the server that has the request, and answers an id once", async () => {
  const aa = await testServer({ "tools/call": () => undefined });
  const bb = await testServer({ "tools/call": () => says("fine") });
  const { send, said, ask } = await overStdio({ aa, bb });
  send(callOf(11, { name: "aa__t" }), callOf(11, { name: "bb__t" }));
  await expect
    .poll(() => said.filter(({ id }) => id === 11))
    .toMatchObject([{ error: { data: { code: "request_id_in_use" } } }]);
  await expect.poll(() => aa.of("tools/call").length).toBe(1);
  send({ method: "notifications/cancelled", params: { requestId: 11 } });
  await expect.poll(() => aa.of("notifications/cancelled").length).toBe(1);
  await ask("ping");
  expect([bb.of("tools/call"), bb.of("notifications/cancelled")]).toEqual([[], []]);
});
