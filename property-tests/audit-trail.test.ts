/** Laws of the trail: no event is lost, duplicated or out of order, whatever its sinks do. */

import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { expect, it } from "vitest";
import { type AuditEvent, type AuditOutcome, jsonLines } from "../src/core/observe/index.ts";
import { eventOf, uncaughtDuring } from "../test/audit/support.ts";
import { keeping, trailTo } from "../test/internal/audit/trails.ts";
import { auditEventSchema } from "../tools/scripts/audit-schema.ts";
import { outcomeOf } from "./support/outcome.ts";
import { expectSome, share } from "./support/runs.ts";
import { characters, jsonValues } from "./support/schema-values.ts";

const answers = {
  takes: () => 1,
  throws: () => {
    throw new Error("no");
  },
  resolves: async () => undefined,
  "resolves later": () => new Promise((resolve) => setImmediate(resolve)),
  rejects: () => Promise.reject(new Error("no")),
  "rejects later": async () => {
    for (let i = 0; i < 3; i++) await undefined;
    throw new Error("no");
  },
  // biome-ignore lint/suspicious/noThenProperty: a thenable.
  "is a thenable": () => ({ then: (yes: () => void) => yes() }),
} as const;
type Answer = keyof typeof answers;
const fails = (answer: Answer) => /throws|rejects/.test(answer);

const answer = fc.constantFrom(...(Object.keys(answers) as Answer[]));
const plans = fc.array(
  fc.record({
    sink: answer,
    others: answer,
    sinkOnly: fc.boolean(),
    /** How many more events the sink raises while it handles this one. */
    raises: fc.integer({ min: 0, max: 2 }),
    /** Whether the emitter waits before the next one. */
    waits: fc.boolean(),
  }),
  { maxLength: 12, size: "max" },
);

it("L65: every event is delivered once, in the order raised, and every failure is reported and counted", () => {
  let reentrant = 0;
  return fc
    .assert(
      fc.asyncProperty(plans, async (plan) => {
        const raised: number[] = [];
        const taken: [recipient: string, n: number][] = [];
        const outcomes: Promise<AuditOutcome>[] = [];
        const byNumber = new Map<number, (typeof plan)[number]>();
        const successes: boolean[] = [];
        const uncaught = await uncaughtDuring(async () => {
          const emit = (step: (typeof plan)[number]) => {
            const n = raised.length;
            raised.push(n);
            byNumber.set(n, step);
            const outcome = trail.emit(eventOf({ metadata: { n } }), { sinkOnly: step.sinkOnly });
            outcomes.push(Promise.resolve(outcome));
            return outcome;
          };
          const stepOf = (event: AuditEvent) => byNumber.get(event.metadata.n as number);
          const { trail, log } = trailTo(
            (event) => {
              const step = stepOf(event);
              taken.push(["sink", event.metadata.n as number]);
              for (let i = 0; step !== undefined && i < step.raises; i++) {
                reentrant += 1;
                void emit({ ...step, raises: 0 });
              }
              return answers[step?.sink ?? "takes"]();
            },
            {},
            (event) => {
              taken.push(["others", event.metadata.n as number]);
              return answers[stepOf(event)?.others ?? "takes"]();
            },
          );
          for (const step of plan) {
            const outcome = emit(step);
            if (step.waits) await outcome;
          }
          await trail.flush();
          for (const outcome of outcomes) successes.push((await outcome).ok);
          const failures = [...byNumber.values()].flatMap(({ sink, others, sinkOnly }) => [
            fails(sink),
            !sinkOnly && fails(others),
          ]);
          const total = failures.filter(Boolean).length;
          expect(trail.failures.total).toBe(total);
          expect(log).toHaveLength(total);
          expect(log.join("")).not.toContain("\n");
        });
        expect(uncaught).toEqual([]);
        const expected = raised.flatMap((n): [string, number][] =>
          byNumber.get(n)?.sinkOnly
            ? [["sink", n]]
            : [
                ["sink", n],
                ["others", n],
              ],
        );
        expect(taken).toEqual(expected);
        expect(successes).toEqual(
          raised.map((n) => {
            const { sink = "takes", others = "takes", sinkOnly = false } = byNumber.get(n) ?? {};
            return !fails(sink) && (sinkOnly || !fails(others));
          }),
        );
      }),
      share(0.25),
    )
    .then(() => expectSome(reentrant));
});

const isRecord = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(
  JSON.parse(
    readFileSync(new URL("../spec/schemas/audit-event.schema.json", import.meta.url), "utf8"),
  ),
);
const keys = fc.oneof(
  fc.stringMatching(/^[a-z][a-z0-9_]{0,8}$/),
  fc.constantFrom("token", "api_key", "constructor", "prototype", "value_of", "then", "name"),
);
const { fact } = fc.letrec<{ fact: unknown }>((tie) => ({
  fact: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    fc.oneof(
      fc.string({ unit: characters, maxLength: 12 }),
      fc.constantFrom(
        "token=hunter2",
        "hunter2",
        "a\nb",
        "\ud800",
        "https://u:p@h",
        "x".repeat(600),
      ),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
    ),
    fc.array(tie("fact"), { maxLength: 3 }),
    fc.dictionary(keys, tie("fact"), { maxKeys: 3 }),
  ),
}));

function textsIn(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(textsIn);
}

it("L66: whatever JSON an event has as metadata, its record matches the schema, is one line, and is the same if raised again", () => {
  fc.assert(
    fc.property(
      fc.dictionary(keys, fact, { maxKeys: 4 }),
      fc.array(fc.string({ minLength: 1, maxLength: 3 }), { maxLength: 2 }),
      (metadata, more) => {
        const secrets = ["hunter2", ...more];
        const { trail, records } = keeping({ secrets });
        trail.emit(eventOf({ metadata }));
        const record = records[0] as AuditEvent;
        trail.emit(record);
        expect(records[1]).toEqual(record);
        expect([isRecord(record), isRecord.errors]).toEqual([true, null]);
        expect(auditEventSchema.parse(record)).toEqual(record);
        const line = jsonLines(record);
        expect(line).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
        expect(JSON.parse(line)).toEqual(JSON.parse(JSON.stringify(record)));
        for (const text of textsIn(record.metadata)) {
          for (const piece of text.replace(/…$/u, "").split("[REDACTED]")) {
            expect(piece).not.toContain("hunter2");
          }
        }
      },
    ),
  );
});

it("L67: any value that is not an event is refused, and nothing else is thrown", () => {
  let refused = 0;
  fc.assert(
    fc.property(
      jsonValues,
      fc.anything({ withNullPrototype: true, withDate: true, withMap: true }),
      (one, other) => {
        const { trail, records } = keeping();
        let taken = 0;
        for (const input of [
          one,
          other,
          { ...eventOf(), metadata: one },
          eventOf({ metadata: { other } }),
        ]) {
          const outcome = outcomeOf(() => trail.emit(input as never));
          if (outcome.ok) {
            taken += 1;
            continue;
          }
          refused += 1;
          expect(outcome.code).toBe("options_invalid");
          expect(outcome.error.message).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
        }
        expect(records).toHaveLength(taken);
        for (const record of records) expect(isRecord(record)).toBe(true);
      },
    ),
  );
  expectSome(refused);
});
