/** `guardModel`: which edits it writes, and which it refuses because they may have no effect. */
import { createPluginManager, definePlugin } from "glassine";
import { guardModel, type ModelGuardOptions, type ModelProvider } from "glassine/http";
import type { Message } from "glassine/messages";
import { chatCompletions, responses } from "glassine/openai";
import { describe, expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";

type Edit = (message: Message) => Message;
type Point = "judgeRequest" | "judgeAnswer";

const redact: Edit = (message) =>
  JSON.parse(JSON.stringify(message).replaceAll("SECRET", "***")) as Message;

const without =
  (type: string): Edit =>
  (message) => ({
    ...message,
    content: message.content.filter((part) => part.content_type !== type),
  });

async function judged(
  provider: ModelProvider,
  point: Point,
  edit: Edit,
  document: object,
  options: ModelGuardOptions = {},
) {
  const handler = (message: Message) => ({ modifiedPayload: edit(message) });
  const hooks = { "cmf.llm_input": handler, "cmf.llm_output": handler };
  const plugin = definePlugin({ name: "editor", version: "1.0.0", hooks });
  const manager = await createPluginManager({ plugins: [plugin] });
  return guardModel(provider, manager, options).begin()[point](document);
}

const response = (output: readonly object[]) => ({ id: "r", object: "response", output });
const image = { type: "image_generation_call", id: "ig_1", status: "completed", result: "QUFB" };
const spoken = { id: "audio_1", data: "AAAA", transcript: "SECRET" };
const chat = (message: object) => ({ model: "m", messages: [{ role: "assistant", ...message }] });

describe("an edit of what the provider stores under an id", () => {
  it("takes the id of reasoning out of a request, and leaves it in an answer", async () => {
    verifies("openai:stored");
    const thought = (text: string, more: object = {}) => ({
      type: "reasoning",
      summary: [{ type: "summary_text", text }],
      ...more,
    });
    const id = "rs_1";
    const item = thought("SECRET", { id, encrypted_content: "E" });
    const asked = await judged(responses, "judgeRequest", redact, { model: "m", input: [item] });
    expect(asked).toEqual({ document: { model: "m", input: [thought("***")] } });
    const said = await judged(responses, "judgeAnswer", redact, response([item]));
    expect(said).toEqual({ document: response([thought("***", { id })]) });
  });

  it("is refused in a request if the format requires the id, and written in an answer", async () => {
    verifies("openai:stored", "adapters:edits");
    const changed: Edit = (message) =>
      JSON.parse(JSON.stringify(message).replaceAll("QUFB", "QkJC")) as Message;
    const asked = await judged(responses, "judgeRequest", changed, { model: "m", input: [image] });
    expect(asked.refusal?.code).toBe("edit_unwritable");
    const said = await judged(responses, "judgeAnswer", changed, response([image]));
    expect(said.document).toEqual(response([{ ...image, result: "QkJC" }]));
    const heard = await judged(chatCompletions, "judgeRequest", redact, chat({ audio: spoken }));
    expect(heard.refusal?.code).toBe("edit_unwritable");
  });

  it("is refused if only the transcript of a sound is removed", async () => {
    verifies("openai:stored");
    const mute = await judged(
      chatCompletions,
      "judgeRequest",
      without("text"),
      chat({ audio: spoken }),
    );
    expect(mute.refusal?.code).toBe("edit_unwritable");
  });
});
