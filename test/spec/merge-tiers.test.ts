import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import {
  codeOf,
  envelope,
  everything,
  hop,
  host,
  merge,
  plain,
  refusal,
  subject,
  view,
} from "./support.ts";

const full = envelope(everything);
const outcome = (returned: unknown, capabilities: readonly string[] = []) => {
  const { extensions, rejections } = merge(full, returned, capabilities);
  return { extensions, reported: rejections.map(({ path, code }) => `${path} ${code}`) };
};

describe("immutable parts", () => {
  it("stay the same objects", () => {
    verifies("merge:immutable-kept", "merge:immutable-reported");
    const forged = {
      request: { request_id: "x" },
      agent: { session_id: "x" },
      mcp: { tool: { name: "x" } },
      meta: { tags: [] },
      security: {
        classification: "public",
        subject: { ...subject, id: "root" },
        objects: {},
        data: { search: { apply_labels: [] } },
      },
      custom: { kept: true },
    };
    const { extensions, reported } = outcome(forged, ["read_agent", "read_subject"]);
    expect(reported).toEqual([
      "request tier_immutable",
      "agent tier_immutable",
      "security.classification tier_immutable",
      "security.subject tier_immutable",
      "security.objects tier_immutable",
      "security.data tier_immutable",
      "mcp tier_immutable",
      "meta tier_immutable",
    ]);
    for (const slot of ["request", "agent", "mcp", "meta", "security"] as const) {
      expect(extensions[slot]).toBe(full[slot]);
    }
    expect(plain(extensions.custom)).toEqual({ kept: true });
  });

  it("need no capability if unchanged", () => {
    verifies("merge:capability-missing");
    const returned = {
      http: { headers: { "X-A": "2" } },
      security: { labels: ["PII", "EU"] },
      delegation: { chain: [...everything.delegation.chain, hop("bob")] },
    };
    const { extensions, reported } = outcome(returned, [
      "read_headers",
      "read_labels",
      "read_delegation",
    ]);
    expect(extensions).toBe(full);
    expect(reported).toEqual([
      "http capability_missing",
      "security.labels capability_missing",
      "delegation capability_missing",
    ]);
  });

  it("refuse changes in strict mode", () => {
    verifies("merge:strict");
    const strict = { strict: true };
    const forged = () => merge(full, { request: { request_id: "x" } }, [], strict);
    expect(refusal(forged)).toMatchObject({ code: "tier_immutable", slot: "request" });
    expect(forged).toThrow(expect.objectContaining({ name: "TierViolationError" }));
    const written = () => merge(full, { http: { headers: {} } }, ["read_headers"], strict);
    expect(refusal(written)).toMatchObject({ code: "capability_missing", slot: "http" });
    expect(merge(full, { request: everything.request }, [], strict).extensions).toBe(full);
  });

  it("are not changed by omission", () => {
    verifies("merge:empty-unreported");
    const empty = {
      agent: {},
      http: { headers: {} },
      security: { labels: [] },
      delegation: { chain: [] },
    };
    const { extensions, reported } = outcome(empty);
    expect([extensions === full, reported]).toEqual([true, []]);
  });

  it("have the same outcome, hidden or absent", () => {
    verifies("merge:hidden-alike");
    const { request, custom } = everything;
    const bare = envelope({ request, custom });
    const rich = envelope({
      ...everything,
      mcp: null,
      completion: null,
      provenance: null,
      llm: null,
      framework: null,
      meta: null,
      security: { subject, labels: ["PII"] },
    });
    const proposals: unknown[] = [
      { agent: { turn: 3 } },
      { http: { headers: { "X-A": "2" } } },
      { security: { labels: ["PII"] } },
      { security: { subject } },
      { delegation: { chain: [hop("x")] } },
      { security: { subject: { id: 1 } } },
      { security: { subject: { roles: ["x"] } } },
    ];
    for (const returned of proposals) {
      const reported = [bare, rich].map((current) => {
        try {
          const { extensions, rejections } = merge(current, returned, []);
          return { same: extensions === current, rejections };
        } catch (error) {
          return { message: (error as Error).message };
        }
      });
      expect(reported[0]).toEqual(reported[1]);
    }
  });
});

