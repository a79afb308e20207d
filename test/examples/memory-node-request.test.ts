/** The steps before an operation of the example node: identity, tenant, permission, start. */
// Only in test:all: it runs example programs.
import { deny, type Json } from "glassine";
import { definePlugin } from "glassine/memory-node";
import { describe, expect, it } from "vitest";
import { onlooker } from "../../examples/memory-node/onlooker.ts";
import {
  callerOf,
  can,
  expectCan,
  resolveIdentity,
  resolveTenant,
} from "../../examples/memory-node/request.ts";
import { startNode } from "../../examples/memory-node/start.ts";
import { steward } from "../../examples/memory-node/steward.ts";
import { caller, refusalOf, started } from "./support/memory-node.ts";

const ada = { entity_uri: "agent:ada", tenant_id: "acme", permissions: ["facts:write"] };
const tokens = { "ada-token": ada };

describe("who calls", () => {
  it("is identified by the node first; plugins may add to it", async () => {
    const team = definePlugin({
      name: "team",
      version: "1.0.0",
      hooks: { identity_resolve: (identity) => ({ ...identity, team: "orbit" }) },
    });
    const { node, seen } = await started([], [team], tokens);
    expect(await resolveIdentity(node, "ada-token")).toEqual({ ...ada, team: "orbit" });
    expect(await resolveIdentity(node, "other")).toEqual({ team: "orbit" });
    expect(seen).toEqual(["identity_resolve", "identity_resolve"]);
  });

  it.each<[string, Json]>([
    ["a string", "hunter2-credential"],
    ["a record", { scheme: "basic", parts: ["ada", { password: "hunter2-credential" }] }],
  ])(
    "PH-105: is refused if a plugin fails, and credentials that it quotes appear nowhere: %s",
    async (_, rawCredentials) => {
      const resolver = definePlugin({
        name: "resolver",
        version: "1.0.0",
        hooks: {
          identity_resolve(_identity, { operation }) {
            throw new Error(`no user for ${JSON.stringify(operation.rawCredentials)}`);
          },
        },
      });
      const { node, log, eventsOf } = await started([], [resolver], tokens);
      const refusal = await refusalOf(callerOf(node, rawCredentials));
      expect([refusal.status, refusal.message]).toEqual([
        401,
        "The caller could not be identified.",
      ]);
      expect(eventsOf("plugin.handler_error")).toMatchObject([
        { metadata: { plugin_name: "resolver", hook: "identity_resolve" } },
      ]);
      const kept = JSON.stringify([node.store.events(), log, String(refusal.cause)]);
      expect(kept).toContain("no user for");
      expect(kept).not.toContain("hunter2");
    },
  );
});

describe("the tenant", () => {
  it("is the shared one, with what the caller says, unless a plugin resolves it", async () => {
    const { node } = await started();
    expect(await resolveTenant(node, ada)).toEqual({
      tenantId: "default",
      metadata: { tenant_context_source: "hook", source_tenant_id: "acme" },
    });
    const resolving = await started([], [steward]);
    expect(await resolveTenant(resolving.node, ada)).toEqual({
      tenantId: "acme",
      metadata: {
        tenant_context_source: "resolved",
        source_tenant_id: "acme",
        resolved_by: "steward",
      },
    });
  });

  it.each(["Acme", "a/b", "../default", "acme\n", "", " ", "-acme", "a".repeat(65)])(
    "PH-060: %j as its id refuses the request, which is not served from the shared tenant",
    async (tenantId) => {
      const careless = definePlugin({
        name: "careless",
        version: "1.0.0",
        hooks: { tenant_resolve: (tenant) => ({ ...tenant, tenantId }) },
      });
      const { node, eventsOf } = await started([], [careless], tokens);
      const refusal = await refusalOf(callerOf(node, "ada-token"));
      expect([refusal.status, refusal.message]).toEqual([403, "The tenant could not be resolved."]);
      expect(eventsOf("plugin.handler_error")).toMatchObject([
        { metadata: { plugin_name: "careless", error_type: "ContractViolation" } },
      ]);
    },
  );

  it("refuses the request if a plugin fails", async () => {
    const { node } = await started(["tenant_resolve"]);
    expect((await refusalOf(resolveTenant(node, ada))).status).toBe(403);
  });
});

