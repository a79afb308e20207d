/** The events of this library: their creation, their schema, and the pages about them. */

import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { type FactKinds, type FactSpec, kindsOf } from "../../../src/core/observe/event-types.ts";
import {
  type AuditEventSpec,
  type AuditEventType,
  auditEvent,
  auditEventTypes,
  registrationFailures,
} from "../../../src/core/observe/index.ts";
import { auditEventSchema, meaningOf, occasions } from "../../../tools/scripts/audit-schema.ts";
import { factMeanings } from "../../../tools/scripts/data/audit-facts.ts";
import { eventOf, record } from "../../audit/support.ts";
import { codeIn, readTable } from "../../docs/support/markdown.ts";
import { registrationFailures as reasons } from "../../registration/reasons.ts";
import { verifies } from "../../support/verifies.ts";
import { examples, plugin, turn } from "./examples.ts";
import { recordOf } from "./trails.ts";

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");
const isRecord = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true }).compile(
  JSON.parse(read("spec/schemas/audit-event.schema.json")),
);
const types = Object.entries<AuditEventSpec>(auditEventTypes);

const made = Object.entries(examples);

interface Part {
  readonly description?: string;
  readonly enum?: unknown;
  readonly properties?: { readonly [key: string]: Part };
  readonly anyOf?: readonly Part[];
  readonly additionalProperties?: unknown;
}

/** The places in a schema that are a closed list, or that their description calls free text. */
function kindsIn(part: Part, place = ""): [string, string][] {
  if (part.description?.includes("Free text.")) return [[place, "free"]];
  if (part.enum !== undefined) return [[place, "word"]];
  const fields = Object.entries(part.properties ?? {});
  return [
    ...fields.flatMap(([key, field]) => kindsIn(field, `${place}.${key}`)),
    ...(part.anyOf ?? []).flatMap((form) => kindsIn(form, place)),
  ];
}

function placesOf(kinds: FactKinds, place = ""): [string, unknown][] {
  return Object.entries(kinds).flatMap(([key, kind]): [string, unknown][] => {
    if (typeof kind === "object") return placesOf(kind, `${place}.${key}`);
    return kind === "fact" ? [] : [[`${place}.${key}`, kind]];
  });
}

/** Repeated here, so that the test notices free text that the table calls a fact. */
const freeTexts: Readonly<Record<string, readonly string[]>> = {
  "plugin.registered": [".signing.trust_reason"],
  "plugin.registration_failed": [".signing.trust_reason", ".validation_failure"],
  "plugin.handler_denied": [".code", ".reason", ".tool"],
  "plugin.handler_error": [".error"],
  "plugin.trust_changed": [".reason"],
  "extensions.change_refused": [],
  "extensions.labels_added": [],
  "extensions.declassified": [".reason", ".authority"],
};

describe.each(types)("the facts of %s", (type, { metadata }) => {
  const kinds = placesOf(kindsOf(metadata));

  it("have the kinds of text that their schema says", () => {
    verifies("audit:facts");
    const { allOf } = JSON.parse(read("spec/schemas/audit-event.schema.json"));
    const { then } = allOf.find(
      (each: { if: { properties: { eventType: { const: string } } } }) =>
        each.if.properties.eventType.const === type,
    );
    expect(new Map(kinds)).toEqual(new Map(kindsIn(then.properties.metadata)));
  });

  it("are free text where somebody wrote them", () => {
    const free = kinds.flatMap(([place, kind]) => (kind === "free" ? [place] : []));
    expect(free).toEqual(freeTexts[type]);
  });

  it("are of one kind in each form of an object", () => {
    for (const { form } of Object.values<FactSpec>(metadata)) {
      if (typeof form === "string" || !("oneOf" in form)) continue;
      const all = form.oneOf.flatMap((fields) => placesOf(kindsOf(fields)));
      expect(new Map(all)).toEqual(new Map([...all].reverse()));
    }
  });
});

