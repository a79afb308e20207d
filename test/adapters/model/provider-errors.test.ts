/** What the caller gets of a provider's error: its message as plugins left it, and its code. */
import { createPluginManager, definePlugin, deny } from "glassine";
import { anthropic } from "glassine/anthropic";
import { google } from "glassine/google";
import { guardModel, type ModelProvider } from "glassine/http";
import type { Message } from "glassine/messages";
import { chatCompletions, responses } from "glassine/openai";
import { describe, expect, it } from "vitest";

const redact = (message: Message) => ({
  modifiedPayload: JSON.parse(JSON.stringify(message).replaceAll("hunter2", "***")) as Message,
});

async function guardOf(
  handler: (message: Message) => ReturnType<typeof redact> | ReturnType<typeof deny>,
  stream: "buffer" | "pass" = "buffer",
  provider: ModelProvider = chatCompletions,
  allow: readonly string[] = [],
) {
  const judge = definePlugin({
    name: "judge",
    version: "1.0.0",
    hooks: { "cmf.llm_output": { handler, stream } },
  });
  return guardModel(provider, await createPluginManager({ plugins: [judge] }), { allow });
}

const message = "hunter2 is wrong";
const judged = "*** is wrong";
const unread = "The provider answered with an error of status 429";

describe("an error of the provider", () => {
  it.each<[sender: string, document: unknown, code: string, reason: string]>([
    [
      "OpenAI",
      { error: { message, type: "invalid_request_error", param: "hunter2", code: "bad_key" } },
      ...(["bad_key", judged] as const),
    ],
    [
      "OpenAI, without a code",
      { error: { message, type: "server_error", param: null, code: null } },
      ...(["server_error", judged] as const),
    ],
    [
      "Anthropic",
      { type: "error", error: { type: "overloaded_error", message }, request_id: "hunter2" },
      ...(["overloaded_error", judged] as const),
    ],
    [
      "Google",
      { error: { code: 429, message, status: "RESOURCE_EXHAUSTED", details: ["hunter2"] } },
      ...(["RESOURCE_EXHAUSTED", judged] as const),
    ],
    [
      "a stream of Google",
      [{ error: { code: 429, message, status: "RESOURCE_EXHAUSTED" } }, "hunter2"],
      ...(["RESOURCE_EXHAUSTED", judged] as const),
    ],
    ["Azure", { error: { code: "DeploymentNotFound", message } }, "DeploymentNotFound", judged],
    ["Azure API Management", { statusCode: 429, message }, "provider_error", judged],
    [
      "vLLM",
      { error: { message, type: "BadRequestError", param: null, code: 400 } },
      ...(["BadRequestError", judged] as const),
    ],
    [
      "older vLLM",
      { object: "error", message, type: "BadRequestError", param: "hunter2", code: 400 },
      ...(["BadRequestError", judged] as const),
    ],
    ["Ollama", { error: message }, "provider_error", judged],
    ["a sentence as code", { error: { message, code: "No hunter2" } }, "provider_error", judged],
    ["no message", { error: { code: "rate_limit" } }, "rate_limit", unread],
    ["an empty message", { error: "" }, "provider_error", unread],
    ["half a character", { error: { message: "hunter2 \ud83d", code: "c" } }, "c", unread],
    ["a number", { error: 7, message }, "provider_error", unread],
    ["another list", ["hunter2"], "provider_error", unread],
    ["an empty list", [], "provider_error", unread],
    ["another document", { detail: "hunter2" }, "provider_error", unread],
    ["a page", "<html>hunter2", "provider_error", unread],
    ["nothing", undefined, "provider_error", unread],
  ])("is its judged message and its code: %s", async (_sender, document, code, reason) => {
    const guard = await guardOf(redact);
    expect(await guard.begin().judgeError(document, 429)).toEqual({ code, reason, status: 429 });
  });

  it.each([{ error: { message } }, { error: message }, { message }, [{ error: { message } }]])(
    "is the refusal of a plugin that denies its message: %j",
    async (document) => {
      const guard = await guardOf(() => deny("No"));
      const refusal = await guard.begin().judgeError(document, 401);
      expect(refusal).toMatchObject({ reason: "No", status: 403 });
    },
  );

  it.each(
    (["buffer", "pass"] as const).flatMap((mode) => [
      { mode, error: { message } },
      { mode, error: message },
    ]),
  )("does not leave a stream unjudged: %j", async ({ mode, error }) => {
    const delta = { index: 0, delta: { content: "A" }, finish_reason: null };
    const events = async function* () {
      yield { id: "c", object: "chat.completion.chunk", choices: [delta] };
      yield { error };
    };
    const guard = await guardOf(redact, mode);
    const list: object[] = [];
    for await (const each of guard.begin().judgeEvents(events())) list.push(each);
    expect(list.at(-1)).toEqual({
      refusal: { code: "provider_error", reason: judged, status: 502 },
    });
    expect(JSON.stringify(list)).not.toContain("hunter2");
  });

  // As from LiteLLM, which sends the error of Chat Completions in streams of every API.
  it.each([
    [
      responses,
      { type: "response.created", sequence_number: 0, response: { id: "r", output: [] } },
    ],
    [
      anthropic,
      { type: "message_start", message: { type: "message", role: "assistant", content: [] } },
    ],
  ] as const)("ends a stream in which it has no type: $name", async (api, begun) => {
    const error = { code: "server_error", message };
    const events = async function* () {
      yield begun;
      yield { error };
    };
    const guard = await guardOf(redact, "pass", api);
    const list: object[] = [];
    for await (const each of guard.begin().judgeEvents(events())) list.push(each);
    const refusal = { code: "server_error", reason: judged, status: 502 };
    expect(list).toEqual([{ event: begun }, { refusal }]);
  });

  it.each([
    ["a failed response", responses, { id: "r", object: "response", status: "failed", output: [] }],
    ["an error in place of an answer", chatCompletions, {}],
  ] as const)("is not read as an answer, whatever its status: %s", async (_, api, document) => {
    const error = { code: "server_error", message };
    const refusal = { code: "server_error", reason: judged, status: 502 };
    const exchange = (await guardOf(redact, "buffer", api)).begin();
    expect(await exchange.judgeAnswer({ ...document, error })).toEqual({ refusal });
  });

  it("is not read as an event of a stream that comes as an array", async () => {
    const event = { candidates: [{ content: { role: "model", parts: [{ text: "A" }] } }] };
    const exchange = (await guardOf(redact, "buffer", google, ["content"])).begin();
    const error = { code: 503, message, status: "UNAVAILABLE" };
    expect(await exchange.judgeAnswer([event, { error }])).toEqual({
      refusal: { code: "UNAVAILABLE", reason: judged, status: 502 },
    });
  });

  it("keeps the type that Anthropic gave it, also in a stream that has begun", () => {
    const refusal = { code: "overloaded_error", reason: "Overloaded" };
    const error = { type: "overloaded_error", message: "Overloaded", code: "overloaded_error" };
    expect(anthropic.deniedEvent({ ...refusal, status: 502 })).toEqual({ type: "error", error });
    const own = { code: "no_secrets", reason: "No" };
    expect(anthropic.denied({ ...own, status: 403 })).toMatchObject({
      error: { type: "permission_error", code: "no_secrets" },
    });
  });
});
