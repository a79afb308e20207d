/** The payloads of each hook of the memory node: good ones, and ones with every kind of fault. */
import { isGlassineError } from "glassine";
import { describe, expect, it } from "vitest";
import * as examplesOf from "./support/examples.ts";
import { type Example, examples, type Hook, hooks, table } from "./support/examples.ts";
import { readOperation, readPayload } from "./support/read.ts";

const all = hooks.flatMap((hook) =>
  examples[hook].map((example, index) => ({ hook, index, ...example })),
);
const withOperation = all.filter(({ operation }) => operation !== undefined);

/** Returns the message with which a read is refused. */
async function refusal(read: () => Promise<unknown>): Promise<string> {
  try {
    await read();
  } catch (error) {
    if (isGlassineError(error) && ["payload_invalid", "options_invalid"].includes(error.code))
      return error.message;
    throw error;
  }
  return "accepted";
}

describe("good payloads", () => {
  it.each(all)(
    "$hook accepts example $index and keeps its content, frozen",
    async ({ hook, payload }) => {
      const read = await readPayload(hook, payload);
      expect(JSON.parse(JSON.stringify(read))).toEqual(payload);
      expect(isFrozenDeep(read)).toBe(true);
    },
  );

  it.each(withOperation)(
    "$hook accepts the facts of example $index",
    async ({ hook, operation }) => {
      const read = await readOperation(hook, operation);
      expect(JSON.parse(JSON.stringify(read))).toEqual(operation);
      expect(isFrozenDeep(read)).toBe(true);
    },
  );

  it("every hook has an example, and facts if it has a schema for them", () => {
    for (const hook of hooks)
      for (const { operation } of examples[hook])
        expect([hook, operation !== undefined]).toEqual([
          hook,
          table[hook]?.operation !== undefined,
        ]);
  });
});

/** All required keys of objects, by hook; `[]` stands for each element of a list. */
const required: { readonly [Name in Hook]: string } = {
  pre_assert_authorize: "req req.entity req.relation req.source identity tenant requestId",
  pre_assert_validate: "req req.entity req.relation req.source identity tenant requestId",
  pre_assert_transform: "entity relation source",
  post_assert_persist: "fact fact.id identity tenant requestId",
  post_assert_propagate: "fact fact.id identity tenant requestId",
  post_assert_audit: "fact req identity tenant requestId outcome outcome.kind",
  pre_recall_authorize:
    "identity tenant tenant.tenantId tenant.metadata requestId query query.entity query.limit",
  pre_recall_rewrite: Object.keys(examplesOf.query).join(" "),
  recall_filter: "[].id",
  recall_rank: "[].id",
  post_recall_audit: "result identity tenant requestId outcome",
  federation_peer_authenticate: "req identity tenant",
  federation_inbound_validate: "fact fact.id factScope tenant capToken",
  federation_inbound_filter: "id",
  federation_outbound_filter: "[].id",
  federation_outbound_sign: "[].id",
  identity_resolve: "",
  tenant_resolve: "tenantId metadata",
  capability_check: "identity capability tenant",
  migration_register:
    "[].plugin_name [].migration_id [].sql [].description [].plugin_version [].backend",
  audit_emit:
    "event event.eventType event.actorUri event.targetUri event.tenantId event.timestamp event.outcome event.metadata",
  config_validate:
    "plugin plugin.name plugin.version plugin.requiresHost plugin.capabilities plugin.hooks plugin.dependsOn plugin.asyncSafe",
};
const requiredFacts: { readonly [Name in Hook]?: string } = {
  pre_assert_transform: "identity tenant requestId",
  pre_recall_rewrite: "identity tenant requestId",
  recall_filter: "identity tenant requestId",
  recall_rank: "identity tenant requestId",
  federation_inbound_filter: "factScope tenant capToken",
  federation_outbound_filter: "peer tokenPayload tenant",
  federation_outbound_sign: "peer tokenPayload tenant",
  identity_resolve: "rawCredentials",
  tenant_resolve: "identity",
  migration_register: "dbPath migrationsDir settings",
};

