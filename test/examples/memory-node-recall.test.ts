/** Recalls of the example node: facts pass all of its filters, or none are returned. */
// Only in test:all: it runs example programs.
import { deny } from "glassine";
import { definePlugin, type RecallQuery } from "glassine/memory-node";
import { describe, expect, it } from "vitest";
import { queryOf, recall } from "../../examples/memory-node/recall.ts";
import { steward } from "../../examples/memory-node/steward.ts";
import { caller, refusalOf, request, started, type Watched } from "./support/memory-node.ts";

const order = [
  "pre_recall_authorize",
  "pre_recall_rewrite",
  "recall_filter",
  "recall_rank",
  "post_recall_audit",
];

/** Starts a node and stores some facts. */
async function filled(...args: Parameters<typeof started>): Promise<Watched> {
  const watched = await started(...args);
  for (const [id, changes] of [
    ["e:low", { confidence: 0.5 }],
    ["e:attested", { confidence: 0.4, attested: true }],
    ["e:high", { confidence: 0.9 }],
    ["e:local", { scope: "local", source: "agent:eve" }],
    ["e:untrusted", { confidence: 0.1 }],
    ["e:expired", { valid_until: "2020-01-01T00:00:00Z" }],
  ] as const) {
    const fact = { ...request, id, entity: id, timestamp: "2026-03-01T10:00:00Z", ...changes };
    watched.node.store.insert(fact, "default");
  }
  return watched;
}

async function entities({ node }: Watched, asked: Partial<RecallQuery> = {}) {
  const { facts } = await recall(node, queryOf(asked), caller);
  return facts.map(({ fact }) => fact.entity);
}

describe("a recall", () => {
  it("is authorized, rewritten, filtered, ranked and audited, in this order", async () => {
    const watched = await filled([], [steward]);
    expect(await entities(watched)).toEqual(["e:attested", "e:high", "e:low"]);
    expect(watched.seen).toEqual(order);
    expect(watched.eventsOf("recall.run")).toMatchObject([
      { outcome: "success", metadata: { total: 3 } },
    ]);
  });

  it.each<[Partial<RecallQuery>, readonly string[]]>([
    [{}, ["e:local", "e:high", "e:low", "e:attested"]],
    [{ entity: "e:low" }, ["e:low"]],
    [{ min_confidence: 0.6 }, ["e:local", "e:high"]],
    [
      { include_low_trust: true, scope: "public", min_confidence: 0.05 },
      ["e:high", "e:low", "e:attested", "e:untrusted"],
    ],
    [{ include_expired: true, source: "agent:ada", min_confidence: 1 }, ["e:expired"]],
    [{ attested: true }, ["e:attested"]],
    [{ attested: false, scope: "public" }, ["e:high", "e:low"]],
    [{ limit: 1 }, ["e:low"]],
    [{ cursor: "1", limit: 1 }, ["e:attested"]],
    [{ after: "2999-01-01T00:00:00Z" }, []],
    [{ as_of: "2000-01-01T00:00:00Z" }, []],
    [{ garden_id: "none" }, []],
  ])("finds what %j asks for, best first", async (asked, expected) => {
    expect(await entities(await filled(), asked)).toEqual(expected);
  });

  it("finds nothing of another tenant", async () => {
    const { node } = await filled();
    const tenant = { tenantId: "acme", metadata: {} };
    expect(await recall(node, queryOf({}), { ...caller, tenant })).toEqual({ facts: [], total: 0 });
  });

  it("runs the query that plugins left", async () => {
    const narrow = definePlugin({
      name: "narrow",
      version: "1.0.0",
      hooks: { pre_recall_rewrite: (query) => ({ ...query, entity: "e:low" }) },
    });
    expect(await entities(await filled([], [narrow]))).toEqual(["e:low"]);
  });

  it("is refused if a plugin drops a part of the query, which would widen it", async () => {
    const careless = definePlugin({
      name: "careless",
      version: "1.0.0",
      hooks: { pre_recall_rewrite: (query) => ({ ...query, scope: undefined }) as never },
    });
    const refusal = await refusalOf(entities(await filled([], [careless]), { scope: "public" }));
    expect([refusal.status, refusal.message]).toEqual([500, expect.stringContaining("scope")]);
  });

  it("is a 403 if a plugin denies it, audited as a failure", async () => {
    const closed = definePlugin({
      name: "zzz-closed",
      version: "1.0.0",
      hooks: { pre_recall_authorize: (_facts) => deny("closed") },
    });
    const watched = await filled([], [closed]);
    const refusal = await refusalOf(entities(watched));
    expect([refusal.status, refusal.message]).toEqual([403, "closed"]);
    expect(watched.seen).toEqual(["pre_recall_authorize", "post_recall_audit"]);
    expect(watched.eventsOf("recall.run")).toMatchObject([{ outcome: "failure" }]);
  });

  it("is a 400 if the query is invalid", async () => {
    const { node } = await filled();
    const refusal = await refusalOf(recall(node, { limit: 1 } as never, caller));
    expect(refusal.status).toBe(400);
  });
});

describe("an error", () => {
  it.each(order.slice(0, 4))(
    "PH-059: at %s aborts: the answer has no facts at all",
    async (site) => {
      const watched = await filled([site]);
      const refusal = await refusalOf(entities(watched));
      expect([refusal.status, refusal.message]).toEqual([
        500,
        expect.stringContaining(`no more at ${site}`),
      ]);
      expect(refusal).not.toHaveProperty("facts");
      const ran = order.slice(0, order.indexOf(site) + 1);
      expect(watched.seen).toEqual([...ran, "post_recall_audit"]);
      expect(watched.eventsOf("recall.run")).toMatchObject([{ outcome: "failure" }]);
    },
  );

  it("at post_recall_audit surfaces, and it is not run again", async () => {
    const watched = await filled(["post_recall_audit"]);
    const refusal = await refusalOf(entities(watched));
    expect([refusal.status, refusal.message]).toEqual([500, "The recall could not be audited."]);
    expect(watched.seen).toEqual(order);
  });
});
