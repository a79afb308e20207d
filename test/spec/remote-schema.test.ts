/** The JSON Schemas of the process boundary fit the documents that are written and read. */
import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import {
  allow,
  createExtensions,
  createPluginManager,
  definePlugin,
  deny,
  filterExtensions,
  isGlassineError,
} from "glassine";
import {
  decodeError,
  decodeResult,
  decodeTask,
  encodeError,
  encodeInvokeResult,
  encodeResult,
  encodeTask,
} from "glassine/remote";
import { describe, expect, it } from "vitest";
import { documentsOf, grantsOf } from "../../property-tests/support/documents.ts";
import { plansOf, propose } from "../../property-tests/support/proposals.ts";
import { expectSome } from "../../property-tests/support/runs.ts";
import { standard, worlds } from "../../property-tests/support/tables.ts";
import { contextOf, hook, payload } from "../remote/support.ts";

const ajv = new Ajv2020({
  strict: true,
  allErrors: true,
  allowUnionTypes: true,
  formats: { "date-time": true },
});
const validator = (name: string) =>
  ajv.compile(
    JSON.parse(
      readFileSync(new URL(`../../spec/schemas/${name}.schema.json`, import.meta.url), "utf8"),
    ),
  );
const [isTask, isResult, isError] = ["task", "result", "error"].map(validator) as [
  ReturnType<typeof ajv.compile>,
  ReturnType<typeof ajv.compile>,
  ReturnType<typeof ajv.compile>,
];

/** Returns the reasons why a schema refuses a JSON string. */
function faults(validate: typeof isTask, text: string): readonly string[] {
  validate(JSON.parse(text));
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

const [{ slots }] = worlds as [(typeof worlds)[number]];
const full = standard.resolveCapabilities(slots.capabilities.names as never);

describe("spec/schemas", () => {
  it("fits every task that is written", () => {
    fc.assert(
      fc.property(documentsOf(slots), grantsOf(slots), (document, grant) => {
        const capabilities = grant as typeof full;
        const extensions = filterExtensions(createExtensions(document), capabilities);
        const turn = { payload, context: contextOf([...grant]), extensions };
        expect(faults(isTask, encodeTask(turn))).toEqual([]);
      }),
    );
  });

  it("fits every result that is written and that a dispatch takes", async () => {
    let checked = 0;
    await fc.assert(
      fc.asyncProperty(documentsOf(slots), plansOf(slots, 1), async (document, plan) => {
        const texts: string[] = [];
        const plugin = definePlugin({
          name: "far-away",
          version: "1.0.0",
          capabilities: full,
          hooks: {
            [hook]: (message, context, extensions) => {
              const returned = {
                modifiedPayload: message,
                modifiedExtensions: propose(slots, extensions, plan),
                metadata: { plan: 1 },
              };
              texts.push(encodeResult(returned));
              return decodeResult(texts[0], { payload: message, context, extensions }).result;
            },
          },
        });
        const manager = await createPluginManager({ plugins: [plugin] });
        const extensions = createExtensions(document);
        const result = await manager.invoke(hook, payload, { extensions });
        expect(faults(isResult, encodeInvokeResult(result))).toEqual([]);
        // A proposal that fails only after it was decoded has an error here. A set with repeats is
        // accepted when read, but never written.
        if (result.errors.length > 0) return;
        const found = faults(isResult, texts[0] as string);
        const repeats = found.some((fault) => /duplicate items/.test(fault));
        if (!repeats) expect(found).toEqual([]);
        checked += repeats ? 0 : 1;
      }),
    );
    expectSome(checked);
  });

  it("fits denials, allowances, errors and wishes", () => {
    const answer = {
      httpHeaders: { a: "b" },
      retryDelayMs: 1,
      mcpErrorCode: -1,
      httpStatusCode: 403,
    };
    for (const returned of [
      undefined,
      allow(),
      deny("No"),
      deny({ code: "a", reason: "b", details: {} }),
    ]) {
      expect(faults(isResult, encodeResult(returned, answer))).toEqual([]);
    }
    const options = { plugin: "p", details: { a: 1 }, mcpErrorCode: -5 };
    expect(faults(isError, encodeError(new Error("a"), options))).toEqual([]);
  });

  const task = JSON.parse(encodeTask({ payload, context: contextOf([]) })) as Record<
    string,
    unknown
  >;
  const result = {
    continue_processing: true,
    violation: { code: "a", reason: "b", description: "c" },
    executions: [],
  };
  const error = { message: "a", plugin_name: "p" };
  const changes: readonly (readonly [string, unknown])[] = [
    ["hook", 1],
    ["hook", undefined],
    ["payload", []],
    ["extensions", null],
    ["extensions", { custom: 1 }],
    ["extensions", { security: { labels: [1] } }],
    ["context", {}],
    ["config", { name: "a" }],
    ["more", 1],
    ["continue_processing", null],
    ["continue_processing", 1],
    ["modified_payload", null],
    ["modified_payload", 1],
    ["modified_extensions", []],
    ["violation", {}],
    ["violation", null],
    ["metadata", "a"],
    ["http_headers", { a: 1 }],
    ["retry_delay_ms", -1],
    ["retry_delay_ms", null],
    ["executions", [{}]],
    ["executions", null],
    ["message", 1],
    ["plugin_name", undefined],
    ["code", null],
    ["details", []],
    ["mcp_error_code", 1.5],
    ["mcp_error_code", null],
  ];

  it.each(changes)("agrees with reading about %s %j", (key, value) => {
    const reads = (read: () => unknown): boolean => {
      try {
        read();
        return true;
      } catch (thrown) {
        if (!isGlassineError(thrown)) throw thrown;
        return false;
      }
    };
    const changed = (document: object) => JSON.stringify({ ...document, [key]: value });
    const verdicts = [
      [isTask(JSON.parse(changed(task))), reads(() => decodeTask(changed(task)))],
      [isResult(JSON.parse(changed(result))), reads(() => decodeResult(changed(result)))],
      [isError(JSON.parse(changed(error))), reads(() => decodeError(changed(error)))],
    ];
    for (const [fits, isRead] of verdicts) expect(fits).toBe(isRead);
  });
});