const paths = (text = "") => text.split(" ").filter((path) => path !== "");
const keys = hooks.flatMap((hook) => {
  const [{ payload, operation }] = examples[hook];
  return [
    ...paths(required[hook]).map((path) => ({ hook, path, value: payload, read: readPayload })),
    ...paths(requiredFacts[hook]).map((path) => ({
      hook,
      path,
      value: operation,
      read: readOperation,
    })),
  ];
});

describe("a key that must be there", () => {
  it.each(keys)("$hook refuses a payload without $path", async ({ hook, path, value, read }) => {
    const text = await refusal(() =>
      read(
        hook,
        edited(value, path, () => []),
      ),
    );
    expect(text).toMatch(/expected .*, got (?:nothing|another)/);
  });

  it.each(keys)("$hook refuses $path misspelt", async ({ hook, path, value, read }) => {
    const text = await refusal(() =>
      read(
        hook,
        edited(value, path, (key, item) => [[`${key}x`, item]]),
      ),
    );
    expect(text).not.toBe("accepted");
  });

  it.each(keys)("$hook refuses a function at $path", async ({ hook, path, value, read }) => {
    const text = await refusal(() =>
      read(
        hook,
        edited(value, path, (key) => [[key, () => true]]),
      ),
    );
    expect(text).toMatch(/expected .*, got (?:a )?function/);
  });
});

describe("an unknown key", () => {
  const open: readonly string[] = ["pre_assert_transform", "federation_inbound_filter"];
  const closed = all.filter(
    ({ hook, payload }) => !Array.isArray(payload) && hook !== "identity_resolve",
  );

  it.each(closed)(
    "$hook, example $index: is kept in data of the node, refused elsewhere",
    async (each) => {
      const text = await refusal(() =>
        readPayload(each.hook, { ...(each.payload as object), extra: 1 }),
      );
      if (open.includes(each.hook)) expect(text).toBe("accepted");
      else
        expect(text).toMatch(
          /extra: expected (only the fields? .+|no fields), got an unknown field/,
        );
    },
  );

  it.each(withOperation)("$hook, example $index: is refused among the facts", async (each) => {
    const text = await refusal(() => readOperation(each.hook, { ...each.operation, extra: 1 }));
    expect(text).toMatch(/extra: expected (only the fields? .+|no fields), got an unknown field/);
  });

  it("is kept in identity, tenant metadata, request, fact and peer, null and all", async () => {
    const { fact, identity, req, requestId, tenant } = examplesOf;
    const given = {
      fact: { ...fact, more: [null, { a: 1 }] },
      req: { ...req, more: null },
      identity: { ...identity, more: "x" },
      tenant: { ...tenant, metadata: { ...tenant.metadata, more: 1 } },
      requestId,
      outcome: { kind: "success" },
    };
    const read = await readPayload("post_assert_audit", given);
    expect(JSON.parse(JSON.stringify(read))).toEqual(given);
  });

  it("is refused in a tenant itself, an outcome, a migration, an event and a plugin", async () => {
    const at: readonly (readonly [Hook, string])[] = [
      ["capability_check", "tenant"],
      ["post_assert_audit", "outcome"],
      ["migration_register", "[]"],
      ["audit_emit", "event"],
      ["config_validate", "plugin"],
    ];
    for (const [hook, path] of at) {
      const [{ payload }] = examples[hook];
      const more = edited(payload, `${path}.extra`, (key) => [[key, 1]]);
      expect(await refusal(() => readPayload(hook, more)), hook).toContain("got an unknown field");
    }
  });
});

