import { createMessage } from "glassine";
import { describe, expect, it } from "vitest";
import { pairItems, pairMessages, pairParts } from "../../src/documents/index.ts";

const alike = (a: { kind: string }, b: { kind: string }) => a.kind === b.kind;
const item = (kind: string, value: number) => ({ kind, value });
const pairs = (before: readonly ReturnType<typeof item>[], after: typeof before) =>
  pairItems(before, after, alike).map(({ at, isSame }) => (isSame ? `=${at}` : (at ?? "new")));

const [a, b, c] = [item("a", 1), item("b", 1), item("a", 2)] as const;

describe("pairs of old and new items", () => {
  it.each([
    [[], [], []],
    [
      [a, b, c],
      [a, b, c],
      ["=0", "=1", "=2"],
    ],
    [
      [a, b, c],
      [a, item("b", 2), c],
      ["=0", 1, "=2"],
    ],
    [
      [a, b, c],
      [b, c],
      ["=1", "=2"],
    ],
    [
      [a, c],
      [a, b, c],
      ["=0", "new", "=1"],
    ],
    [
      [a, b],
      [item("b", 9), b],
      ["new", "=1"],
    ],
    [
      [a, c],
      [item("a", 8), item("a", 9)],
      [0, 1],
    ],
    [[a], [item("a", 8), item("a", 9)], [0, "new"]],
    [
      [a, a],
      [a, a, a],
      ["=0", "=1", "new"],
    ],
    [
      [b, a],
      [a, b],
      ["=1", "new"],
    ],
  ])("%j and %j", (before, after, expected) => {
    expect(pairs(before, after)).toEqual(expected);
  });

  it("compare by what items say, whatever objects they are", () => {
    expect(pairs([a], [structuredClone(a)])).toEqual(["=0"]);
  });
});

describe("pairs of messages and parts", () => {
  const said = (role: "user" | "assistant", text: string) =>
    createMessage({ role, content: [{ content_type: "text", text }] });

  it("a message stands for one of the same role", () => {
    const before = [said("user", "a"), said("assistant", "b")];
    expect(pairMessages(before, [said("user", "c"), said("user", "d")])).toEqual([
      { at: 0, isSame: false },
      { at: undefined, isSame: false },
    ]);
  });

  it("a call stands for the one with its id, and text for text", () => {
    const call = (tool_call_id: string, name: string) =>
      ({ content_type: "tool_call", content: { tool_call_id, name } }) as const;
    const parts = (...content: object[]) =>
      createMessage({ role: "assistant", content: content as never }).content;
    const text = { content_type: "text", text: "a" };
    const before = parts(text, call("1", "add"));
    expect(pairParts(before, parts({ ...text, text: "b" }, call("1", "sub")))).toEqual([
      { at: 0, isSame: false },
      { at: 1, isSame: false },
    ]);
    expect(pairParts(before, parts(text, call("2", "add")))).toEqual([
      { at: 0, isSame: true },
      { at: undefined, isSame: false },
    ]);
    const result = { tool_call_id: "1", tool_name: "add" };
    const asked = { prompt_request_id: "1", name: "p" };
    const got = { prompt_request_id: "1", prompt_name: "p" };
    const file = { resource_request_id: "1", uri: "file:///a", resource_type: "file" };
    const all = parts(
      { content_type: "tool_result", content: result },
      { content_type: "prompt_request", content: asked },
      { content_type: "prompt_result", content: got },
      { content_type: "resource", content: file },
      { content_type: "resource_ref", content: file },
    );
    const renamed = parts(
      { content_type: "tool_result", content: { ...result, content: "x" } },
      { content_type: "prompt_request", content: { ...asked, name: "q" } },
      { content_type: "prompt_result", content: { ...got, content: "x" } },
      { content_type: "resource", content: { ...file, name: "x" } },
      { content_type: "resource_ref", content: { ...file, name: "x" } },
    );
    expect(pairParts(all, renamed).map(({ at }) => at)).toEqual([0, 1, 2, 3, 4]);
    const others = structuredClone(renamed).map((part) => ({
      ...part,
      content: Object.fromEntries(
        Object.entries((part as { content: object }).content).map(([key, value]) => [
          key,
          key.endsWith("_id") ? "2" : value,
        ]),
      ),
    }));
    expect(pairParts(all, others as never).map(({ at }) => at)).toEqual(Array(5).fill(undefined));
  });
});
