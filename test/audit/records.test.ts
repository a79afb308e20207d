/** Turning events into records. */
import vm from "node:vm";
import type { AuditEvent } from "glassine/audit";
import { describe, expect, it } from "vitest";
import { auditEventSchema } from "../../tools/scripts/audit-schema.ts";
import { verifies } from "../support/verifies.ts";
import { eventOf, keeping, managerTo, recordOf } from "./support.ts";

const deepFrozen = (value: unknown): boolean =>
  typeof value !== "object" ||
  value === null ||
  (Object.isFrozen(value) && Object.values(value).every(deepFrozen));

describe("a record", () => {
  it("has its fields in order, and is plain and deeply frozen", async () => {
    verifies("audit:event", "audit:own-events");
    const metadata = { invoice: 7, nested: { list: [1, { deep: "a" }], none: null, yes: true } };
    const record = await recordOf(eventOf({ metadata, tenantId: "acme" }));
    expect(Object.keys(record)).toEqual([
      "eventType",
      "actorUri",
      "targetUri",
      "tenantId",
      "timestamp",
      "outcome",
      "metadata",
    ]);
    expect(record).toMatchObject({ tenantId: "acme", outcome: "success" });
    expect(record.metadata).toEqual(metadata);
    expect(deepFrozen(record)).toBe(true);
    expect(auditEventSchema.parse(record)).toEqual(record);
  });

  it("has a default tenant and metadata, and no keys with undefined values", async () => {
    const record = await recordOf(eventOf({ tenantId: undefined, metadata: undefined }));
    expect(record).toMatchObject({ tenantId: "default", metadata: {} });
    const { metadata } = await recordOf(eventOf({ metadata: { a: undefined, b: 1 } }));
    expect(Object.keys(metadata)).toEqual(["b"]);
  });

  it("shares nothing with what was given", async () => {
    const metadata = { list: ["a"], inner: { a: 1 } };
    const record = await recordOf(eventOf({ metadata }));
    metadata.list.push("b");
    metadata.inner.a = 2;
    expect(record.metadata).toEqual({ list: ["a"], inner: { a: 1 } });
  });

  it("has the time when the event was raised, not when it was delivered", async () => {
    verifies("audit:timestamp");
    const before = Date.now();
    const records: AuditEvent[] = [];
    const { manager } = await managerTo((event) => {
      records.push(event);
      return new Promise((resolve) => setTimeout(resolve, 20));
    });
    const kept = [manager.audit(eventOf()), manager.audit(eventOf())];
    const raised = Date.now();
    await Promise.all(kept);
    expect(records).toHaveLength(2);
    for (const { timestamp } of records) {
      expect(timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      expect(Date.parse(timestamp)).toBeGreaterThanOrEqual(before);
      expect(Date.parse(timestamp)).toBeLessThanOrEqual(raised);
    }
  });

  it.each([
    ["2026-01-31T12:00:00Z", "2026-01-31T12:00:00.000Z"],
    ["2026-01-31T12:00:00.5Z", "2026-01-31T12:00:00.500Z"],
    ["2026-01-31T12:00:00.123456789Z", "2026-01-31T12:00:00.123Z"],
  ])("accepts the time %s", async (timestamp, expected) => {
    expect((await recordOf(eventOf({ timestamp }))).timestamp).toBe(expected);
  });
});

describe("strings, numbers and keys", () => {
  const secrets = ["hunter2", "4711"];

  it("are redacted everywhere except in type, time, outcome and keys", async () => {
    const record = await recordOf(
      eventOf({
        actorUri: "user:hunter2",
        targetUri: "https://u:p@h/",
        tenantId: "a\nhunter2",
        metadata: { text: "token abc", list: ["hunter2", { inner: "xhunter2" }] },
      }),
      secrets,
    );
    expect(record).toMatchObject({
      actorUri: "user:[REDACTED]",
      targetUri: "https://[REDACTED]@h/",
      tenantId: "a\\u{a}[REDACTED]",
      metadata: { text: "token [REDACTED]", list: ["[REDACTED]", { inner: "x[REDACTED]" }] },
    });
    expect((await recordOf(eventOf(), ["billing"])).eventType).toBe("billing.invoice_sent");
  });

  it("stay numbers, unless their digits contain a secret", async () => {
    verifies("audit:redacted-numbers");
    const { metadata } = await recordOf(
      eventOf({ metadata: { a: 47, b: 4711, c: -147_110.5, d: -0 } }),
      secrets,
    );
    expect(metadata).toEqual({ a: 47, b: "[REDACTED]", c: "-1[REDACTED]0.5", d: 0 });
  });

  it("are hidden under a sensitive key, whatever they are", async () => {
    verifies("audit:redacted-keys");
    const hidden = {
      token: "a",
      access_tokens: ["a"],
      client_secret: { a: 1 },
      password_hash: 5,
      api_key: true,
      apikey_id: null,
      set_cookie: "a",
      authorization: "a",
      bearer: "a",
    };
    const { metadata } = await recordOf(
      eventOf({ metadata: { ...hidden, inner: { token: "b", key: "c" } } }),
    );
    for (const key of Object.keys(hidden)) expect(metadata[key]).toBe("[REDACTED]");
    expect(metadata.inner).toEqual({ token: "[REDACTED]", key: "c" });
  });
});

it("an event may have anything under the name of a secret, because nothing of it is recorded", async () => {
  verifies("audit:redacted-keys");
  const { manager, records } = await keeping();
  await manager.audit(eventOf({ metadata: { token: new Date(), password: () => 1 } as never }));
  expect(records[0]?.metadata).toEqual({ token: "[REDACTED]", password: "[REDACTED]" });
});

describe("an invalid event", () => {
  const nested = (levels: number): object => (levels === 0 ? {} : { a: nested(levels - 1) });
  const never = () => {
    throw new Error("ran");
  };
  const metadata = (value: unknown) => eventOf({ metadata: { inner: value } as never });
  const cyclic: { self?: unknown } = {};
  cyclic.self = cyclic;

  it.each<[string, unknown]>([
    ["no object", 5],
    ["null", null],
    ["a list", []],
    ["a proxy", new Proxy(eventOf(), { ownKeys: never, get: never })],
    ["an object of a class", Object.assign(new (class Event {})(), eventOf())],
    ["an unknown field", { ...eventOf(), hunter2: 1 }],
    ["a key that is a symbol", { ...eventOf(), [Symbol("hunter2")]: 1 }],
    ["a getter", Object.defineProperty(eventOf(), "tenantId", { get: never, enumerable: true })],
    ["one word as its type", eventOf({ eventType: "invoice" })],
    ["a type in capitals", eventOf({ eventType: "Billing.sent" })],
    ["a type with a line end", eventOf({ eventType: "billing.sent\n" })],
    ["a type that is too long", eventOf({ eventType: `a.${"b".repeat(127)}` })],
    ["another outcome", eventOf({ outcome: "maybe" as never })],
    ["no actor", eventOf({ actorUri: "" })],
    ["a target that is no text", eventOf({ targetUri: 5 as never })],
    ["a tenant that is empty", eventOf({ tenantId: "" })],
    ["a time that is none", eventOf({ timestamp: "yesterday" })],
    ["a day that is none", eventOf({ timestamp: "2026-02-30T12:00:00Z" })],
    ["a time of another zone", eventOf({ timestamp: "2026-01-31T12:00:00+01:00" })],
    ["a key in another case", eventOf({ metadata: { camelCase: 1 } })],
    ["a key that is too long", eventOf({ metadata: { ["a".repeat(65)]: 1 } })],
    ["the key __proto__", eventOf({ metadata: JSON.parse('{"__proto__":1}') })],
    ["a function", metadata(never)],
    ["a symbol", metadata(Symbol("hunter2"))],
    ["a bigint", metadata(1n)],
    ["NaN", metadata(Number.NaN)],
    ["a Date", metadata(new Date())],
    ["a Map", metadata(new Map())],
    ["a list of another kind", metadata(new (class Many extends Array {})())],
    ["a list with a hole", metadata(new Array(3))],
    ["a list with a getter", metadata(Object.defineProperty([1], 0, { get: never }))],
    ["undefined in a list", metadata([undefined])],
    ["an inner proxy", metadata(new Proxy({}, { ownKeys: never }))],
    ["a list that is a proxy", metadata(new Proxy([], { get: never }))],
    ["an object that contains itself", metadata(cyclic)],
    ["too many levels", metadata(nested(9))],
    ["too many values", metadata(new Array(10_001).fill(0))],
    ["an array that only claims to be long", metadata(new Array(2 ** 32 - 1))],
    [
      "too many keys",
      metadata(Object.fromEntries(new Array(10_001).fill(0).map((_, i) => [`k${i}`, 0]))),
    ],
    [
      "a global of another context that throws late",
      metadata(
        vm.createContext(
          new Proxy({ a: 1 } as object, {
            ownKeys: () => ["a"],
            getOwnPropertyDescriptor: never,
            get: never,
            has: never,
          }),
        ),
      ),
    ],
    ["a global of another context", metadata(vm.createContext(new Proxy({}, { ownKeys: never })))],
  ])("is refused with name and type, never with its value: %s", async (_what, event) => {
    verifies("audit:own-refused");
    const { manager, records } = await keeping();
    await expect(manager.audit(event as never)).rejects.toThrow(
      expect.objectContaining({ name: "GlassineError", code: "options_invalid" }),
    );
    expect(records).toEqual([]);
    expect(manager.auditFailures().total).toBe(0);
  });

  it("is refused with a suggestion", async () => {
    const { manager } = await keeping();
    await expect(manager.audit({ ...eventOf(), tenant: "a" } as never)).rejects.toThrow(
      'An audit event has no field "tenant". Did you mean "tenantId"?',
    );
    await expect(
      manager.audit(eventOf({ metadata: { a: { b: [1, new Date()] } } })),
    ).rejects.toThrow(
      "metadata.a.b[1] of an audit event: it must be a plain object, got an object of a class.",
    );
  });

  const json = "must be JSON data in plain objects and arrays; got ";
  it.each([
    [Number.NaN, `.a of an audit event ${json}NaN.`],
    [never, `.a of an audit event ${json}function.`],
    [new Array(3), `.a of an audit event ${json}an array of a class, or with gaps or getters.`],
    [
      {
        get b() {
          return never();
        },
      },
      ".a of an audit event: 'b' must be a value, not a getter.",
    ],
    [{ [Symbol("b")]: 1 }, ".a of an audit event: it has a symbol as key."],
  ])("is refused with what came instead of JSON data, %#", async (a, text) => {
    const { manager } = await keeping();
    await expect(manager.audit(metadata({ a }))).rejects.toThrow(`metadata.inner${text}`);
  });

  it("is refused for a key in another case", async () => {
    const { manager } = await keeping();
    await expect(manager.audit(metadata({ "Not a key": 1 }))).rejects.toThrow(
      /keys must be snake_case/,
    );
  });

  it("may have 8 levels and 10,000 values", async () => {
    const { manager, records } = await keeping();
    await manager.audit(metadata(nested(6)));
    await manager.audit(metadata(new Array(9_999).fill(0)));
    expect(records).toHaveLength(2);
  });
});