describe("null", () => {
  const { fact } = examplesOf;

  it("is the fact and the result of a failure, and cannot be omitted", async () => {
    for (const [hook, index, key] of [
      ["post_assert_audit", 1, "fact"],
      ["post_recall_audit", 1, "result"],
    ] as const) {
      const { payload } = examples[hook][index] as Example;
      expect(await readPayload(hook, payload)).toHaveProperty(key, null);
      const { [key]: _, ...without } = payload as { readonly [key: string]: unknown };
      expect(await refusal(() => readPayload(hook, without))).toContain(`${key}: expected a value`);
    }
  });

  it("is not allowed as a query's flag", async () => {
    const asked = { ...examplesOf.query, include_expired: null };
    expect(await refusal(() => readPayload("pre_recall_rewrite", asked))).toContain(
      "include_expired: expected a boolean, got null",
    );
  });

  it("at a known key of a fact that may be absent means absent; elsewhere it is data", async () => {
    const read = await readPayload("recall_filter", [{ ...fact, valid_until: null, value: null }]);
    const [first] = read as readonly object[];
    expect(first).not.toHaveProperty("valid_until");
    expect(first).toHaveProperty("value", null);
    expect(first).toHaveProperty("hlc", null);
  });
});

describe("hostile values", () => {
  const { fact, identity, query, req, request, requestId, tenant } = examplesOf;
  const authorize = (changes: object) => () =>
    readPayload("pre_assert_authorize", { req, ...request, ...changes });

  it.each([
    ["a tenant id of another tenant's path", { tenant: { ...tenant, tenantId: "a/../b" } }],
    ["a tenant id in capitals", { tenant: { ...tenant, tenantId: "Acme" } }],
    ["a tenant id with a line feed", { tenant: { ...tenant, tenantId: "acme\n" } }],
  ])("%s is refused by the rule for tenant ids", async (_, changes) => {
    expect(await refusal(authorize(changes))).toContain(
      "tenant.tenantId: expected a tenant id: 1 to 64",
    );
  });

  it.each([
    ["no UUID", { requestId: "1" }, "requestId: expected a UUID"],
    [
      "an empty entity",
      { req: { ...req, entity: "" } },
      "req.entity: expected a string that is not",
    ],
    ["a confidence over 1", { req: { ...req, confidence: 2 } }, "expected a number from 0 to 1"],
    ["NaN", { req: { ...req, confidence: Number.NaN } }, "expected a finite number, got NaN"],
    ["a list as identity", { identity: [] }, "identity: expected an object, got array"],
    ["a date in a fact", { req: { ...req, since: new Date(0) } }, "expected plain data"],
    ["a class instance", { identity: new (class Caller {})() }, "expected plain data"],
    [
      "a getter",
      {
        get identity() {
          return identity;
        },
      },
      "identity: expected a value, got a getter",
    ],
    ["a proxy", { identity: new Proxy({}, {}) }, "proxy"],
    [
      "a bad source of the tenant",
      { tenant: { ...tenant, metadata: { tenant_context_source: "x" } } },
      "expected one of",
    ],
  ])("%s is refused", async (_, changes, text) => {
    const whole = Object.defineProperties(
      { req, ...request },
      Object.getOwnPropertyDescriptors(changes),
    );
    const found = await refusal(() => readPayload("pre_assert_authorize", whole));
    expect(found.toLowerCase()).toContain(text.toLowerCase());
  });

  it("no message quotes a value, least of all rawCredentials", async () => {
    const secret = "hunter2-secret";
    const texts = [
      await refusal(
        authorize({ requestId: secret, tenant: { ...tenant, tenantId: `${secret}!` } }),
      ),
      await refusal(() =>
        readOperation("identity_resolve", { rawCredentials: { token: secret, at: new Date(0) } }),
      ),
      await refusal(() => readOperation("identity_resolve", { rawCredential: secret })),
    ];
    for (const text of texts) {
      expect(text).toContain("expected");
      expect(text).not.toContain(secret);
    }
  });

  it("__proto__ as key of open data is data, and changes no prototype", async () => {
    const given = JSON.parse(`{ "id": "f", "__proto__": { "polluted": true } }`) as unknown;
    const [read] = (await readPayload("recall_filter", [given])) as readonly object[];
    expect(Object.getPrototypeOf(read)).toBeNull();
    expect(Object.keys(read as object)).toContain("__proto__");
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it.each([
    ["neither set of facts", {}],
    ["both sets", { tenant, requestId, weights: {}, depth: 1 }],
    ["half a set", { tenant }],
    ["halves of two", { requestId, depth: 1 }],
    ["depth and asOf at once", { weights: {}, depth: 1, asOf: "2026-01-01" }],
  ])("recall_rank refuses %s", async (_, facts) => {
    expect(await refusal(() => readOperation("recall_rank", { identity, ...facts }))).toContain(
      "expected identity with tenant and requestId, with weights and depth, or with weights and asOf",
    );
  });

  it.each([
    ["a fact without what vouches for it", {}],
    ["a peer without its token", { peer: {} }],
    ["a token payload without its peer", { tokenPayload: {} }],
    ["two kinds of voucher", { capToken: {}, peer: {}, tokenPayload: {} }],
  ])("federation_inbound_* refuse %s", async (_, facts) => {
    const words = "expected either capToken, or peer and tokenPayload";
    const given = { factScope: "company", tenant, ...facts };
    expect(await refusal(() => readOperation("federation_inbound_filter", given))).toContain(words);
    expect(
      await refusal(() => readPayload("federation_inbound_validate", { fact, ...given })),
    ).toContain(words);
  });

  it("recall_rank refuses ids that no delta can name", async () => {
    expect(await refusal(() => readPayload("recall_rank", [{ score: 1 }]))).toContain(
      "[0]: expected an id, or a fact",
    );
    expect(await refusal(() => readPayload("recall_rank", [{ fact: {} }]))).toContain(
      "[0].fact.id",
    );
  });

  it("a query without one of its thirteen keys is refused, so that none is widened by omission", async () => {
    const { scope: _, ...rest } = query;
    expect(await refusal(() => readPayload("pre_recall_rewrite", rest))).toContain(
      "scope: expected a value, got nothing",
    );
    const forgotten = { ...query, scope: undefined };
    expect(await refusal(() => readPayload("pre_recall_rewrite", forgotten))).toContain("scope:");
  });

  it.each([0, -1, 1.5, 2 ** 53, "1"])("a migration has no number %s", async (id) => {
    const [{ payload }] = examples.migration_register;
    const bad = edited(payload, "[].migration_id", (key) => [[key, id]]);
    expect(await refusal(() => readPayload("migration_register", bad))).toContain(
      "[0].migration_id:",
    );
  });

  it.each([
    ["another kind", { kind: "maybe" }],
    ["no kind", { reason: "no" }],
    ["a failure without reason", { kind: "failure" }],
    ["a failure with an empty reason", { kind: "failure", reason: "" }],
    ["a success with a reason", { kind: "success", reason: "no" }],
  ])("an outcome of %s is refused", async (_, outcome) => {
    const given = { fact: null, req, ...request, outcome };
    expect(await refusal(() => readPayload("post_assert_audit", given))).toContain("outcome");
  });
});

/** Returns a copy of `value` in which `change` replaces the last key of `path`. */
function edited(
  value: unknown,
  path: string,
  change: (key: string, item: unknown) => readonly (readonly [string, unknown])[],
): unknown {
  const [step = "", ...rest] = path.split(".");
  if (step === "[]") {
    const next = rest.join(".");
    return (value as readonly unknown[]).map((item) => edited(item, next, change));
  }
  const entries = Object.entries(value as object);
  if (rest.length === 0) {
    const kept = entries.filter(([key]) => key !== step);
    const item = (value as { readonly [key: string]: unknown })[step];
    return Object.fromEntries([...kept, ...change(step, item)]);
  }
  return Object.fromEntries(
    entries.map(([key, item]) => [key, key === step ? edited(item, rest.join("."), change) : item]),
  );
}

function isFrozenDeep(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return true;
  return Object.isFrozen(value) && Object.values(value).every(isFrozenDeep);
}
