/** Assertions of the example node: the order of the hooks, and what an error does at each. */
// Only in test:all: it runs example programs.
import { allow, deny } from "glassine";
import { definePlugin, type Fact } from "glassine/memory-node";
import { describe, expect, it } from "vitest";
import { assertFact } from "../../examples/memory-node/assert-fact.ts";
import { NodeError } from "../../examples/memory-node/node.ts";
import { steward } from "../../examples/memory-node/steward.ts";
import { caller, refusalOf, request, started } from "./support/memory-node.ts";

const facts = (watched: Awaited<ReturnType<typeof started>>) =>
  watched.node.store.ofScopes(["public", "local"], "default");

const order = [
  "pre_assert_authorize",
  "pre_assert_validate",
  "pre_assert_transform",
  "post_assert_persist",
  "post_assert_propagate",
  "post_assert_audit",
];

describe("an assertion", () => {
  it("is authorized, validated, transformed, stored and audited, in this order", async () => {
    const watched = await started([], [steward]);
    const given = { ...request, entity: "Project:Apollo" };
    const fact = await assertFact(watched.node, given, caller);
    expect(watched.seen).toEqual(order);
    expect(fact).toMatchObject({ entity: "project:apollo", value: "launched", scope: "public" });
    expect(facts(watched)).toEqual([fact]);
    expect(watched.eventsOf("fact.asserted")).toMatchObject([
      { outcome: "success", actorUri: "agent:ada", targetUri: `fact:${fact.id}` },
    ]);
  });

  it("is stored when post_assert_persist runs, and its transaction is still open", async () => {
    const read: (Fact | undefined)[] = [];
    const reader = definePlugin({
      name: "reader",
      version: "1.0.0",
      capabilities: ["facts.read"],
      hooks: {
        async post_assert_persist({ fact }, context) {
          read.push(await context.getFactsReader()?.get(fact.id));
        },
      },
    });
    const { node } = await started([], [reader]);
    const fact = await assertFact(node, request, caller);
    expect(read).toEqual([fact]);
  });

  it("has its own transaction, however slow a handler is", async () => {
    const slow = definePlugin({
      name: "slow",
      version: "1.0.0",
      hooks: {
        post_assert_persist: ({ fact }) =>
          new Promise((resolve) => setTimeout(resolve, fact.entity === "e0" ? 20 : 0)),
      },
    });
    const watched = await started([], [slow]);
    const entities = ["e0", "e1", "e2"];
    await Promise.all(
      entities.map((entity) => assertFact(watched.node, { ...request, entity }, caller)),
    );
    expect(facts(watched).map(({ entity }) => entity)).toEqual(entities);
  });

  it("is not attested on its caller's word, and gets its id from the node", async () => {
    const { node } = await started();
    const given = { ...request, id: "mine", attested: true, timestamp: "2000-01-01T00:00:00Z" };
    const fact = await assertFact(node, given, caller);
    expect(fact).toMatchObject({ attested: false, contradicted: false });
    expect([fact.id, fact.timestamp]).not.toContain("mine");
    expect(fact.timestamp).not.toBe(given.timestamp);
  });

  it("of another tenant is not visible to this one", async () => {
    const watched = await started();
    const tenant = { tenantId: "acme", metadata: {} };
    const fact = await assertFact(watched.node, request, { ...caller, tenant });
    expect(facts(watched)).toEqual([]);
    expect(watched.node.store.get(fact.id, "acme")).toEqual(fact);
    expect(watched.node.store.get(fact.id, "default")).toBeUndefined();
  });

  it("that is invalid is refused before any hook", async () => {
    const watched = await started();
    const { entity: _, ...rest } = request;
    const refusal = await refusalOf(assertFact(watched.node, rest as never, caller));
    expect([refusal.status, refusal.stored]).toEqual([400, false]);
    expect(refusal.message).toContain("req.entity: expected a value, got nothing");
    expect(watched.seen).toEqual([]);
  });
});

/** Records what post_assert_audit receives, with a plugin that only listens. */
function audits() {
  const received: { readonly fact: Fact | null; readonly outcome: object }[] = [];
  const listener = definePlugin({
    name: "aaa-listener",
    version: "1.0.0",
    hooks: { post_assert_audit: ({ fact, outcome }) => received.push({ fact, outcome }) },
  });
  return { received, listener };
}

