/** Tasks of several servers, and tasks that a caller runs for them. */
import { expect, it } from "vitest";
import { type Came, exchange, overHttp, overStdio, says, testServer } from "./support/servers.ts";

const relatedTask = "io.modelcontextprotocol/related-task";
const about = (taskId: unknown) => ({ [relatedTask]: { taskId } });

/** A server whose first task is "1", like that of every other server. */
function tasksOf(name: string) {
  const state = { status: "working", ttl: null, createdAt: "2026-01-01T00:00:00Z" };
  return testServer({
    "tools/call": () => ({ task: { taskId: "1", ...state }, _meta: about("1") }),
    "tasks/get": ({ params }) => ({ ...state, taskId: params.taskId, statusMessage: name }),
    "tasks/result": ({ params }) => ({ ...says(name), _meta: about(params.taskId) }),
    "tasks/cancel": ({ params }) => ({ ...state, taskId: params.taskId, status: "cancelled" }),
    "tasks/list": () => ({ tasks: [{ ...state, taskId: "1", statusMessage: name }] }),
  });
}

const call = (name: string) => ({ name, arguments: {}, task: { ttl: 1000 } });

it("keeps tasks of two servers apart that have the same id", async () => {
  const aa = await tasksOf("aa");
  const bb = await tasksOf("bb");
  const { ask } = await overStdio({ aa, bb });
  expect(await ask("tools/call", call("aa__t"))).toMatchObject({
    result: { task: { taskId: "aa__1" }, _meta: about("aa__1") },
  });
  expect(await ask("tools/call", call("bb__t"))).toMatchObject({
    result: { task: { taskId: "bb__1" } },
  });
  for (const name of ["bb", "aa"]) {
    const taskId = `${name}__1`;
    expect(await ask("tasks/get", { taskId })).toMatchObject({
      result: { taskId, statusMessage: name },
    });
    expect(await ask("tasks/result", { taskId })).toMatchObject({
      result: { content: [{ text: name }], _meta: about(taskId) },
    });
    expect(await ask("tasks/cancel", { taskId })).toMatchObject({ result: { taskId } });
  }
  expect(bb.of("tasks/get").map(({ params }) => params.taskId)).toEqual(["1"]);
  expect(await ask("tasks/list")).toMatchObject({
    result: { tasks: [{ taskId: "aa__1" }, { taskId: "bb__1" }] },
  });
  for (const taskId of ["1", "cc__1", "__1", 1])
    expect(await ask("tasks/get", { taskId })).toMatchObject({
      error: { data: { code: "task_unknown" } },
    });
});

it("names the task in what a server says about it", async () => {
  const aa = await tasksOf("aa");
  const bb = await tasksOf("bb");
  const { heard } = await overStdio({ aa, bb });
  await expect.poll(() => bb.of("notifications/initialized").length).toBe(1);
  await expect
    .poll(() => {
      bb.push({ method: "notifications/tasks/status", params: { taskId: "1", status: "working" } });
      return heard("notifications/tasks/status")[0];
    })
    .toMatchObject({ params: { taskId: "bb__1", status: "working" } });
  const params = { mode: "form", message: "?", requestedSchema: {}, _meta: about("1") };
  bb.push({ id: 5, method: "elicitation/create", params });
  await expect
    .poll(() => heard("elicitation/create")[0])
    .toMatchObject({ params: { _meta: about("bb__1") } });
});

it("keeps elicitations of two servers apart that have the same id", async () => {
  const params = { mode: "url", message: "?", url: "https://x.example", elicitationId: "1" };
  const asking = () =>
    testServer({
      "tools/call": (came) => {
        if (came.params.name !== "ask") came.fail(-32042, "first", { elicitations: [params] });
        else came.tell({ id: 5, method: "elicitation/create", params });
        return undefined;
      },
    });
  const aa = await asking();
  const bb = await asking();
  const { send, ask, heard } = await overStdio({ aa, bb });
  for (const name of ["aa", "bb"])
    send({ id: name, method: "tools/call", params: { name: `${name}__ask`, arguments: {} } });
  await expect.poll(() => heard("elicitation/create").length).toBe(2);
  const ids = heard("elicitation/create").map((each) => each.params?.elicitationId);
  expect(new Set(ids)).toEqual(new Set(["aa__1", "bb__1"]));
  const complete = "notifications/elicitation/complete";
  bb.push({ method: complete, params: { elicitationId: "1" } });
  await expect.poll(() => heard(complete)).toMatchObject([{ params: { elicitationId: "bb__1" } }]);
  const refused = await ask("tools/call", { name: "aa__refuse", arguments: {} });
  expect(refused.error).toMatchObject({ data: { elicitations: [{ elicitationId: "aa__1" }] } });
});