describe("a permission", () => {
  it("that the caller does not have is refused, and no plugin is asked", async () => {
    const { node, seen } = await started();
    expect(await can(node, caller, "tenants:write")).toBe(false);
    expect(await can(node, { ...caller, identity: {} }, "facts:write")).toBe(false);
    expect(seen).toEqual([]);
  });

  it("that the caller has can be used, unless a plugin denies it", async () => {
    const { node, seen } = await started([], [steward]);
    expect(await can(node, caller, "facts:write")).toBe(true);
    const archive = { ...caller, tenant: { tenantId: "archive", metadata: {} } };
    expect(await can(node, archive, "facts:write")).toBe(false);
    expect(seen).toEqual(["capability_check", "capability_check"]);
    const refusal = await refusalOf(expectCan(node, archive, "facts:write"));
    expect([refusal.status, refusal.message]).toEqual([403, "facts:write is needed"]);
  });

  it("cannot be used if a plugin fails", async () => {
    const { node } = await started(["capability_check"]);
    expect((await refusalOf(can(node, caller, "facts:write"))).status).toBe(500);
  });
});

describe("the start", () => {
  const quiet = { see: () => undefined };
  const start = (failAt: string) =>
    startNode({ plugins: [steward, onlooker({ ...quiet, failAt: [failAt] })], log: () => {} });

  it("registers plugins, then collects migrations and applies each once", async () => {
    const { node, eventsOf } = await started([], [steward]);
    expect(node.store.tables()).toContain("steward_notes");
    expect(eventsOf("plugin.registered").map(({ targetUri }) => targetUri)).toEqual([
      "plugin:onlooker",
      "plugin:steward",
    ]);
    const migration = {
      plugin_name: "steward",
      migration_id: 1,
      sql: "DROP TABLE facts",
      description: "",
      plugin_version: "1.0.0",
      backend: "sqlite",
    };
    node.store.migrate([migration]);
    expect(node.store.tables()).toContain("facts");
    const broken = { ...migration, migration_id: 2, sql: "CREATE TABLE x (y); NOT SQL" };
    expect(() => node.store.migrate([broken])).toThrow("syntax error");
    expect(node.store.tables()).not.toContain("x");
  });

  it("reports which capabilities nobody supplies", async () => {
    const { node } = await started([], [steward]);
    const report = node.manager.capabilityReport();
    expect(report["facts.read"]).toEqual({ supplied: true, plugins: ["steward"] });
    expect(report["facts.write"]).toEqual({ supplied: false, plugins: [] });
  });

  it.each([
    ["migration_register", "no more at migration_register"],
    ["config_validate", "plugin 'onlooker' config validator failed"],
    ["audit_emit", "onlooker"],
  ])("is stopped by an error at %s", async (site, text) => {
    await expect(start(site)).rejects.toThrow(text);
  });

  it("is stopped if one plugin vetoes another", async () => {
    const jealous = definePlugin({
      name: "aaa-jealous",
      version: "1.0.0",
      hooks: { config_validate: ({ plugin }) => deny(`${plugin.name} may not be here`) },
    });
    await expect(startNode({ plugins: [jealous], log: () => {} })).rejects.toThrow(
      "plugin 'aaa-jealous' failed config validation: aaa-jealous may not be here",
    );
  });

  it("is stopped if a plugin adds another plugin's migration", async () => {
    const intruder = definePlugin({
      name: "intruder",
      version: "1.0.0",
      hooks: {
        migration_register: (given) =>
          given.map((entry) => ({ ...entry, plugin_name: "intruder" })),
      },
    });
    const early = definePlugin({
      name: "early",
      version: "1.0.0",
      hooks: {
        migration_register: (given) => [
          ...given,
          {
            plugin_name: "early",
            migration_id: 1,
            sql: "CREATE TABLE early (id)",
            description: "",
            plugin_version: "1.0.0",
            backend: "sqlite",
          },
        ],
      },
    });
    await expect(startNode({ plugins: [early, intruder], log: () => {} })).rejects.toThrow(
      '"intruder" removed migration 1 of "early"',
    );
  });
});
