/** Documents of Converse, as the SDK has them. */

/** A response with these blocks. */
export function answerOf(content: readonly object[], stopReason: string) {
  return {
    output: { message: { role: "assistant", content } },
    stopReason,
    usage: { inputTokens: 3, outputTokens: 5, totalTokens: 8 },
    metrics: { latencyMs: 12 },
  };
}

/** The first bytes of every PNG. */
export const png = new Uint8Array([137, 80, 78, 71]);
const ada = new TextEncoder().encode("Ada");

export const answers = [
  answerOf([{ text: "Ahoy there." }], "end_turn"),
  answerOf(
    [
      { reasoningContent: { reasoningText: { text: "They ask.", signature: "EqQB" } } },
      { reasoningContent: { redactedContent: png } },
      { text: "It is so." },
      {
        citationsContent: {
          content: [{ text: "So it says." }],
          citations: [{ title: "t", sourceContent: [{ text: "s" }], location: { web: {} } }],
        },
      },
      { toolUse: { toolUseId: "c-1", name: "look_up", input: { ssn: "a", deep: [1, "b"] } } },
      { toolUse: { toolUseId: "c-2", name: "look_up", input: {} } },
    ],
    "tool_use",
  ),
  {
    ...answerOf([{ somethingNew: { text: "x" } }, { text: "" }], "guardrail_intervened"),
    trace: { guardrail: { modelOutput: ["m"] }, promptRouter: { invokedModelId: "i" } },
    performanceConfig: { latency: "standard" },
  },
  {
    output: { message: { role: "assistant", content: [] } },
    stopReason: "max_tokens",
    additionalModelResponseFields: { stop_sequence: "s" },
    usage: { inputTokens: 3, outputTokens: 5, totalTokens: 15, cacheReadInputTokens: 7 },
  },
];

export const requests = [
  { modelId: "m", messages: [{ role: "user", content: [{ text: "Ahoy" }] }] },
  { modelId: "arn:aws:bedrock:::prompt/p", promptVariables: { name: { text: "v" } } },
  {
    modelId: "m",
    system: [
      { text: "Be brief." },
      { guardContent: { text: { text: "Be kind.", qualifiers: ["query"] } } },
      { cachePoint: { type: "default" } },
    ],
    messages: [
      {
        role: "user",
        content: [
          { text: "See" },
          { image: { format: "png", source: { bytes: png } } },
          { image: { format: "jpeg", source: { s3Location: { uri: "u", bucketOwner: "o" } } } },
          { video: { format: "three_gp", source: { s3Location: { uri: "u" } } } },
          { document: { format: "pdf", name: "d", context: "c", source: { bytes: png } } },
          { document: { format: "csv", name: "d", context: "c", source: { bytes: ada } } },
          {
            document: {
              format: "txt",
              name: "d",
              context: "c",
              citations: { enabled: true },
              source: { text: "t" },
            },
          },
          { document: { name: "d", source: { content: [{ text: "t" }, { text: "u" }] } } },
          { guardContent: { image: { format: "png", source: { bytes: png } } } },
          { cachePoint: { type: "default" } },
          { somethingNew: { text: "x" } },
        ],
      },
      {
        role: "assistant",
        content: [
          { reasoningContent: { reasoningText: { text: "hm", signature: "Eq" } } },
          { toolUse: { toolUseId: "1", name: "f", input: { a: "b" } } },
          { toolUse: { toolUseId: "2", name: "f", input: { a: [] } } },
          { toolUse: { toolUseId: "3", name: "g", input: {}, type: "server_tool_use" } },
          { toolResult: { toolUseId: "3", content: [{ text: "r" }], type: "g_result" } },
        ],
      },
      {
        role: "user",
        content: [
          { toolResult: { toolUseId: "1", content: [{ json: { a: ["b"], c: 1 } }] } },
          {
            toolResult: {
              toolUseId: "2",
              content: [
                { text: "t" },
                { json: ["j"] },
                { image: { format: "png", source: { bytes: png } } },
                { document: { format: "md", name: "n", source: { text: "t" } } },
              ],
              status: "error",
            },
          },
          { text: "And?" },
        ],
      },
    ],
    inferenceConfig: { maxTokens: 5, stopSequences: ["s"] },
    toolConfig: {
      tools: [{ toolSpec: { name: "f", description: "d", inputSchema: { json: { title: "t" } } } }],
      toolChoice: { tool: { name: "f" } },
    },
    additionalModelRequestFields: { thinking: { type: "enabled" }, prefix: "p" },
    requestMetadata: { bytes: "b" },
  },
];