it("knows tasks of exchanges after a reload, and at another gateway", async () => {
  const aa = await tasksOf("aa");
  const bb = await tasksOf("bb");
  const answers = (came: Came) => ({ resultType: "complete", taskId: came.params.taskId });
  const cc = await testServer({
    "tools/call": () => ({ resultType: "task", taskId: "1", status: "working" }),
    "tasks/get": answers,
  });
  const made = await overHttp({ aa, bb, cc });
  const other = await overHttp({ aa, bb, cc });
  const begun = await exchange(made.url, "tools/call", { name: "cc__t", arguments: {} });
  expect(begun).toMatchObject({ result: { taskId: "cc__1" } });
  await made.gateway.reload(made.parts);
  for (const { url } of [made, other])
    expect(await exchange(url, "tasks/get", { taskId: "cc__1" })).toMatchObject({
      result: { taskId: "cc__1" },
    });
  expect(
    cc.of("tasks/get").map(({ params, headers }) => [params.taskId, headers["mcp-name"]]),
  ).toEqual([
    ["1", "1"],
    ["1", "1"],
  ]);
});

it("shows a server only those tasks of the caller that were begun for it", async () => {
  const sampling = { messages: [], maxTokens: 5, task: { ttl: 1000 } };
  const [aa, bb] = await Promise.all(
    ["aa", "bb"].map(() =>
      testServer({
        "tools/call": (came) => {
          came.tell({ id: 1, method: "sampling/createMessage", params: sampling });
          return undefined;
        },
      }),
    ),
  );
  const servers = { aa: aa as never, bb: bb as never };
  const { send, heard, said } = await overStdio(servers, {
    of: { aa: { pass: ["tokens", "tasks"] }, bb: { pass: ["tokens", "tasks"] } },
  });
  for (const [at, name] of ["aa", "bb"].entries()) {
    send({ id: 10 + at, method: "tools/call", params: { name: `${name}__t`, arguments: {} } });
    await expect.poll(() => heard("sampling/createMessage").length).toBe(at + 1);
  }
  const ids = heard("sampling/createMessage").map(({ id }) => id);
  for (const id of ids) send({ id, result: { task: { taskId: `of ${id}`, status: "working" } } });
  await expect.poll(() => aa?.came.length).toBeGreaterThan(3);
  const [ofAa, ofBb] = ids.map((id) => `of ${id}`);
  await expect.poll(() => bb?.came.some(({ message }) => message.result !== undefined)).toBe(true);
  bb?.of("tools/call")[0]?.tell({ id: 2, method: "tasks/get", params: { taskId: ofAa } });
  await expect
    .poll(() => bb?.came.map(({ message }) => message).find(({ id }) => id === 2))
    .toMatchObject({ error: { code: -32602 } });
  bb?.of("tools/call")[0]?.tell({ id: 3, method: "tasks/list" });
  await expect.poll(() => heard("tasks/list").length).toBe(1);
  const tasks = ids.map((id) => ({ taskId: `of ${id}`, status: "working" }));
  send({ id: heard("tasks/list")[0]?.id, result: { tasks } });
  await expect
    .poll(() => bb?.came.map(({ message }) => message).find(({ id }) => id === 3))
    .toMatchObject({
      result: { tasks: [{ taskId: ofBb }] },
    });
  expect(heard("tasks/get")).toEqual([]);
  send({ method: "notifications/tasks/status", params: { taskId: ofAa, status: "completed" } });
  await expect.poll(() => aa?.of("notifications/tasks/status").length).toBe(1);
  expect(bb?.of("notifications/tasks/status")).toEqual([]);
  expect(said.filter(({ error }) => error !== undefined)).toEqual([]);
});
