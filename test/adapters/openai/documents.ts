/** Documents as the API sends and accepts them, in the types of its SDK. */
import type OpenAI from "openai";

const text = "Your card 4111-1111 is blocked.";

export const chatParams: Omit<
  OpenAI.Chat.Completions.ChatCompletionCreateParamsNonStreaming,
  "stream"
> = {
  model: "gpt-4.1",
  temperature: 0.2,
  messages: [
    { role: "developer", content: "Be brief." },
    {
      role: "user",
      name: "ada",
      content: [
        { type: "text", text: "What is this?" },
        { type: "image_url", image_url: { url: "data:image/png;base64,AAEC", detail: "low" } },
      ],
    },
    {
      role: "assistant",
      content: null,
      tool_calls: [
        { id: "call_1", type: "function", function: { name: "look", arguments: '{ "at": "it" }' } },
      ],
    },
    { role: "tool", tool_call_id: "call_1", content: "a card" },
    { role: "user", content: "Go on" },
  ],
  tools: [{ type: "function", function: { name: "look", parameters: {} } }],
};

export const chatCompletion: OpenAI.Chat.Completions.ChatCompletion = {
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 1_760_000_000,
  model: "gpt-4.1-2025-04-14",
  choices: [
    {
      index: 0,
      message: {
        role: "assistant",
        content: text,
        refusal: null,
        annotations: [
          {
            type: "url_citation",
            url_citation: {
              start_index: 0,
              end_index: 4,
              title: "4111-1111",
              url: "https://a.example",
            },
          },
        ],
        tool_calls: [
          {
            id: "call_2",
            type: "function",
            function: { name: "notify", arguments: '{"card":"4111-1111"}' },
          },
        ],
      },
      logprobs: {
        content: [{ token: "4111-1111", bytes: null, logprob: -0.1, top_logprobs: [] }],
        refusal: null,
      },
      finish_reason: "tool_calls",
    },
  ],
  usage: { prompt_tokens: 20, completion_tokens: 10, total_tokens: 30 },
  system_fingerprint: "fp_1",
};

export const responseParams: Omit<OpenAI.Responses.ResponseCreateParamsNonStreaming, "stream"> = {
  model: "gpt-5",
  instructions: "Be brief.",
  input: [
    { role: "user", content: "What is this?" },
    { type: "reasoning", id: "rs_0", summary: [], encrypted_content: "c2VjcmV0" },
    { type: "function_call", call_id: "call_1", name: "look", arguments: "{}" },
    { type: "function_call_output", call_id: "call_1", output: "a card" },
    { role: "user", content: [{ type: "input_text", text: "Go on" }] },
  ],
};

export const response: Omit<OpenAI.Responses.Response, "output_text"> = {
  id: "resp_1",
  object: "response",
  created_at: 1_760_000_000,
  status: "completed",
  error: null,
  incomplete_details: null,
  instructions: "Be brief.",
  metadata: {},
  model: "gpt-5",
  output: [
    {
      type: "reasoning",
      id: "rs_1",
      summary: [{ type: "summary_text", text: "They show the card 4111-1111." }],
      encrypted_content: "c2VjcmV0",
    },
    {
      type: "web_search_call",
      id: "ws_1",
      status: "completed",
      action: { type: "search", query: "blocked 4111-1111" },
    },
    {
      type: "message",
      id: "msg_1",
      role: "assistant",
      status: "completed",
      content: [
        {
          type: "output_text",
          text,
          annotations: [
            {
              type: "url_citation",
              title: "4111-1111",
              url: "https://a.example",
              start_index: 0,
              end_index: 4,
            },
          ],
          logprobs: [{ token: "4111-1111", bytes: [], logprob: -0.1, top_logprobs: [] }],
        },
      ],
    },
    {
      type: "function_call",
      id: "fc_1",
      call_id: "call_2",
      name: "notify",
      arguments: '{"card":"4111-1111"}',
      status: "completed",
    },
  ],
  parallel_tool_calls: true,
  temperature: 1,
  tool_choice: "auto",
  tools: [],
  top_p: 1,
  usage: {
    input_tokens: 20,
    input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
    output_tokens: 10,
    output_tokens_details: { reasoning_tokens: 4 },
    total_tokens: 30,
  },
};
