import { allow, deny, type ErrorCode } from "glassine";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import { call, labelled, labelsOf, plugin, type Run, runOnce, uncaughtDuring } from "./support.ts";

const extensions = labelled("PII");
const returning = (value: unknown) => plugin("returns", (_p, _c) => value);
const over = (value: unknown) => runOnce([returning(value)], { extensions });

describe("nothing", () => {
  it.each([
    ["undefined", undefined],
    ["null", null],
    ["allow()", allow()],
    ["an empty object", {}],
    ["an empty object without prototype", Object.create(null)],
    ["a frozen empty object", Object.freeze({})],
    ["parts that are undefined", { modifiedPayload: undefined, modifiedExtensions: undefined }],
    ["parts that are null", { modifiedPayload: null, modifiedExtensions: null, metadata: null }],
    ["empty extensions", { modifiedExtensions: {} }],
    ["slots that are undefined", { modifiedExtensions: { security: undefined, http: undefined } }],
    ["empty metadata", { metadata: {} }],
  ])("is expressed by %s", async (_what, value) => {
    verifies("dispatch:result-nothing", "dispatch:untouched");
    for (const each of [value, Promise.resolve(value)]) {
      const result = await over(each);
      expect(result.continueProcessing).toBe(true);
      expect(result.payload).toBe(call);
      expect(result.extensions).toBe(extensions);
      expect(result).toMatchObject({ rejections: [], errors: [] });
      expect(result.metadata).toEqual({});
      expect(result.executions).toMatchObject([{ status: "completed", applied: false }]);
    }
  });
});

it("a promise under an unknown key, behind a value that cannot be read, is not left unhandled", async () => {
  const uncaught = await uncaughtDuring(async () => {
    const { errors } = await over({ a: () => 0, b: Promise.reject(new Error("b")) });
    expect(errors).toMatchObject([{ code: "result_shape" }]);
  });
  expect(uncaught).toEqual([]);
});

it.each<readonly [string, (promise: unknown) => object]>([
  ["under a symbol", (promise) => ({ [Symbol("a")]: promise })],
  ["under a symbol of a part", (promise) => ({ modifiedPayload: { [Symbol("a")]: promise } })],
  ["under a hidden key", (value) => Object.defineProperty({}, "metadata", { value })],
  [
    "under a hidden key of a part",
    (value) => ({ metadata: Object.defineProperty({}, "a", { value }) }),
  ],
  ["behind a symbol", (promise) => ({ [Symbol("a")]: 1, metadata: [promise] })],
])("a promise %s is not left unhandled", async (_, made) => {
  const uncaught = await uncaughtDuring(async () => {
    const { errors } = await over(made(Promise.reject(new Error("b"))));
    expect(errors).toMatchObject([{ code: expect.stringMatching(/^snapshot_(key|type)$/) }]);
  });
  expect(uncaught).toEqual([]);
});

// biome-ignore lint/suspicious/noThenProperty: a value that looks like a promise.
const thenMethod = { then() {} };

describe("a value that is not a result", () => {
  const cases: readonly [string, ErrorCode, unknown][] = [
    ["an unknown key beside good ones", "result_shape", { metadata: {}, modifiedPayloads: {} }],
    ["an unknown key without a value", "result_shape", { extensions: undefined }],
    ["a __proto__ key", "result_shape", JSON.parse('{"__proto__":{"metadata":{}}}')],
    ["a function", "result_shape", () => undefined],
    ["a function that could be waited for", "result_shape", Object.assign(() => {}, thenMethod)],
    ["metadata that is a list", "result_shape", { metadata: [] }],
    ["metadata that is a string", "result_shape", { metadata: "note" }],
    ["extensions that are a string", "extensions_shape", { modifiedExtensions: "labels" }],
    ["extensions that are a promise", "snapshot_prototype", { modifiedExtensions: never() }],
  ];

  it.each(cases)("such as %s is refused with %s", async (what, code, value) => {
    verifies("dispatch:result-keys", "dispatch:result-read-once");
    // A promise would adopt a function with a `then`, so that one is only returned directly.
    const alone = what.includes("could be waited for");
    for (const each of alone ? [value] : [value, Promise.resolve(value)]) {
      const result = await over(each);
      expect(result.violation).toMatchObject({ plugin: "returns", code });
      expect(result.payload).toBe(call);
      expect(result.extensions).toBe(extensions);
      expect(result.metadata).toEqual({});
      expect(result.rejections).toMatchObject([{ plugin: "returns", code }]);
    }
  });

  it("is refused without reporting its content", async () => {
    const secret = "s3cret";
    for (const value of [
      { [secret]: 1 },
      { metadata: { [secret]: () => {} } },
      { modifiedExtensions: { [secret]: 1 } },
      { modifiedPayload: { name: "add", args: {}, [secret]: 1 } },
      { modifiedPayload: { name: secret, args: 5 } },
    ]) {
      const result = await over(value);
      expect(result.continueProcessing).toBe(false);
      const { payload: _payload, ...rest } = result;
      expect(JSON.stringify(rest)).not.toContain(secret);
    }
  });
});

