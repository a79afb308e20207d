/** Frameworks on the AI SDK, such as Mastra, use a model in other ways than the SDK itself. */
import { createPluginManager, definePlugin } from "glassine";
import { aiMiddleware } from "glassine/ai-sdk";
import { describe, expect, it } from "vitest";
import { calls, modelOf, says, type Version, versions } from "./versions.ts";

type Prompt = Parameters<ReturnType<typeof modelOf>["doGenerate"]>[0]["prompt"];

const hide = <Value>(value: Value): Value =>
  JSON.parse(JSON.stringify(value).replaceAll(/\d{3}-\d{4}/g, "[number]"));
const hiding = (message: unknown) => ({ modifiedPayload: hide(message) as never });
const manager = await createPluginManager({
  plugins: [
    definePlugin({
      name: "watch",
      version: "1.0.0",
      hooks: { "cmf.llm_input": hiding, "cmf.llm_output": hiding },
    }),
  ],
});

function guarded({ ai, specificationVersion }: Version, model: ReturnType<typeof modelOf>) {
  const middleware = aiMiddleware(manager, { specificationVersion });
  return ai.wrapLanguageModel({ model, middleware: middleware as never });
}

/** Writes to every object in a value, as a framework may. */
function writeTo(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  for (const inner of Object.values(value)) writeTo(inner);
  Object.assign(value, { mark: true });
}

describe.each(versions)("a framework on $name", (version) => {
  const prompt: Prompt = [{ role: "user", content: [{ type: "text", text: "Ring 555-0100" }] }];

  it("may write to what the model gets and answers", async () => {
    const model = modelOf(version, [says("555-0199"), calls("ring", { to: "ada" })], [says("Yes")]);
    const wrapped = guarded(version, model);
    writeTo(await wrapped.doGenerate({ prompt }));
    writeTo(model.doGenerateCalls[0]?.prompt);
    const { stream } = await wrapped.doStream({ prompt });
    const reader = stream.getReader();
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      writeTo(next.value);
    }
  });

  it("may repeat the input of a call in its result, which the model does not get", async () => {
    const model = modelOf(version, [says("Done")]);
    const input = { to: "555-0100" };
    await guarded(version, model).doGenerate({
      prompt: [
        ...prompt,
        {
          role: "assistant",
          content: [{ type: "tool-call", toolCallId: "c", toolName: "ring", input }],
        },
        {
          role: "tool",
          content: [
            {
              type: "tool-result",
              toolCallId: "c",
              toolName: "ring",
              output: { type: "text", value: "busy" },
              input,
            } as never,
          ],
        },
      ],
    });
    const sent = JSON.stringify(model.doGenerateCalls[0]?.prompt);
    expect(sent).toContain("[number]");
    expect(sent).not.toContain("555");
  });
});