describe("labels", () => {
  const caps = ["append_labels"];

  it("grow", () => {
    verifies("merge:grown");
    const { extensions } = merge(full, { security: { labels: ["PII", "EU", "EU"] } }, caps);
    expect(extensions.security?.labels).toEqual(["EU", "PII"]);
    expect(extensions.security?.subject).toBe(full.security?.subject);
  });

  it("do not shrink", () => {
    verifies("merge:label-missing");
    for (const labels of [[], ["EU"], ["pii"]]) {
      const shrink = () => merge(full, { security: { labels } }, caps);
      expect(refusal(shrink)).toMatchObject({ code: "tier_monotonic", slot: "security.labels" });
      expect(shrink).toThrow(
        expect.objectContaining({ data: expect.objectContaining({ tier: "monotonic" }) }),
      );
      const { extensions, reported } = outcome({ security: { labels } }, ["read_labels"]);
      expect(extensions).toBe(full);
      expect(reported).toEqual(["security.labels capability_missing"]);
    }
  });

  it("create their slot", () => {
    verifies("merge:labels-only");
    const { extensions } = merge(envelope({}), { security: { labels: ["PII"] } }, caps);
    expect(extensions).toEqual(envelope({ security: { labels: ["PII"] } }));
  });
});

describe("delegation", () => {
  const caps = ["append_delegation"];
  const first = everything.delegation.chain[0] ?? hop("ada");
  const chain = (...hops: readonly object[]) => merge(full, { delegation: { chain: hops } }, caps);

  it("keeps the chain as a prefix", () => {
    verifies("merge:chain-prefix");
    const broken = [
      [],
      [hop("bob")],
      [hop("bob"), first],
      [{ ...first, audience: "x" }],
      [{ ...first, ttl_seconds: 1 }, hop("bob")],
      [{ ...first, timestamp: "2026-01-02T03:04:05.000000001Z" }],
    ];
    for (const hops of broken) {
      expect(refusal(() => chain(...hops))).toMatchObject({
        code: "tier_monotonic",
        slot: "delegation",
      });
    }
    expect(
      chain({ ...first, timestamp: "2026-01-02T04:04:05+01:00", audience: null }).extensions,
    ).toBe(full);
  });

  it("appends new hops to the current chain", () => {
    verifies("merge:chain-appended");
    const given = view(full, ...caps);
    const meanwhile = host.appendHop(full, hop("eve"));
    const returned = { delegation: { chain: [first, hop("bob"), hop("cid")] } };
    const { extensions } = merge(meanwhile, returned, caps, { view: given });
    expect(extensions.delegation?.chain.map((each) => each.subject_id)).toEqual([
      "ada",
      "eve",
      "bob",
      "cid",
    ]);
  });

  it("judges appended hops with strictDelegation", () => {
    verifies("merge:hop-policies", "merge:hop-origin", "merge:hop-scopes", "merge:hop-time");
    const caller = { security: { subject } };
    const granted = (id: string, ...scopes_granted: readonly string[]) => ({
      ...hop(id),
      scopes_granted,
    });
    const depth = (given: object, rights: readonly string[], ...hops: readonly object[]) => {
      const from = envelope(given);
      const returned = { delegation: { chain: [...(from.delegation?.chain ?? []), ...hops] } };
      expect(merge(from, returned, rights).extensions.delegation?.chain).toMatchObject(
        returned.delegation.chain,
      );
      return merge(from, returned, rights, { strictDelegation: true }).extensions.delegation?.depth;
    };
    const fault = (...given: Parameters<typeof depth>) => codeOf(() => depth(...given));
    const reads = [...caps, "read_subject"];
    expect(depth(caller, reads, hop("ada"), hop("bob"))).toBe(2);
    expect(fault(caller, reads, hop("bob"))).toBe("delegation_origin");
    expect(fault(caller, caps, hop("ada"))).toBe("delegation_origin");
    expect(fault({}, reads, hop("ada"))).toBe("delegation_origin");
    const held = { delegation: { chain: [granted("ada", "read", "write", "all:*")] } };
    expect(depth(held, caps, granted("bob", "write"), hop("cid"))).toBe(3);
    expect(fault(held, caps, granted("bob", "all:one"))).toBe("delegation_scope");
    expect(fault(held, caps, granted("bob", "all:*"))).toBe("delegation_scope");
    expect(fault(held, caps, granted("bob"), granted("cid", "read"))).toBe("delegation_scope");
    const at = (timestamp: string) => ({ ...hop("bob"), timestamp });
    expect(depth(held, caps, at("2026-01-02T03:03:05Z"))).toBe(2);
    expect(fault(held, caps, at("2026-01-02T03:03:04Z"))).toBe("delegation_time");
    expect(fault(held, caps, at("9999-01-02T03:04:05Z"))).toBe("delegation_time");
    const year = { ...hop("bob"), ttl_seconds: 31_536_000 };
    expect(depth(held, caps, year)).toBe(2);
    expect(fault(held, caps, { ...year, ttl_seconds: 31_536_001 })).toBe("delegation_time");
  });

  it("computes derived fields from the chain", () => {
    verifies("merge:chain-derived", "merge:origin-kept", "merge:age-kept");
    const proposed = {
      chain: [first, hop("bob")],
      depth: 9,
      delegated: false,
      actor_subject_id: "x",
      origin_subject_id: "x",
      age_seconds: 99,
    };
    const { extensions } = merge(full, { delegation: proposed }, caps);
    const derived = {
      depth: 2,
      delegated: true,
      actor_subject_id: "bob",
      origin_subject_id: "root",
      age_seconds: 5,
    };
    expect(plain(extensions.delegation)).toMatchObject(derived);
    const made = merge(
      envelope({}),
      { delegation: { chain: [hop("bob"), hop("cid")], age_seconds: 7 } },
      caps,
    );
    expect(plain(made.extensions.delegation)).toMatchObject({
      depth: 2,
      delegated: true,
      actor_subject_id: "cid",
      origin_subject_id: "bob",
      age_seconds: 7,
    });
  });

  it("reports a forged derived field, not one that agrees", () => {
    verifies("merge:derived-reported");
    expect(outcome({ delegation: { depth: 9, age_seconds: 1 } }, caps)).toEqual({
      extensions: full,
      reported: ["delegation.depth tier_immutable", "delegation.age_seconds tier_immutable"],
    });
    const agreeing = { chain: [first, hop("bob")], depth: 2, actor_subject_id: "bob" };
    expect(outcome({ delegation: agreeing }, caps).reported).toEqual([]);
    const asShown = { ...full.delegation, chain: [first, hop("bob")] };
    expect(outcome({ delegation: asShown }, caps).reported).toEqual([]);
  });

  it("reports no derived field that agrees with the view, if others added a hop since", () => {
    verifies("merge:derived-reported");
    const seen = view(full, ...caps);
    const later = merge(full, host.appendHop(seen, hop("bob")), caps).extensions;
    const returned = host.appendHop(seen, hop("cid"));
    const { extensions, rejections } = merge(later, returned, caps, { view: seen });
    expect(rejections).toEqual([]);
    expect(extensions.delegation).toMatchObject({ depth: 3, actor_subject_id: "cid" });
    const joined = { delegation: { ...returned.delegation, depth: 3 } };
    expect(merge(later, joined, caps, { view: seen }).rejections).toEqual([]);
    const forged = { delegation: { ...returned.delegation, depth: 9 } };
    expect(merge(later, forged, caps, { view: seen }).rejections).toMatchObject([
      { path: "delegation.depth", code: "tier_immutable" },
    ]);
  });
});
