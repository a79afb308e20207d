/** The limits of a call apply to the documents inside of its document. */
import { fromInputRequests, toInputRequests } from "glassine/mcp";
import { describe, expect, it } from "vitest";
import { refusalOf } from "../../data/support.ts";

/** As deep as a document may be by default: with what is around it, it is too deep. */
const deepest = 64;
const nested = (levels: number): unknown => (levels === 0 ? 1 : { a: nested(levels - 1) });
const asking = (metadata: unknown) => ({
  method: "sampling/createMessage",
  params: {
    messages: [{ role: "user", content: { type: "text", text: "a" } }],
    maxTokens: 1,
    metadata,
  },
});
const document = (levels: number) => ({
  resultType: "input_required",
  inputRequests: { one: asking(nested(levels)), two: asking(nested(levels)) },
});
const problemsOf = (call: () => unknown) =>
  refusalOf(call).data.problems?.map(({ code, expected }) => `${code}: ${expected}`);

describe("a result that asks for input", () => {
  const limits = { depth: 2 * deepest };

  it("is read under the limits of the call, with each request in it", () => {
    const { inputs } = fromInputRequests(document(deepest), { limits });
    expect(Object.keys(inputs)).toEqual(["one", "two"]);
    for (const { messages } of Object.values(inputs)) expect(messages).toHaveLength(1);
  });

  it("is written under the limits of the call, with each request in it", () => {
    const { inputs } = fromInputRequests(document(deepest), { limits });
    const messages = Object.fromEntries(
      Object.entries(inputs).map(([key, input]) => [key, input.messages]),
    );
    const { document: written, lost } = toInputRequests(messages, {
      limits,
      onto: document(deepest),
    });
    expect(written).toEqual(document(deepest));
    expect(lost).toEqual([]);
  });

  it("is read under the usual limits before and after", () => {
    const read = () => fromInputRequests(document(2 * deepest));
    const before = problemsOf(read);
    expect(before).toEqual([expect.stringMatching(/^snapshot_limit: at most \d+ levels$/)]);
    fromInputRequests(document(deepest), { limits });
    expect(problemsOf(read)).toEqual(before);
    expect(() => fromInputRequests(document(3 * deepest), { limits })).toThrow();
    expect(problemsOf(read)).toEqual(before);
  });
});
