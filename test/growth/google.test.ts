// Only in test:all: it measures every function at four or more sizes.
import * as google from "glassine/google";
import { verifies } from "../support/verifies.ts";
import { times } from "./families.ts";
import { streaming, writing } from "./providers.ts";
import { tryGrowth } from "./subjects.ts";

const said = [
  { text: "a", thought: true, thoughtSignature: "s" },
  { text: "a" },
  { functionCall: { name: "f", args: { a: "b" } } },
  { executableCode: { language: "PYTHON", code: "a" } },
  { codeExecutionResult: { outcome: "OUTCOME_OK", output: "a" } },
];
const request = {
  systemInstruction: { parts: [{ text: "a" }] },
  contents: [
    { role: "model", parts: said },
    {
      role: "user",
      parts: [
        { functionResponse: { name: "f", response: { a: "b" } } },
        { text: "a" },
        { inlineData: { mimeType: "image/png", data: "aGk=" } },
        { fileData: { mimeType: "application/pdf", fileUri: "gs://a" } },
      ],
    },
  ],
};
const response = {
  candidates: [{ content: { parts: said, role: "model" }, finishReason: "STOP", index: 0 }],
  usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 },
};

function counted(events: readonly object[]) {
  const stream = google.generateStream();
  for (const event of events) stream.push(event);
  return stream.document;
}

tryGrowth(
  google,
  {
    fromGenerateRequest: { seed: request, run: google.fromGenerateRequest },
    toGenerateRequest: writing(request, google.fromGenerateRequest, google.toGenerateRequest),
    fromGenerateResponse: { seed: response, run: google.fromGenerateResponse },
    toGenerateResponse: writing(response, google.fromGenerateResponse, google.toGenerateResponse),
    toGenerateEvents: { seed: response, run: google.toGenerateEvents },
    generateStream: [
      ...streaming(response, google.toGenerateEvents, google.generateStream),
      {
        seed: [],
        run: counted,
        families: [
          {
            name: "a new count in each event",
            input: (count) => times(count, (at) => ({ usageMetadata: { [`c${at}`]: 1 } })),
          },
        ],
      },
    ],
    notAllowed: "It is tried as a function of glassine/openai.",
  },
  () => verifies("adapters:work-bounded"),
);
