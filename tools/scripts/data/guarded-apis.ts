/** The model APIs that guards check, and which parts of each are streams. */
import { providers } from "../../../src/providers/ai-sdk/tables.ts";
import { anthropic } from "../../../src/providers/anthropic/index.ts";
import { bedrock } from "../../../src/providers/bedrock/index.ts";
import { google } from "../../../src/providers/google/index.ts";
import type { ModelProvider } from "../../../src/providers/http/index.ts";
import { openai } from "../../../src/providers/openai/index.ts";

export interface GuardedApi {
  readonly provider: ModelProvider;
  readonly guard: string;
  /** What is checked as one document. */
  readonly whole: string;
  /** What is checked as a stream. */
  readonly streamed?: string;
}

const byField = {
  guard: "guardFetch",
  whole: "Requests, and answers that are not streams",
  streamed: "Answers to `stream: true`",
};

export const guardedApis: readonly GuardedApi[] = [
  ...openai.map((provider) =>
    provider.name === "openai.embeddings"
      ? { provider, guard: "guardFetch", whole: "Requests; an answer is numbers" }
      : { provider, ...byField },
  ),
  { provider: anthropic, ...byField },
  {
    provider: google,
    guard: "guardFetch",
    whole: "`generateContent`; `streamGenerateContent`, except answers with `alt=sse`",
    streamed: "Answers of `streamGenerateContent` with `alt=sse`",
  },
  {
    provider: bedrock,
    guard: "guardBedrock",
    whole: "`Converse`, and requests of `ConverseStream`",
    streamed: "Answers of `ConverseStream`",
  },
  {
    provider: providers.v3,
    guard: "aiMiddleware",
    whole: "`doGenerate`, and prompts of `doStream`",
    streamed: "Answers of `doStream`",
  },
];