function never(): Promise<never> {
  return new Promise(() => {});
}

describe("all or nothing", () => {
  const good = {
    modifiedPayload: { name: "changed", args: {} },
    modifiedExtensions: { security: { labels: ["PII", "added"] }, custom: { note: 1 } },
    metadata: { note: 1 },
  };
  it.each([
    ["the payload", { ...good, modifiedPayload: { name: 5 } }],
    ["the extensions", { ...good, modifiedExtensions: { security: { labels: [] } } }],
    ["one slot", { ...good, modifiedExtensions: { ...good.modifiedExtensions, unknown: 1 } }],
    ["the metadata", { ...good, metadata: { bad: Number.NaN } }],
    ["a key", { ...good, more: 1 }],
  ])("applies if %s is refused", async (_part, value) => {
    verifies("dispatch:all-or-nothing");
    const result = await over(value);
    expect(result.continueProcessing).toBe(false);
    expect(result.payload).toBe(call);
    expect(result.extensions).toBe(extensions);
    expect(result.metadata).toEqual({});
    expect(result.executions).toMatchObject([{ applied: false, changed: [] }]);
    const accepted = await over(good);
    expect(labelsOf(accepted)).toEqual(["PII", "added"]);
  });

  it("does not count an ignored change as a refusal", async () => {
    const result = await over({
      ...good,
      modifiedExtensions: { ...good.modifiedExtensions, request: { request_id: "forged" } },
    });
    expect(labelsOf(result)).toEqual(["PII", "added"]);
    expect(result.payload).toEqual({ name: "changed", args: {} });
    expect(result.rejections).toMatchObject([{ path: "request", code: "tier_immutable" }]);
  });
});

describe("a denial", () => {
  it.each([
    ["a reason", deny("not now"), { code: "denied", reason: "not now" }],
    ["a code and a reason", deny({ code: "a.b", reason: "x" }), { code: "a.b", reason: "x" }],
    [
      "everything",
      deny({ code: "a", reason: "x", description: "d", details: { n: [1, { deep: null }] } }),
      { code: "a", reason: "x", description: "d", details: { n: [1, { deep: null }] } },
    ],
  ])("made of %s becomes the violation", async (_what, denial, violation) => {
    verifies("dispatch:violation", "dispatch:deny-brand");
    for (const each of [denial, Promise.resolve(denial)]) {
      expect((await over(each)).violation).toEqual({ plugin: "returns", ...violation });
    }
  });

  it("names the plugin that returned it, whatever its details say", async () => {
    const denial = deny({ code: "a", reason: "x", details: { plugin: "other" } });
    expect((await over(denial)).violation?.plugin).toBe("returns");
  });

  it("may be one object for all plugins and runs", async () => {
    const denial = deny("shared");
    const results = await Promise.all([over(denial), over(denial)]);
    expect(results.map(({ violation }) => violation?.reason)).toEqual(["shared", "shared"]);
  });
});

describe("metadata", () => {
  it("is kept under the name of each plugin", async () => {
    verifies("dispatch:metadata");
    const noting = (name: string, metadata: object): ReturnType<typeof plugin> =>
      plugin(name, (_p, _c) => ({ metadata }));
    const result = await runOnce([
      noting("one", { a: 1 }),
      noting("then", { b: [2] }),
      noting("two", { a: { c: null } }),
    ]);
    expect(result.metadata).toEqual({
      one: { a: 1 },
      // biome-ignore lint/suspicious/noThenProperty: a plugin may have this name.
      then: { b: [2] },
      two: { a: { c: null } },
    });
    expect(Object.getPrototypeOf(result.metadata)).toBeNull();
  });
});

describe("a handler that takes no extensions", () => {
  it("may return them, merged against the view it would have had", async () => {
    verifies("dispatch:merged");
    const run = (labels: string[], capabilities: Parameters<typeof plugin>[2]) => {
      const handler: Run = (_payload, _context) => ({
        modifiedExtensions: { security: { labels } },
      });
      return runOnce([plugin("returns", handler, capabilities)], { extensions });
    };
    const accepted = await run(["PII", "added"], { capabilities: ["append_labels"] });
    expect(labelsOf(accepted)).toEqual(["PII", "added"]);
    expect(accepted.executions).toMatchObject([{ extensions: false, saw: [], applied: true }]);
    const shrunk = await run(["added"], { capabilities: ["append_labels"] });
    expect(shrunk.violation?.code).toBe("tier_monotonic");
    const without = await run(["added"], { capabilities: [] });
    expect(without.extensions).toBe(extensions);
    expect(without.rejections).toMatchObject([{ code: "capability_missing" }]);
  });
});