describe("an event of this library", () => {
  it.each(made)("%s fits the schema, and has exactly its keys", (type, event) => {
    verifies("audit:metadata");
    const spec = auditEventTypes[type as AuditEventType] as AuditEventSpec;
    const raised = recordOf(event);
    expect([isRecord(raised), isRecord.errors]).toEqual([true, null]);
    expect(auditEventSchema.parse(raised)).toEqual(raised);
    expect(raised).toMatchObject({ eventType: type, outcome: spec.outcome });
    const keys = Object.keys(spec.metadata);
    expect(Object.keys(raised.metadata)).toEqual(
      keys.map((key) => (key === "requires" ? "requires_glassine" : key)),
    );
  });

  it.each(made)(
    "%s is refused by the schema with another key, outcome or type of value",
    (type, event) => {
      const raised = recordOf(event);
      const spoilt = (changes: object) => isRecord({ ...raised, ...changes });
      const [key = ""] = Object.keys(raised.metadata);
      const { [key]: _, ...less } = raised.metadata;
      expect(spoilt({ outcome: raised.outcome === "success" ? "failure" : "success" })).toBe(false);
      expect(spoilt({ metadata: { ...raised.metadata, extra: 1 } })).toBe(false);
      expect(spoilt({ metadata: { ...raised.metadata, [key]: 1 } })).toBe(false);
      expect(spoilt({ metadata: { ...raised.metadata, Key: "a" } })).toBe(false);
      expect(spoilt({ metadata: less })).toBe(false);
      expect(spoilt({ more: 1 })).toBe(false);
      expect(spoilt({ timestamp: "2026-01-31T12:00:00Z" })).toBe(false);
      expect(type).toBe(raised.eventType);
    },
  );

  it.each(made)("%s may say the generation of the host, and nothing else for it", (_, event) => {
    verifies("audit:generation");
    const raised = recordOf(event);
    const saying = (generation: unknown) =>
      isRecord({ ...raised, metadata: { ...raised.metadata, generation } });
    expect([1, 7].map(saying)).toEqual([true, true]);
    expect([0, 1.5, "1", null].map(saying)).toEqual([false, false, false, false]);
  });

  it("concerns a plugin, a handler's turn, or labels", () => {
    verifies("audit:subjects");
    const parties = made.map(([type, event]) => {
      const { actorUri, targetUri, tenantId } = recordOf({ ...event });
      return [type, actorUri, targetUri, tenantId];
    });
    const registry = ["system:plugin-registry", "plugin:aaa", "system"];
    const handler = ["plugin:aaa", "hook:recall_filter", "default"];
    expect(parties).toEqual([
      ["plugin.registered", ...registry],
      ["plugin.registration_failed", ...registry],
      ["plugin.handler_denied", ...handler],
      ["plugin.handler_error", ...handler],
      ["plugin.trust_changed", ...registry],
      ["extensions.change_refused", ...handler],
      ["extensions.labels_added", ...handler],
      ["extensions.declassified", "system:host", "extensions:security.labels", "default"],
    ]);
  });

  it("has the tenant of the request, unless it concerns a plugin", () => {
    verifies("audit:subjects");
    const facts = {
      ...turn,
      handler_name: "aaa.handler",
      code: "denied",
      reason: "no",
      tool: null,
      subject_id: null,
    };
    const tenantOf = (tenantId: string | undefined) =>
      auditEvent("plugin.handler_denied", facts, { tenantId }).tenantId;
    expect([tenantOf("acme"), tenantOf(""), tenantOf(undefined)]).toEqual([
      "acme",
      "default",
      "default",
    ]);
    expect(auditEvent("plugin.registered", plugin, { tenantId: "acme" }).tenantId).toBe("system");
  });

  it("has its lists sorted by code point and without repeats", () => {
    verifies("audit:lists");
    expect(recordOf(auditEvent("plugin.registered", plugin)).metadata).toMatchObject({
      capabilities: ["append_labels", "read_labels"],
      hooks: ["audit_emit", "recall_filter"],
      depends_on: ["alpha", "zeta"],
    });
    expect(examples["extensions.labels_added"].metadata).toMatchObject({
      labels: ["a", "b", "\uffe6", "\u{1f512}"],
    });
  });

  it("names the versions of the host as the profile does", () => {
    const { metadata } = recordOf(
      auditEvent("plugin.registered", plugin, { requiresField: "requires_stigmem" }),
    );
    expect(metadata.requires_stigmem).toBe(">=1.0.0");
    expect(Object.keys(metadata).filter((key) => key.startsWith("requires"))).toHaveLength(1);
    expect(
      isRecord(recordOf(auditEvent("plugin.registered", plugin, { requiresField: "needs" }))),
    ).toBe(true);
  });

  it("has what is known about a refused plugin", () => {
    const raised = recordOf(
      auditEvent("plugin.registration_failed", {
        plugin_name: "unknown",
        package: "@acme/odd",
        reason: "discovery",
        validation_failure: "package '@acme/odd' has an invalid glassine field: 3\ntoken=abc",
      }),
    );
    expect([isRecord(raised), isRecord.errors]).toEqual([true, null]);
    expect(raised.metadata).toEqual({
      plugin_name: "unknown",
      package: "@acme/odd",
      reason: "discovery",
      validation_failure:
        "package '@acme/odd' has an invalid glassine field: 3\\u{a}token=[REDACTED]",
    });
  });

  it("has a reason from a closed list for a refused plugin", () => {
    verifies("audit:reasons");
    const failed = (reason: string) =>
      recordOf(
        auditEvent("plugin.registration_failed", {
          plugin_name: "aaa",
          reason: reason as never,
          validation_failure: "why",
        }),
      );
    expect(registrationFailures).toEqual(reasons);
    for (const reason of registrationFailures) expect(isRecord(failed(reason))).toBe(true);
    expect(isRecord(failed("because"))).toBe(false);
  });
});

