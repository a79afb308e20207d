/** What of a streamed chat completion can still grow. */
import { chatStream } from "glassine/openai";
import { expect, it } from "vitest";
import { excessOf } from "../../support/growth.ts";
import { verifies } from "../../support/verifies.ts";

const chunk = (delta: object) => ({ id: "c", choices: [{ index: 0, delta }] });

it.each([
  ["any text", [{ role: "assistant", content: "" }, { reasoning: "a" }, { content: "b" }]],
  ["any text", [{ content: "a" }, { tool_calls: [] }, { annotations: [{}] }]],
  ["any text", [{ annotations: [] }, { content: "a" }]],
  ["anything", [{ annotations: [{}] }, { content: "a" }]],
  ["anything", [{ musing: "a" }, { content: "b" }]],
  ["anything", [{ content: [{ type: "text", text: "a" }] }, { refusal: "b" }]],
])("is %s after %j", (expected, deltas) => {
  verifies("openai:stream-order");
  const stream = chatStream();
  for (const delta of deltas) stream.push(chunk(delta));
  expect(stream.canGrow).toBe(expected);
  expect(stream.document).toHaveProperty("choices");
});

it.each([
  ["text", { content: "a" }],
  ["a field of its own", { musing: "a" }],
  ["annotations", { annotations: [{}] }],
])("is asked after each chunk without making the whole answer: %s", async (_, delta) => {
  verifies("openai:stream-order");
  const run = (count: number) => {
    const stream = chatStream();
    const asked = new Set<unknown>();
    for (let at = 0; at < count; at++) {
      stream.push(chunk(delta));
      asked.add(stream.canGrow);
    }
    return asked.size;
  };
  expect(await excessOf({ input: (count) => count, run })).toBeUndefined();
});
