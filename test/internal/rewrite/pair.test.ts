import { createMessage } from "glassine/messages";
import { describe, expect, it } from "vitest";
import { pairItems, pairMessages, pairParts } from "../../../src/providers/rewrite/index.ts";

const item = (kind: string, value: number) => ({ kind, value });
const pairs = (before: readonly ReturnType<typeof item>[], after: typeof before) =>
  pairItems(before, after, { kinds: [({ kind }) => kind] }).map(
    ({ at, isSame, isMoved }) => `${isSame ? "=" : ""}${at ?? "new"}${isMoved ? " moved" : ""}`,
  );

const a = item("a", 1);
const b = item("b", 1);
const c = item("a", 2);
const d = item("a", 3);

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
      ["=0", "1", "=2"],
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
      ["0", "1"],
    ],
    [[a], [item("a", 8), item("a", 9)], ["0", "new"]],
    [
      [a, a],
      [a, a, a],
      ["=0", "=1", "new"],
    ],
    [
      [b, a],
      [a, b],
      ["=1 moved", "=0"],
    ],
    // An edited item that now equals a later one.
    [
      [a, b, c],
      [c, b, c],
      ["0", "=1", "=2"],
    ],
    [
      [a, b, c],
      [c, b, d],
      ["0", "=1", "2"],
    ],
    // An item added in front that equals the last one.
    [
      [a, b, c],
      [c, a, b, c],
      ["new", "=0", "=1", "=2"],
    ],
    [
      [a, b, c, d],
      [b, c, a, d],
      ["=1", "=2", "=0 moved", "=3"],
    ],
    [
      [a, b, c],
      [c, b, a],
      ["=2 moved", "=1 moved", "=0"],
    ],
  ])("%j and %j", (before, after, expected) => {
    expect(pairs(before, after)).toEqual(expected);
  });

  it("compare items by content, not by identity", () => {
    expect(pairs([a], [structuredClone(a)])).toEqual(["=0"]);
  });
});

describe("pairs of messages and parts", () => {
  const said = (role: "user" | "assistant", text: string) =>
    createMessage({ role, content: [{ content_type: "text", text }] });

  it("a message pairs with one of the same role", () => {
    const before = [said("user", "a"), said("assistant", "b")];
    expect(pairMessages(before, [said("user", "c"), said("user", "d")])).toMatchObject([
      { at: 0, isSame: false, isMoved: false },
      { at: undefined, isSame: false, isMoved: false },
    ]);
  });

  it("a message with the result of a call pairs with the one that had it", () => {
    const got = (tool_call_id: string, content: string) =>
      createMessage({
        role: "tool",
        content: [
          { content_type: "tool_result", content: { tool_call_id, tool_name: "", content } },
        ],
      });
    const pairs = pairMessages([got("1", "a"), got("2", "b")], [got("2", "c")]);
    expect(pairs.map(({ at }) => at)).toEqual([1]);
    expect(pairMessages([got("1", "a")], [got("3", "a")]).map(({ at }) => at)).toEqual([0]);
  });

  it("a call pairs with the one with its id, and text with text", () => {
    const call = (tool_call_id: string, name: string) =>
      ({ content_type: "tool_call", content: { tool_call_id, name } }) as const;
    const parts = (...content: object[]) =>
      createMessage({ role: "assistant", content: content as never }).content;
    const text = { content_type: "text", text: "a" };
    const before = parts(text, call("1", "add"));
    expect(pairParts(before, parts({ ...text, text: "b" }, call("1", "sub")))).toMatchObject([
      { at: 0, isSame: false, isMoved: false },
      { at: 1, isSame: false, isMoved: false },
    ]);
    expect(pairParts(before, parts(text, call("2", "add")))).toMatchObject([
      { at: 0, isSame: true, isMoved: false },
      { at: undefined, isSame: false, isMoved: false },
    ]);
    // A call is matched by its id, wherever it moved and whatever it contains now.
    expect(pairParts(before, parts(call("1", "sub"), text))).toMatchObject([
      { at: 1, isSame: false, isMoved: true },
      { at: 0, isSame: true, isMoved: false },
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
