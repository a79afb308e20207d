// Only in test:all: it measures every function at four or more sizes.
import * as anthropic from "glassine/anthropic";
import { verifies } from "../support/verifies.ts";
import { streaming, writing } from "./providers.ts";
import { tryGrowth } from "./subjects.ts";

const blocks = [
  { type: "text", text: "a", citations: [{ type: "char_location", cited_text: "a" }] },
  { type: "image", source: { type: "base64", media_type: "image/png", data: "aGk=" } },
  { type: "document", source: { type: "content", content: [{ type: "text", text: "a" }] } },
  { type: "search_result", source: "a", title: "a", content: [{ type: "text", text: "a" }] },
];
const said = [
  { type: "thinking", thinking: "a", signature: "s" },
  { type: "tool_use", id: "1", name: "a", input: { a: "b" } },
  { type: "server_tool_use", id: "2", name: "web_search", input: {} },
  {
    type: "web_search_tool_result",
    tool_use_id: "2",
    content: [{ type: "web_search_result", title: "a", url: "u", encrypted_content: "e" }],
  },
];
const request = {
  model: "m",
  system: [{ type: "text", text: "a", cache_control: {} }],
  messages: [
    { role: "assistant", content: said },
    { role: "user", content: [{ type: "tool_result", tool_use_id: "1", content: blocks }] },
  ],
};
const response = {
  id: "1",
  type: "message",
  role: "assistant",
  model: "m",
  content: [...said, blocks[0]],
  stop_reason: "end_turn",
  usage: { input_tokens: 1, output_tokens: 1 },
};

tryGrowth(
  anthropic,
  {
    fromMessagesRequest: { seed: request, run: anthropic.fromMessagesRequest },
    toMessagesRequest: writing(request, anthropic.fromMessagesRequest, anthropic.toMessagesRequest),
    fromMessagesResponse: { seed: response, run: anthropic.fromMessagesResponse },
    toMessagesResponse: writing(
      response,
      anthropic.fromMessagesResponse,
      anthropic.toMessagesResponse,
    ),
    toMessagesEvents: { seed: response, run: anthropic.toMessagesEvents },
    messagesStream: streaming(response, anthropic.toMessagesEvents, anthropic.messagesStream),
    notAllowed: "It is tried as a function of glassine/openai.",
  },
  () => verifies("adapters:work-bounded"),
);
