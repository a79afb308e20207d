/** The versions of the AI SDK that tests run with, all typed as `ai` 6. */
import * as ai6 from "ai";
import { MockLanguageModelV3 } from "ai/test";

type MockModel = typeof MockLanguageModelV3;
type Result = Awaited<ReturnType<InstanceType<MockModel>["doGenerate"]>>;
type Part = Result["content"][number];

export interface Version {
  readonly name: string;
  readonly specificationVersion: "v2" | "v3" | "v4";
  readonly ai: typeof ai6;
  readonly Model: MockModel;
  readonly finishReason: (reason: "stop" | "tool-calls") => Result["finishReason"];
  readonly usage: Result["usage"];
}

const nested: Result["usage"] = {
  inputTokens: { total: 3, noCache: 3, cacheRead: undefined, cacheWrite: undefined },
  outputTokens: { total: 5, text: 5, reasoning: undefined },
};
const flat = { inputTokens: 3, outputTokens: 5, totalTokens: 8 };

/** The compiler cannot resolve `name`: the versions' types differ, and the tests use those of 6. */
async function load(name: string, model: string): Promise<Pick<Version, "ai" | "Model">> {
  const ai = (await import(/* @vite-ignore */ name)) as typeof ai6;
  const { [model]: Model } = (await import(/* @vite-ignore */ `${name}/test`)) as {
    readonly [name: string]: MockModel;
  };
  if (Model === undefined) throw new Error(`${name}/test has no ${model}`);
  return { ai, Model };
}

export const version6: Version = {
  name: "ai 6",
  specificationVersion: "v3",
  ai: ai6,
  Model: MockLanguageModelV3,
  finishReason: (reason) => ({ unified: reason, raw: reason }),
  usage: nested,
};

export const versions: readonly Version[] = [
  {
    ...version6,
    ...(await load("ai-5", "MockLanguageModelV2")),
    name: "ai 5",
    specificationVersion: "v2",
    finishReason: (reason) => reason as never,
    usage: flat as never,
  },
  version6,
  {
    ...version6,
    ...(await load("ai-7", "MockLanguageModelV4")),
    name: "ai 7",
    specificationVersion: "v4",
  },
];

/** A model that answers with these parts, one list for each call. */
export function modelOf(version: Version, ...answers: readonly (readonly Part[])[]) {
  let turn = 0;
  const resultOf = (): Result => {
    const content = [...(answers[turn++] ?? [])];
    const hasCalls = content.some(({ type }) => type === "tool-call");
    return {
      content,
      finishReason: version.finishReason(hasCalls ? "tool-calls" : "stop"),
      usage: version.usage,
      warnings: [],
    };
  };
  return new version.Model({
    doGenerate: async () => resultOf(),
    doStream: async () => ({ stream: streamOf(resultOf()) }),
  });
}

function streamOf({ content, finishReason, usage, warnings }: Result) {
  const events = [
    { type: "stream-start", warnings },
    ...content.flatMap((part, index): readonly object[] => {
      if (part.type !== "text" && part.type !== "reasoning") return [part];
      const { type, text } = part;
      const id = String(index);
      const deltas = [...text].map((delta) => ({ type: `${type}-delta`, id, delta }));
      return [{ type: `${type}-start`, id }, ...deltas, { type: `${type}-end`, id }];
    }),
    { type: "finish", finishReason, usage },
  ];
  return new ReadableStream({
    start(controller) {
      for (const event of events) controller.enqueue(event);
      controller.close();
    },
  }) as never;
}

export const says = (text: string): Part => ({ type: "text", text });

export const calls = (toolName: string, input: object, toolCallId = `${toolName}-1`): Part => ({
  type: "tool-call",
  toolCallId,
  toolName,
  input: JSON.stringify(input),
});
