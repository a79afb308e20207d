// Only in test:all: it measures every function at four or more sizes.
import * as aiSdk from "glassine/ai-sdk";
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