describe("the schema", () => {
  it.each([
    ["plugin.registered", true],
    ["a.b2_c", true],
    ["billing.invoice.sent", true],
    [`a.${"b".repeat(126)}`, true],
    ["plugin", false],
    ["plugin.", false],
    [".plugin", false],
    ["Plugin.registered", false],
    ["plugin.2nd", false],
    ["plugin registered", false],
    [`a.${"b".repeat(127)}`, false],
  ])("accepts only types of dotted words: %s %s", (eventType, expected) => {
    verifies("audit:event-type");
    // The rules in `allOf` apply only to this library's own types.
    expect(auditEventSchema.safeParse({ ...record, eventType }).success).toBe(expected);
    const raise = () => recordOf(eventOf({ eventType }));
    if (expected) expect(raise().eventType).toBe(eventType);
    else expect(raise).toThrow("dotted lower-case words");
  });

  it("accepts any metadata of a host's own type, at any depth", () => {
    const metadata = { a: [1, { b: [null, true, { c: "x" }] }] };
    expect(isRecord({ ...record, metadata })).toBe(true);
    expect(isRecord({ ...record, metadata: { a: { B: 1 } } })).toBe(false);
    expect(isRecord({ ...record, metadata: { a: "x".repeat(502) } })).toBe(false);
  });
});

describe("docs/audit.md", () => {
  const page = read("docs/audit.md");

  it("has every type, when it is raised, and its outcome", () => {
    const rows = readTable(page, "Event").map(([event, when, outcome]) => [
      codeIn(event)[0],
      when,
      codeIn(outcome)[0],
    ]);
    expect(rows).toEqual(
      types.map(([type, { outcome }]) => [type, occasions[type as AuditEventType], outcome]),
    );
  });

  const rowsOf = (type: AuditEventType) => {
    const meanings: Readonly<Record<string, Parameters<typeof meaningOf>[1]>> = factMeanings[type];
    return Object.entries<FactSpec>(auditEventTypes[type].metadata).map(
      ([key, spec]) => `${key}: ${meaningOf(spec, meanings[key] ?? "")}`,
    );
  };

  /** The rows about metadata, under the name before the first of each group. */
  const groups: Record<string, string[]> = {};
  let group = "";
  for (const [name = "", key, means] of readTable(page, "Metadata of")) {
    group = codeIn(name)[0] ?? (name || group);
    groups[group] = [...(groups[group] ?? []), `${codeIn(key)[0]}: ${means}`];
  }

  it.each(types)("has the metadata of %s", (type, { metadata }) => {
    const rows = rowsOf(type as AuditEventType);
    const ofCalls = groups["the call of a handler"] ?? [];
    if ("hook" in metadata) expect(rows.slice(0, 3)).toEqual(ofCalls);
    // The page does not repeat what several records have.
    const both = type === "plugin.registration_failed" ? rowsOf("plugin.registered") : [];
    const repeated = "hook" in metadata ? ofCalls : both;
    expect(groups[type]).toEqual(rows.filter((row) => !repeated.includes(row)));
  });

  it("is right that a refused plugin's record has the keys of a registered one's", () => {
    const keysOf = (type: AuditEventType) => Object.keys(auditEventTypes[type].metadata);
    expect(keysOf("plugin.registration_failed")).toEqual(
      expect.arrayContaining(keysOf("plugin.registered")),
    );
  });

  it("has every reason of a refused registration", () => {
    const rows = readTable(page, "Reason");
    expect(rows.map(([reason]) => codeIn(reason)[0])).toEqual(registrationFailures);
    for (const [, means] of rows) expect(means).toMatch(/^[A-Z`].*\.$/);
  });
});
