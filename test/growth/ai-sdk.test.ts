// Only in test:all: it measures every function at four or more sizes.
import * as aiSdk from "glassine/ai-sdk";
import { expect, it } from "vitest";
import { excessOf } from "../support/growth.ts";
import { verifies } from "../support/verifies.ts";
import { streaming, writing } from "./providers.ts";
import { tryGrowth } from "./subjects.ts";

const prompt = [
  { role: "system", content: "a" },
  {
    role: "user",
    content: [
      { type: "text", text: "a", providerOptions: { p: {} } },
      { type: "file", data: "aGk=", mediaType: "image/png" },
    ],
  },
  {
    role: "assistant",
    content: [
      { type: "text", text: "a", providerOptions: { openai: { itemId: "1" } } },
      { type: "reasoning", text: "a", providerOptions: { openai: { itemId: "1" } } },
      { type: "tool-call", toolCallId: "1", toolName: "a", input: { a: "b" } },
    ],
  },
  {
    role: "tool",
    content: [
      {
        type: "tool-result",
        toolCallId: "1",
        toolName: "a",
        output: { type: "content", value: [{ type: "text", text: "a" }] },
      },
    ],
  },
];
const result = {
  content: [
    { type: "text", text: "a", providerMetadata: { p: {} } },
    { type: "source", sourceType: "url", id: "1", url: "u", title: "a" },
    { type: "tool-call", toolCallId: "1", toolName: "a", input: '{"a":1}' },
    { type: "tool-result", toolCallId: "1", toolName: "a", result: { a: "b" } },
  ],
  finishReason: { unified: "stop", raw: "stop" },
  usage: { inputTokens: { total: 1 }, outputTokens: { total: 1 } },
  warnings: [{ type: "other", message: "a" }],
  response: { modelId: "m" },
};

tryGrowth(
  aiSdk,
  {
    fromPrompt: { seed: prompt, run: aiSdk.fromPrompt },
    toPrompt: writing(prompt, aiSdk.fromPrompt, aiSdk.toPrompt),
    fromModelMessages: { seed: prompt, run: aiSdk.fromModelMessages },
    toModelMessages: writing(prompt, aiSdk.fromModelMessages, aiSdk.toModelMessages),
    fromContent: { seed: result, run: aiSdk.fromContent },
    toContent: writing(result, aiSdk.fromContent, aiSdk.toContent),
    toStreamParts: { seed: result, run: aiSdk.toStreamParts },
    contentStream: streaming(result, aiSdk.toStreamParts, aiSdk.contentStream),
    aiMiddleware: "It returns functions; they read and write by the others here.",
    guardTools: "It returns tools; a call copies its arguments and its result as fromContent does.",
    notAllowed: "It is tried as a function of glassine/openai.",
  },
  () => verifies("adapters:work-bounded"),
);

it("calls that wait for approval take time proportional to their number", async () => {
  const sizes = { longTime: 1500 };
  const callsOf = (count: number) =>
    Array.from({ length: count }, (_, i) => ({
      ...{ type: "tool-call", toolCallId: `c${i}`, toolName: "pay", input: "{}" },
      providerExecuted: true,
    }));
  const asked = (count: number) => {
    const content = callsOf(count);
    const asks = content.map(({ toolCallId }) => {
      return { type: "tool-approval-request", approvalId: toolCallId, toolCallId };
    });
    return { content: [...content, ...asks] };
  };
  const approved = (count: number) => {
    const content = [{ type: "tool-approval-response", approvalId: "a", approved: true }];
    return [
      { role: "assistant", content: callsOf(count) },
      { role: "tool", content },
    ];
  };
  const answers = {
    input: asked,
    run: (onto: ReturnType<typeof asked>) =>
      aiSdk.toContent(aiSdk.fromContent(onto).messages, { onto }),
  };
  const prompts = {
    input: approved,
    run: (onto: ReturnType<typeof approved>) =>
      aiSdk.toPrompt(aiSdk.fromPrompt(onto).messages, { onto }),
  };
  expect(await excessOf(answers, sizes)).toBeUndefined();
  expect(await excessOf(prompts, sizes)).toBeUndefined();
});
