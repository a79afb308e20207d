// Only in test:all: it measures every function at four or more sizes.
import * as bedrock from "glassine/bedrock";
import { createMessage, document } from "glassine/messages";
import { verifies } from "../support/verifies.ts";
import { streaming, writing } from "./providers.ts";
import { tryGrowth } from "./subjects.ts";

const cited = { citationsContent: { content: [{ text: "a" }], citations: [{ title: "a" }] } };
const said = [
  { reasoningContent: { reasoningText: { text: "a", signature: "s" } } },
  { text: "a" },
  { toolUse: { toolUseId: "1", name: "a", input: { a: "b" } } },
  cited,
];
const blocks = [
  { text: "a" },
  { json: { a: ["b"] } },
  { image: { format: "png", source: { s3Location: { uri: "s3://a/b" } } } },
  { document: { format: "txt", name: "a", source: { content: [{ text: "a" }] } } },
];
const request = {
  modelId: "m",
  system: [{ text: "a" }, { cachePoint: { type: "default" } }],
  messages: [
    { role: "assistant", content: said },
    { role: "user", content: [{ toolResult: { toolUseId: "1", content: blocks } }] },
  ],
};
const response = {
  output: { message: { role: "assistant", content: said } },
  stopReason: "tool_use",
  usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
};
/** A message with a file, as another provider's request can have it. */
function fileOf(inside: string) {
  const media_type = `application/${inside}pdf`;
  const content = [document({ type: "base64", data: "aGk=", media_type })];
  return createMessage({ role: "user", content });
}

tryGrowth(
  bedrock,
  {
    fromConverseRequest: { seed: request, run: bedrock.fromConverseRequest },
    toConverseRequest: [
      writing(request, bedrock.fromConverseRequest, bedrock.toConverseRequest),
      {
        seed: [fileOf("")],
        run: bedrock.toConverseRequest,
        families: [{ name: "a media type", input: (count) => [fileOf(" ".repeat(count))] }],
      },
    ],
    fromConverseResponse: { seed: response, run: bedrock.fromConverseResponse },
    toConverseResponse: writing(response, bedrock.fromConverseResponse, bedrock.toConverseResponse),
    toConverseEvents: { seed: response, run: bedrock.toConverseEvents },
    converseStream: streaming(response, bedrock.toConverseEvents, bedrock.converseStream),
    guardBedrock: "It converts what comes with the functions above.",
    notAllowed: "It is tried as a function of glassine/openai.",
  },
  () => verifies("adapters:work-bounded"),
);
