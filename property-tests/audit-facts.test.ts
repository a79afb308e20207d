/** Laws of who, what and where in a record: redaction never removes them. */
import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { expect, it } from "vitest";
import * as z from "zod";
import type { AuditEvent } from "../src/audit.ts";
import { factKindsOf, needlesOf } from "../src/core/observe/index.ts";
import { defineHooks, defineHost } from "../src/host.ts";
import { allow, createExtensions, deny } from "../src/index.ts";
import { examples } from "../test/internal/audit/examples.ts";
import { keeping } from "../test/internal/audit/trails.ts";
import { verifies } from "../test/support/verifies.ts";
import { expectSome, share } from "./support/runs.ts";

const isRecord = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(
  JSON.parse(
    readFileSync(new URL("../spec/schemas/audit-event.schema.json", import.meta.url), "utf8"),
  ),
);
/** Event types whose text is free. */
const free = ["validation_failure", "error", "authority", "trust_reason"];
const freeReasons = ["plugin.handler_denied", "plugin.trust_changed", "extensions.declassified"];

/** A record without its time and its free text. */
function factsOf({ timestamp: _, metadata, ...record }: AuditEvent): unknown {
  const facts = Object.entries(metadata).filter(
    ([key]) => !free.includes(key) && (key !== "reason" || !freeReasons.includes(record.eventType)),
  );
  // A new id, if the host set none.
  const {
    signing,
    request: _request,
    ...others
  } = Object.fromEntries(facts) as {
    signing?: object;
    request?: unknown;
  };
  const decision = (signing as { trust_decision?: string } | undefined)?.trust_decision;
  return { ...record, metadata: { ...others, decision } };
}

/** The values of records, and what may replace them. */
const words = fc.constantFrom(
  "egress-guard",
  "labeller",
  "evaluate",
  "vote",
  "manual",
  "npm_package",
  "type",
  "PII",
  "e",
  "config_validate",
  "duplicate",
  "system",
  "plugin",
  "hook",
  "host",
  "default",
  "acme",
  "1",
  "1.0.0",
  "0.1.0",
  "unsigned",
  "*",
  "null",
  "true",
  "success",
  "failure",
  "core",
  ".",
  ":",
  "slot_denied",
  "tier_immutable",
  "append_labels",
  "security.labels",
  "Error",
  "[REDACTED]",
  "plugin:egress-guard",
  "hook:vote",
  "egress-guard.vote",
  "ContractViolation",
  "extensions",
  "reviewed",
  "gone",
  "function",
  "config",
  "accepted",
  "ada",
  "no",
  "bad",
  "failed",
  "x",
  "is",
  "operator_override",
  "untrust",
  "2026",
  "2026-01-31T12:00:00.000Z",
  "REDACTED",
  "…",
  "\n",
);
const texts = fc.oneof(words, fc.string({ maxLength: 6 }));

it("L68: an event of any type matches its schema and keeps its facts, whatever a request or a configuration declares secret", () => {
  verifies("audit:facts");
  let taken = 0;
  const types = fc.constantFrom(...Object.values(examples));
  fc.assert(
    fc.property(types, fc.array(texts, { maxLength: 4 }), (event, secrets) => {
      const { trail, records } = keeping();
      const kinds = factKindsOf(event);
      trail.emit(event, { kinds });
      trail.emit(event, { kinds, secrets: needlesOf(secrets) });
      const [plain, redacted] = records as [AuditEvent, AuditEvent];
      expect([isRecord(redacted), isRecord.errors]).toEqual([true, null]);
      expect(factsOf(redacted)).toEqual(factsOf(plain));
      if (JSON.stringify(redacted).includes("[REDACTED]")) taken += 1;
    }),
  );
  expectSome(taken);
});

const host = defineHost({
  hooks: defineHooks({
    config_validate: {
      semantic: "voting",
      description: "A plugin asks to be registered.",
      payload: z.object({ plugin: z.looseObject({}) }),
    },
    vote: { semantic: "voting", description: "May it be?", payload: z.looseObject({}) },
    happened: {
      semantic: "fire_and_forget",
      description: "It was.",
      payload: z.looseObject({ quotes: z.string() }),
    },
  }),
});

const quoting = (text: string) => `refused: ${text}`;

/** One of each event that a manager raises, with a configuration and headers. */
async function recordsWith(
  config: Readonly<Record<string, unknown>>,
  headers: Readonly<Record<string, string>>,
  quoted: string,
): Promise<readonly AuditEvent[]> {
  const events: AuditEvent[] = [];
  const guard = host.definePlugin({
    name: "egress-guard",
    version: "1.0.0",
    hooks: {
      vote: (_payload) => deny(quoting(quoted)),
      happened: (_payload) => {
        throw new Error(quoting(quoted));
      },
      config_validate: ({ plugin }) => (plugin.name === "refused" ? deny("no") : allow()),
    },
  });
  const labeller = host.definePlugin({
    name: "labeller",
    version: "1.0.0",
    capabilities: ["append_labels"],
    hooks: {
      evaluate: (_message, _context, _extensions) => ({
        modifiedExtensions: { security: { labels: ["OLD", "PII"] }, agent: { agent_id: "other" } },
      }),
    },
  });
  const refused = host.definePlugin({ name: "refused", version: "1.0.0" });
  const audit = { sink: (event: AuditEvent) => void events.push(event) };
  const options = { audit, logger: {}, env: {} };
  const plugins = [{ plugin: guard, config }, labeller];
  const manager = await host.createPluginManager({ ...options, plugins });
  const extensions = createExtensions({
    http: { headers },
    request: { request_id: "req-1" },
    security: { labels: ["OLD"] },
  });
  const given = { extensions, tenant: "acme", request: "run-1" };
  await manager.invoke("vote", {}, given);
  await manager.invoke("happened", { quotes: quoted }, given);
  await manager.invoke("evaluate", { role: "user" }, given);
  await manager.declassify(extensions, { labels: ["OLD"], reason: "reviewed", authority: "ada" });
  const second = host.createPluginManager({ ...options, plugins: [...plugins, refused] });
  await second.catch(() => undefined);
  await manager.close();
  return events;
}

it("L69: every record of a manager matches its schema and says who did what where, whatever configuration or callers contain", () => {
  verifies("audit:facts", "audit:redacted-request");
  let hidden = 0;
  const configs = fc.dictionary(
    fc.stringMatching(/^[a-z]{1,4}$/),
    fc.oneof(texts, fc.integer(), fc.array(texts, { maxLength: 2 })),
    { maxKeys: 4 },
  );
  const values = texts.map((text) => text.replace(/[^\x20-\x7e]/g, "")).filter(Boolean);
  return fc
    .assert(
      fc.asyncProperty(configs, values, values, async (config, value, text) => {
        const headers = { authorization: `Bearer ${value}`, cookie: value };
        const plain = await recordsWith({}, {}, text);
        const records = await recordsWith(config, headers, text);
        expect(records.map(factsOf)).toEqual(plain.map(factsOf));
        expect(new Set(records.map(({ eventType }) => eventType)).size).toBe(7);
        for (const record of records)
          expect([record, isRecord(record), isRecord.errors]).toEqual([record, true, null]);
        if (JSON.stringify(records).includes("[REDACTED]")) hidden += 1;
      }),
      share(0.25),
    )
    .then(() => expectSome(hidden));
});
