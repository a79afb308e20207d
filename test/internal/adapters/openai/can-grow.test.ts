/** What of a streamed chat completion can still grow. */
import { chatStream } from "glassine/openai";
import { expect, it, vi } from "vitest";
import { GrownObject } from "../../../../src/providers/openai/growing.ts";
import { verifies } from "../../../support/verifies.ts";

it.each([
  ["any text", [{ role: "assistant", content: "" }, { reasoning: "a" }, { content: "b" }]],
  ["any text", [{ content: "a" }, { tool_calls: [] }, { annotations: [{}] }]],
  ["any text", [{ annotations: [] }, { content: "a" }]],
  ["anything", [{ annotations: [{}] }, { content: "a" }]],
  ["anything", [{ musing: "a" }, { content: "b" }]],
  ["anything", [{ content: [{ type: "text", text: "a" }] }, { refusal: "b" }]],
])("%s, without a value of the whole answer: %j", (expected, deltas) => {
  verifies("openai:stream-order");
  const stream = chatStream();
  const value = vi.spyOn(GrownObject.prototype, "value", "get");
  try {
    for (const delta of deltas) stream.push({ id: "c", choices: [{ index: 0, delta }] });
    expect(stream.canGrow).toBe(expected);
    expect(value).not.toHaveBeenCalled();
    expect(stream.document).toHaveProperty("choices");
    expect(value).toHaveBeenCalled();
  } finally {
    value.mockRestore();
  }
});
