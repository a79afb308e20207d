/** Documents of `generateContent`, as the API writes them. */

/** A response with these parts. */
export function answerOf(parts: readonly object[], finishReason: string) {
  return {
    candidates: [{ content: { parts, role: "model" }, finishReason }],
    usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 5, totalTokenCount: 8 },
    modelVersion: "gemini-2.5-flash",
    responseId: "r-1",
  };
}

/** Includes fields that the API sends and the SDK's types lack. */
export const recorded = {
  candidates: [
    {
      content: {
        parts: [{ functionCall: { name: "weather", args: { city: "Kyiv" } } }],
        role: "model",
      },
      index: 0,
      finishReason: "STOP",
      finishMessage: "Model generated function call(s).",
    },
  ],
  usageMetadata: {
    promptTokenCount: 3,
    candidatesTokenCount: 5,
    totalTokenCount: 8,
    promptTokensDetails: [{ modality: "TEXT", tokenCount: 3 }],
    serviceTier: "standard",
  },
  modelVersion: "gemini-2.5-flash",
  responseId: "r-2",
  turnToken: "v1_Chd",
};

export const answers = [
  answerOf([{ text: "Ahoy there." }], "STOP"),
  answerOf(
    [
      { text: "They ask.", thought: true },
      { text: "It is so.", thoughtSignature: "EqQB" },
      { functionCall: { id: "c-1", name: "look_up", args: { ssn: "a", deep: { a: [1, "b"] } } } },
      { functionCall: { name: "look_up" }, thoughtSignature: "Er" },
    ],
    "STOP",
  ),
  answerOf(
    [
      { executableCode: { language: "PYTHON", code: "print(1)" } },
      { codeExecutionResult: { outcome: "OUTCOME_OK", output: "1" } },
      { text: "One." },
      { inlineData: { mimeType: "image/png", data: "AAAA" } },
    ],
    "MAX_TOKENS",
  ),
  { promptFeedback: { blockReason: "SAFETY", blockReasonMessage: "no" } },
  recorded,
];

export const requests = [
  { contents: [{ role: "user", parts: [{ text: "Ahoy" }] }] },
  {
    systemInstruction: { parts: [{ text: "Be brief." }, { text: "Be kind." }] },
    contents: [
      {
        role: "user",
        parts: [
          { text: "See" },
          { inlineData: { mimeType: "image/png", data: "AAAA", displayName: "n" } },
          { fileData: { mimeType: "application/pdf", fileUri: "gs://a", displayName: "d" } },
          { inlineData: { mimeType: "text/plain", data: "QWRh", displayName: "t" } },
          { somethingNew: { text: "x" } },
        ],
      },
      {
        role: "model",
        parts: [
          { text: "hm", thought: true, thoughtSignature: "Eq" },
          { functionCall: { name: "f", args: { a: "b" }, unknown: "u" } },
          { functionCall: { id: "2", name: "f", args: {} } },
        ],
      },
      {
        role: "user",
        parts: [
          { functionResponse: { name: "f", response: { output: "o" } } },
          {
            functionResponse: { id: "2", name: "f", response: { a: ["b"], error: "e" }, parts: [] },
          },
          { text: "And?" },
        ],
      },
    ],
    tools: [{ functionDeclarations: [{ name: "f", description: "d" }] }],
    toolConfig: { functionCallingConfig: { mode: "AUTO" } },
    generationConfig: { responseMimeType: "text/plain", responseSchema: { description: "s" } },
    cachedContent: "c",
  },
];
