/** The arguments of the functions that read and write documents. */
import * as mcp from "glassine/mcp";
import { describe, expect, it } from "vitest";
import { codeOf } from "../../data/support.ts";
import { verifies } from "../../support/verifies.ts";

type Convert = (value: unknown, options?: unknown) => unknown;
const functions = mcp as unknown as Record<string, Convert>;
const all = Object.keys(functions).filter((name) => /^(from|to)[A-Z]/.test(name));
const writers = all.filter((name) => name.startsWith("to"));
/** These functions take no request id: the key of an input is its id. */
const withoutId = /Input|ResourceError/;
const withId = all.filter((name) => !withoutId.test(name));
const documents: Record<string, object> = {
  fromToolCall: { name: "t" },
  fromToolResult: { content: [] },
  fromToolError: { code: 1, message: "m" },
  fromPromptRequest: { name: "p" },
  fromPromptResult: { messages: [] },
  fromPromptError: { code: 1, message: "m" },
  fromResourceRequest: { uri: "file:///a" },
  fromResourceResult: { contents: [] },
  fromSamplingRequest: { messages: [] },
  fromSamplingResult: { role: "user", content: { type: "text", text: "a" }, model: "m" },
  fromElicitationRequest: { message: "m", requestedSchema: {} },
  fromElicitationResult: { action: "cancel" },
  fromTask: { taskId: "t" },
};
const readers = Object.keys(documents);
const call = { id: "7", name: "t", maxTokens: 1, asked: {}, onto: {} };

function messageOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return (error as Error).message;
  }
  return "";
}

describe("the options of a document's functions", () => {
  it("are tried for all of them", () => {
    expect([...readers].sort()).toEqual(withId.filter((name) => name.startsWith("from")).sort());
    expect(writers).toHaveLength(16);
  });

  it.each(withId)("are required with a clear message: %s", (name) => {
    verifies("mcp:call-options");
    const value = documents[name] ?? [];
    expect(codeOf(() => functions[name]?.(value))).toBe("options_invalid");
    expect(messageOf(() => functions[name]?.(value, { ...call, id: {} }))).toMatch(
      `${name} expects id, the id of the request, to be a string or a number, got an object.`,
    );
    expect(messageOf(() => functions[name]?.(value, { ...call, ids: "7" }))).toMatch(
      `${name} has no option "ids". Did you mean "id"?`,
    );
  });

  it.each(readers)("accept a number as the id, which parts carry as a string: %s", (name) => {
    const read = (id: unknown) => functions[name]?.(documents[name], { id, name: "t" });
    expect(read(7)).toEqual(read("7"));
    expect(codeOf(() => read(Number.NaN))).toBe("options_invalid");
  });

  it("require the name of the call to read a response", () => {
    const text = messageOf(() => functions.fromToolResult?.({ content: [] }, { id: 7 }));
    expect(text).toBe(
      "fromToolResult expects name, the name of the answered call, to be a string, got nothing.",
    );
    expect(codeOf(() => mcp.fromToolCall({ name: "t" }, { id: 7, serverId: 7 as never }))).toBe(
      "options_invalid",
    );
  });
});

describe("the messages to write", () => {
  it.each(writers)("must be a list, not a read result: %s", (name) => {
    const onto = documents[name.replace(/^to/, "from")] ?? {};
    for (const none of [undefined, null, 5, { messages: {}, left: [] }]) {
      const write = () => functions[name]?.(none, { ...call, onto });
      expect(codeOf(write)).toBe("message_invalid");
    }
  });
});
