/** The error messages for misuse of `deny`, and how `deny` cleans its strings. */

import * as fc from "fast-check";
import { createPluginManager, definePlugin, deny, isGlassineError } from "glassine";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import { violationOf } from "./support.ts";

const refusalFor = (input: unknown) => {
  try {
    deny(input as never);
  } catch (error) {
    if (isGlassineError(error)) return [error.code, error.message];
    throw error;
  }
  return "nothing";
};
const reasonOf = async (reason: string) => (await violationOf(deny(reason)))?.reason;

describe("deny reports what it expects", () => {
  const code = "deny expects a code of letters, digits and _ . : -, at most 64 characters.";
  const reason = "deny expects a reason that is not empty.";
  const details = "deny expects details that are a plain object of JSON data.";

  it.each<readonly [string, unknown, string]>([
    ["nothing", undefined, "deny expects a reason, or an object with one."],
    ["null", null, "deny expects a reason, or an object with one."],
    ["a number", 5, "deny expects a reason, or an object with one."],
    [
      "an unknown field",
      { reason: "no", detail: { a: 1 } },
      'deny expects code, reason, description and details, got "detail". Did you mean "details"?',
    ],
    ["a code that is null", { code: null, reason: "r" }, code],
    ["a code that is no text", { code: 5, reason: "r" }, code],
    ["an empty code", { code: "", reason: "r" }, code],
    ["a code that begins with a dash", { code: "-a", reason: "r" }, code],
    ["a code with a space", { code: "a b", reason: "r" }, code],
    ["a code with a line break", { code: "a\n", reason: "r" }, code],
    ["a code that is too long", { code: "a".repeat(65), reason: "r" }, code],
    ["no reason", { code: "c" }, reason],
    ["an empty text", "", reason],
    ["a reason of blanks", " \n\t", reason],
    ["a reason that is no text", { code: "c", reason: 5 }, reason],
    [
      "a description that is no text",
      { code: "c", reason: "r", description: 5 },
      "deny expects a description that is a string.",
    ],
    ["details that are a list", { code: "c", reason: "r", details: [] }, details],
    ["details that are null", { code: "c", reason: "r", details: null }, details],
    ["details that are a text", { code: "c", reason: "r", details: "d" }, details],
    ["details with a function", { code: "c", reason: "r", details: { f: () => 0 } }, details],
  ])("for %s", (_, input, message) => {
    expect(refusalFor(input)).toEqual(["rejected", message]);
  });

  it.each<readonly [string, unknown]>([
    ["an empty reason", ""],
    ["a reason of blanks", " \n\t"],
    ["a reason of invisible characters", { code: "c", reason: "\u200b\u202e\u0000" }],
    ["no reason", { reason: undefined }],
    ["an invalid code", { code: "a b", reason: "r" }],
    ["details with a date", { reason: "r", details: { at: new Date(0) } }],
  ])("and denies where failures are ignored: %s", async (_, input) => {
    verifies("dispatch:deny-repairs");
    const handler = () => deny(input as never);
    const plugin = definePlugin({
      name: "strict",
      version: "1.0.0",
      hooks: { tool_pre_invoke: { onError: "ignore", handler } },
    });
    const manager = await createPluginManager({ plugins: [plugin] });
    const { violation, executions } = await manager.invoke("tool_pre_invoke", { name: "rm" });
    const reason = expect.stringMatching(/^deny expects /) as string;
    expect(violation).toEqual({ plugin: "strict", code: "denied", reason });
    expect(executions).toMatchObject([{ effectiveAllow: false, reason }]);
  });

  it("for a second argument", () => {
    expect(() => (deny as (...all: unknown[]) => unknown)("code", "reason")).toThrow(
      "deny expects one argument, such as { code, reason }, got more.",
    );
  });

  it("reports nothing for valid input", async () => {
    for (const good of ["a".repeat(64), "0", "A_b.c:d-e"]) {
      expect(await violationOf(deny({ code: good, reason: "r" }))).toEqual({
        code: good,
        reason: "r",
      });
    }
    const full = { code: "c", reason: "r", description: "d", details: { a: [1, null] } };
    expect(await violationOf(deny(full))).toEqual(full);
    expect(await violationOf(deny("r"))).toEqual({ code: "denied", reason: "r" });
    expect(await violationOf(deny({ reason: "r" }))).toEqual({ code: "denied", reason: "r" });
    expect(Object.isFrozen(deny("r"))).toBe(true);
  });
});

