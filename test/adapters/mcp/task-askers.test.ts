/** Whose labels and policies a task's result gets when somebody else asks for it. */
import { createExtensions } from "glassine";
import { memoryLabelStore } from "glassine/labels";
import type { GuardedRequest } from "glassine/mcp";
import { describe, expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";
import { settle } from "./support/fake-manager.ts";
import { labelled } from "./support/labelled.ts";
import { notification, request, result, toolResult } from "./support/raw.ts";

type Data = Record<string, object>;

/** A guard whose callers take turns: `who.asks` decides the envelope. */
async function office(policies: Record<string, Data> = {}) {
  const who = { asks: "ada" };
  const store = memoryLabelStore();
  const requests: GuardedRequest[] = [];
  const parts = await labelled({
    envelope(asked) {
      requests.push(asked);
      const subject = { id: who.asks, type: "user" } as const;
      const security = { subject, labels: [`OF-${who.asks}`], data: policies[who.asks] ?? {} };
      return createExtensions({ security } as never);
    },
    labels: { store, session: (_, extensions) => extensions?.security?.subject?.id ?? "nobody" },
  });

  async function ask(caller: string, id: number, method: string, params: object, answer: object) {
    who.asks = caller;
    await parts.guard.send(request(id, method, params));
    await settle();
    parts.peer({ jsonrpc: "2.0", id, ...answer });
    await settle();
    return parts.received().find((message) => message.id === id);
  }
  const begin = () =>
    ask("ada", 1, "tools/call", { name: "pay", task: {} }, result(1, { task: { taskId: "t" } }));
  const fetch = (caller: string, method = "tasks/result") => {
    const { result: outcome } = toolResult(2, "secret");
    const inside = { taskId: "t", status: "completed", result: outcome };
    const answer = method === "tasks/result" ? outcome : inside;
    return ask(caller, 2, method, { taskId: "t" }, result(2, answer as object));
  };
  return { ...parts, store, requests, ask, begin, fetch };
}

const both = ["OF-ada", "OF-bob", "PAY"];
const paying = { ada: { pay: { apply_labels: ["PAY"] } } };

describe("the result of a task that another caller fetches", () => {
  it.each(["tasks/result", "tasks/get"])(
    "labels the caller that fetches it, by %s",
    async (method) => {
      verifies("labels:task-asker");
      const { begin, fetch, ask, store, labelsAt } = await office(paying);
      await begin();
      expect(await fetch("bob", method)).toHaveProperty("result");
      expect(labelsAt("cmf.tool_post_invoke")).toEqual(both);
      expect(await store.load("bob")).toEqual(both);
      expect(await store.load("ada")).toEqual(["OF-ada", "PAY"]);
      await ask("bob", 3, "tools/call", { name: "mail" }, toolResult(3, "sent"));
      expect(labelsAt("cmf.tool_pre_invoke")).toEqual(both);
    },
  );

  it("is checked against the policies of the caller that fetches it, and the one that started it", async () => {
    const uri = "file:///vault";
    const embedded = { type: "resource", resource: { uri, text: "secret" } };
    for (const owner of ["ada", "bob"]) {
      const { begin, ask, errors } = await office({ [owner]: { [uri]: { allowed_actions: [] } } });
      await begin();
      const answer = result(2, { content: [embedded] });
      const got = await ask("bob", 2, "tasks/result", { taskId: "t" }, answer);
      expect(got).toMatchObject({ error: { data: { code: "data_action_denied" } } });
      expect(errors).toEqual([{ point: "data_policy", code: "data_action_denied" }]);
    }
  });

  it("has labels by the policies of both", async () => {
    const { begin, fetch, labelsAt } = await office({
      ...paying,
      bob: { pay: { apply_labels: ["BOB-PAY"] } },
    });
    await begin();
    await fetch("bob");
    expect(labelsAt("cmf.tool_post_invoke")).toEqual(["BOB-PAY", ...both]);
  });

  it("has labels by the policies of both for what is embedded in it", async () => {
    verifies("labels:task-asker", "labels:embedded");
    const uri = "file:///vault";
    const embedded = { type: "resource", resource: { uri, text: "secret" } };
    for (const owner of ["ada", "bob"]) {
      const policies = { [owner]: { [uri]: { apply_labels: ["VAULT"] } } };
      const { begin, ask, store, labelsAt } = await office(policies);
      await begin();
      const answer = result(2, { content: [embedded] });
      expect(await ask("bob", 2, "tasks/result", { taskId: "t" }, answer)).toEqual(answer);
      expect(labelsAt("cmf.tool_post_invoke")).toEqual(["OF-ada", "OF-bob", "VAULT"]);
      expect(await store.load("bob")).toEqual(["OF-ada", "OF-bob", "VAULT"]);
      expect(await store.load("ada")).toEqual(["OF-ada"]);
    }
  });

  it("has the envelope of the request that fetches it", async () => {
    const { begin, fetch, requests } = await office();
    await begin();
    await fetch("bob");
    expect(requests.map(({ method }) => method)).toEqual(["tools/call", "tasks/result"]);
  });

  it("is refused without an envelope for the caller that fetches it", async () => {
    let calls = 0;
    const { guard, peer, received, sent } = await labelled({
      envelope() {
        if (++calls > 1) throw new Error("not authenticated");
        return {};
      },
    });
    await guard.send(request(1, "tools/call", { name: "pay", task: {} }));
    peer(result(1, { task: { taskId: "t" } }));
    await settle();
    await guard.send(request(2, "tasks/result", { taskId: "t" }));
    await settle();
    expect(sent()).toHaveLength(1);
    expect(received().at(-1)).toMatchObject({ id: 2, error: { code: -32011 } });
  });

  it("is reported by a notification that is forwarded with the envelope of the call", async () => {
    const { begin, peer, requests, store, labelsAt } = await office(paying);
    await begin();
    const params = { taskId: "t", status: "completed", result: { content: [] } };
    peer(notification("notifications/tasks", params));
    await settle();
    expect(requests).toHaveLength(1);
    expect(labelsAt("cmf.tool_post_invoke")).toEqual(["OF-ada", "PAY"]);
    expect(await store.load("ada")).toEqual(["OF-ada", "PAY"]);
  });
});

describe("the status text of a task", () => {
  const texts = { statusMessage: "secret", inputRequests: { a: { method: "elicitation/create" } } };
  const working = { taskId: "t", status: "working", ttl: 5, ...texts };

  it.each([
    ["tasks/get", (id: number) => result(id, working)],
    ["tasks/cancel", (id: number) => result(id, working)],
  ])("is shown as a result of its tool, and labelled: %s", async (method, answer) => {
    verifies("mcp:task-state");
    const { begin, ask, labelsAt, seen } = await office(paying);
    await begin();
    const before = seen.length;
    const got = await ask("bob", 2, method, { taskId: "t" }, answer(2));
    expect(got).toEqual(result(2, working));
    expect(labelsAt("cmf.tool_post_invoke")).toEqual(both);
    const tools = seen.slice(before).filter(({ point }) => point === "cmf.tool_post_invoke");
    expect(tools).toHaveLength(1);
  });

  const sealed = { bob: { pay: { denied_actions: ["receive"] } } };

  it("does not pass if a policy denies it: the caller receives an error", async () => {
    const { begin, ask } = await office(sealed);
    await begin();
    const got = await ask("bob", 2, "tasks/get", { taskId: "t" }, result(2, working));
    expect(got).toMatchObject({ error: { code: -32010 } });
    expect(JSON.stringify(got)).not.toContain("secret");
  });

  it("is not a tool result if refused, whatever onDeny says", async () => {
    for (const method of ["tasks/get", "tasks/cancel"]) {
      const { ask } = await labelled({
        envelope: () => createExtensions({ security: { data: sealed.bob } } as never),
        onDeny: "tool_result",
      });
      for (const answer of [{ result: working }, { error: { code: 1, message: "secret" } }]) {
        expect(await ask(method, { taskId: "t" }, answer)).toMatchObject({
          error: { code: -32010 },
        });
      }
    }
  });

  it.each(["notifications/tasks", "notifications/tasks/status"])(
    "is removed from a refused notification: %s",
    async (method) => {
      const { peer, received, errors } = await labelled({
        envelope: () => createExtensions({ security: { data: sealed.bob } } as never),
      });
      peer(notification(method, working));
      const failed = { ...working, status: "failed", error: { code: 1, message: "secret" } };
      peer(notification(method, failed));
      await settle();
      const rest = { taskId: "t", ttl: 5 };
      expect(received()).toEqual([
        notification(method, { ...rest, status: "working" }),
        notification(method, {
          ...rest,
          status: "failed",
          error: expect.objectContaining({ code: -32010 }),
        }),
      ]);
      expect(errors).toHaveLength(2);
    },
  );
});