describe("a denial", () => {
  const no = deny("not today");

  it("PH-056: of pre_assert_authorize is audited once as a failure without a fact, and nothing else runs", async () => {
    const { received, listener } = audits();
    const blocked = definePlugin({
      name: "zzz-blocks",
      version: "1.0.0",
      hooks: { pre_assert_authorize: (_facts) => no },
    });
    const watched = await started([], [listener, blocked]);
    const refusal = await refusalOf(assertFact(watched.node, request, caller));
    expect(refusal).toBeInstanceOf(NodeError);
    expect([refusal.status, refusal.message, refusal.stored]).toEqual([403, "not today", false]);
    expect(watched.seen).toEqual(["pre_assert_authorize", "post_assert_audit"]);
    expect(received).toEqual([{ fact: null, outcome: { kind: "failure", reason: "not today" } }]);
    expect(facts(watched)).toEqual([]);
  });

  it("of pre_assert_validate is a 422, and audited in the same way", async () => {
    const { received, listener } = audits();
    const strict = definePlugin({
      name: "zzz-strict",
      version: "1.0.0",
      hooks: { pre_assert_validate: (_facts) => no },
    });
    const watched = await started([], [listener, strict]);
    const refusal = await refusalOf(assertFact(watched.node, request, caller));
    expect([refusal.status, refusal.message]).toEqual([422, "not today"]);
    expect(watched.seen).toEqual([...order.slice(0, 2), "post_assert_audit"]);
    expect(received).toEqual([{ fact: null, outcome: { kind: "failure", reason: "not today" } }]);
    expect(facts(watched)).toEqual([]);
  });

  it("that is forged does not count: the assertion fails, and nothing is stored", async () => {
    const forger = definePlugin({
      name: "forger",
      version: "1.0.0",
      hooks: { pre_assert_authorize: (_facts) => ({ ...allow() }) as never },
    });
    const watched = await started([], [forger]);
    expect((await refusalOf(assertFact(watched.node, request, caller))).status).toBe(500);
    expect(facts(watched)).toEqual([]);
  });
});

describe("an error", () => {
  it("PH-027: of one voter after another allowed aborts the assertion, and nothing is stored", async () => {
    const willing = definePlugin({
      name: "aaa-willing",
      version: "1.0.0",
      hooks: { pre_assert_authorize: (_facts) => allow() },
    });
    const watched = await started(["pre_assert_authorize"], [willing]);
    const refusal = await refusalOf(assertFact(watched.node, request, caller));
    expect([refusal.status, refusal.stored]).toEqual([500, false]);
    expect(facts(watched)).toEqual([]);
  });

  it.each(order.slice(0, 3))(
    "at %s aborts: nothing is stored, and that is audited",
    async (site) => {
      const { received, listener } = audits();
      const watched = await started([site], [listener]);
      const refusal = await refusalOf(assertFact(watched.node, request, caller));
      expect([refusal.status, refusal.stored]).toEqual([500, false]);
      expect(refusal.message).toContain(`no more at ${site}`);
      expect(watched.seen).toEqual([
        ...order.slice(0, order.indexOf(site) + 1),
        "post_assert_audit",
      ]);
      expect(received).toMatchObject([
        { fact: null, outcome: { kind: "failure", exceptionType: "PluginExecutionError" } },
      ]);
      expect(facts(watched)).toEqual([]);
    },
  );

  it.each(order.slice(3, 5))(
    "PH-057: at %s is logged and audited, and the fact stays",
    async (site) => {
      const { received, listener } = audits();
      const watched = await started([site], [listener]);
      const fact = await assertFact(watched.node, request, caller);
      expect(facts(watched)).toEqual([fact]);
      expect(watched.seen).toEqual(order);
      expect(received).toEqual([{ fact, outcome: { kind: "success" } }]);
      expect(watched.eventsOf("plugin.handler_error")).toMatchObject([
        { targetUri: `hook:${site}`, metadata: { plugin_name: "onlooker", hook: site } },
      ]);
      const line = expect.stringContaining(`no more at ${site}`);
      expect(watched.log).toEqual([line]);
    },
  );

  it("PH-058: at post_assert_audit after the fact was stored says so, and is not audited again", async () => {
    const { received, listener } = audits();
    const watched = await started(["post_assert_audit"], [listener]);
    const refusal = await refusalOf(assertFact(watched.node, request, caller));
    expect([refusal.status, refusal.stored]).toEqual([500, true]);
    expect(watched.seen).toEqual(order);
    expect(received.map(({ outcome }) => outcome)).toEqual([{ kind: "success" }]);
    expect(facts(watched)).toHaveLength(1);
    expect(watched.eventsOf("fact.asserted")).toEqual([]);
  });

  it("at post_assert_audit after a denial leaves the assertion refused, and nothing stored", async () => {
    const watched = await started(["pre_assert_authorize", "post_assert_audit"]);
    const refusal = await refusalOf(assertFact(watched.node, request, caller));
    expect([refusal.status, refusal.stored]).toEqual([500, false]);
    expect(watched.seen).toEqual(["pre_assert_authorize", "post_assert_audit"]);
    expect(facts(watched)).toEqual([]);
  });

  it("at audit_emit surfaces, and says that the fact is stored", async () => {
    let isOn = false;
    const trail = definePlugin({
      name: "trail",
      version: "1.0.0",
      hooks: {
        audit_emit(_facts) {
          if (isOn) throw new Error("the trail is full");
        },
      },
    });
    const watched = await started([], [trail]);
    isOn = true;
    const refusal = await refusalOf(assertFact(watched.node, request, caller));
    expect([refusal.status, refusal.stored]).toEqual([500, true]);
    expect(facts(watched)).toHaveLength(1);
  });
});