describe("a reason is one line", () => {
  it.each([
    ["  a b  ", "a b"],
    ["a\r\n\tb", "a b"],
    ["a\u202e\u2066b", "a b"],
    ["a\u2028b\u0000", "a b"],
    ["a \n b", "a   b"],
    ["\u{1f600}\u{e0001}\u{1f600}", "\u{1f600} \u{1f600}"],
    ["a\ud83db", "a b"],
    ["\ude00a", "a"],
  ])("%j", async (given, shown) => {
    expect(await reasonOf(given)).toBe(shown);
  });

  it("of at most 500 units, and an ellipsis", async () => {
    expect(await reasonOf("a".repeat(500))).toBe("a".repeat(500));
    expect(await reasonOf("a".repeat(501))).toBe(`${"a".repeat(500)}…`);
    expect(await reasonOf(`${"a".repeat(499)}\u{1f600}`)).toBe(`${"a".repeat(499)}…`);
    expect(await reasonOf(`${"a".repeat(498)}\u{1f600}b`)).toBe(`${"a".repeat(498)}\u{1f600}…`);
    expect(await reasonOf(`${"a".repeat(498)}\u{1f600}`)).toBe(`${"a".repeat(498)}\u{1f600}`);
    expect(await reasonOf(`${" ".repeat(999)}a`)).toBe("a");
    expect(refusalFor(`${" ".repeat(1000)}a`)).not.toBe("nothing");
  });

  it("and a description of at most 2000", async () => {
    const description = async (text: string) =>
      (await violationOf(deny({ code: "c", reason: "r", description: text })))?.description;
    expect(await description("d".repeat(2000))).toBe("d".repeat(2000));
    expect(await description("d\n".repeat(1500))).toBe(`${"d ".repeat(1000)}…`);
  });
});

describe("details", () => {
  it.each([
    ["Ahoy \ud83d", "Ahoy  "],
    ["\ude00\n\u202ea", " \n\u202ea"],
    ["\u{1f600}\ud83d\ud83d\u{1f600}\ude00", "\u{1f600} \u{1f600} "],
  ])("have a space for halves of characters: %j", async (cut, mended) => {
    verifies("dispatch:deny-repairs");
    const details = { excerpt: cut, list: [cut, { inner: cut }] };
    expect((await violationOf(deny({ reason: "r", details })))?.details).toEqual({
      excerpt: mended,
      list: [mended, { inner: mended }],
    });
  });

  it("never prevent a denial, whatever strings are in their data", async () => {
    verifies("dispatch:deny-repairs");
    const { json } = fc.letrec((tie) => ({
      json: fc.oneof(
        { maxDepth: 4 },
        fc.string({ unit: "binary" }).map((text) => text.slice(1)),
        fc.constantFrom("\ud83d", "\ude00", null, true, 0.5),
        fc.array(tie("json")),
        fc.dictionary(
          fc.string().map((key) => `k${key}`),
          tie("json"),
        ),
      ),
    }));
    const plain = (data: unknown) => JSON.parse(JSON.stringify(data)) as unknown;
    const mended = (data: unknown) =>
      JSON.parse(JSON.stringify(data), (_, each: unknown) =>
        typeof each === "string" ? each.replace(/\p{Cs}+/gu, " ") : each,
      ) as unknown;
    await fc.assert(
      fc.asyncProperty(json, async (value) => {
        const violation = await violationOf(deny({ reason: "r", details: { value } }));
        expect(plain(violation?.details)).toEqual(mended({ value }));
      }),
    );
  });

  const tooLarge = { left_out: "snapshot_limit" };
  it.each<readonly [string, object | string, object?]>([
    ["half a character", "rm\u{1f600}"],
    ["a long text", "x".repeat(2_000_000), tooLarge],
    ["many values", { a: Array(30_000).fill(0) }, tooLarge],
    ["deep nesting", JSON.parse(`{"a":${"[".repeat(40)}${"]".repeat(40)}}`), tooLarge],
    ["__proto__", JSON.parse('{"__proto__":1}'), { left_out: "snapshot_key" }],
    ["a character cut in a key", { "\ud83d": 1 }, { left_out: "snapshot_key" }],
  ])("do not let a caller pass where failures are ignored: %s", async (_, given, left) => {
    verifies("dispatch:deny-repairs");
    const plugin = definePlugin({
      name: "strict",
      version: "1.0.0",
      hooks: {
        tool_pre_invoke: {
          onError: "ignore",
          handler: ({ args }) => {
            const { text } = args as { text?: string };
            const excerpt = text !== undefined && text.length < 9 ? text.slice(0, 3) : args;
            return deny({ reason: "no", details: { excerpt, given } });
          },
        },
      },
    });
    const manager = await createPluginManager({ plugins: [plugin] });
    const args = typeof given === "string" ? { text: given } : {};
    const { violation } = await manager.invoke("tool_pre_invoke", { name: "rm", args });
    expect(violation).toMatchObject({ plugin: "strict", code: "denied", reason: "no" });
    if (left !== undefined) expect(violation?.details).toEqual(left);
  });
});

it("deny takes the denial of a nested run", async () => {
  const decision = { allow: false, plugin: "inner", code: "c", reason: "r" };
  expect(await violationOf(deny(decision))).toMatchObject({ code: "c", reason: "r" });
});
