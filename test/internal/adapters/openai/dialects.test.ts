/** What other servers add to Chat Completions and Responses. */
import { readFile } from "node:fs/promises";
import { createMessage } from "glassine/messages";
import {
  chatStream,
  fromChatRequest,
  fromChatResponse,
  fromResponsesRequest,
  fromResponsesResponse,
  type Left,
  toChatEvents,
  toChatResponse,
} from "glassine/openai";
import { describe, expect, it } from "vitest";
import { dialects } from "../../../../src/providers/openai/dialects.ts";
import { verifies } from "../../../support/verifies.ts";

const seen = ({ left }: { readonly left: readonly Left[] }) =>
  left.map(({ kind, path }) => `${kind} ${path}`);
const answer = (more: object, choice: object = {}, message: object = {}) => ({
  object: "chat.completion",
  choices: [{ index: 0, message: { role: "assistant", content: "a", ...message }, ...choice }].map(
    (each) => ({ finish_reason: "stop", ...each }),
  ),
  ...more,
});
const asked = (more: object, message: object = {}) => ({
  messages: [{ role: "assistant", content: "a", ...message }],
  ...more,
});
const of = (place: "request" | "answer" | "choice" | "message" | "block") =>
  Object.entries(dialects).flatMap(([server, dialect]) =>
    (dialect[place] ?? []).map((field) => [server, field] as const),
  );

/** What servers add that is content, as docs/openai.md lists it. */
const contents: { readonly [server: string]: readonly string[] } = {
  azure: ["data_sources", "enhancements", "context"],
  groq: ["executed_tools"],
  ollama: ["_debug_info"],
  openrouter: ["plugins", "images", "error"],
  vllm: [
    "chat_template",
    "chat_template_kwargs",
    "documents",
    "structured_outputs",
    "vllm_xargs",
    "prompt_text",
    "prompt_token_ids",
  ],
};

describe("a field that is a setting of", () => {
  it.each(of("request"))("%s in requests: %s", (_, field) => {
    verifies("openai:dialects");
    expect(seen(fromChatRequest(asked({ [field]: "x" })))).toEqual([`setting ${field}`]);
    expect(seen(fromResponsesRequest({ input: "a", [field]: "x" }))).toEqual([`setting ${field}`]);
  });

  it.each(of("answer"))("%s in answers: %s", (_, field) => {
    verifies("openai:dialects");
    expect(seen(fromChatResponse(answer({ [field]: "x" })))).toEqual([`setting ${field}`]);
    expect(seen(fromResponsesResponse({ output: [], [field]: "x" }))).toContain(`setting ${field}`);
  });

  it.each(of("choice"))("%s in choices: %s", (_, field) => {
    verifies("openai:dialects");
    const path = `setting choices[0].${field}`;
    expect(seen(fromChatResponse(answer({}, { [field]: "x" })))).toEqual([path]);
  });

  it.each(of("message"))("%s in messages: %s", (_, field) => {
    verifies("openai:dialects");
    const path = `setting messages[0].${field}`;
    expect(seen(fromChatRequest(asked({}, { [field]: true })))).toEqual([path]);
  });

  it.each(of("block"))("%s in blocks of content: %s", (_, field) => {
    verifies("openai:dialects");
    const mark = { [field]: { type: "ephemeral" } };
    const blocks = [
      { type: "text", text: "a" },
      { type: "image_url", image_url: { url: "https://a.test/a.png" } },
      { type: "input_audio", input_audio: { data: "AAAA", format: "wav" } },
      { type: "file", file: { file_data: "data:application/pdf;base64,AAAA", filename: "a" } },
      { type: "file", file: { file_id: "f" } },
    ].map((block) => ({ ...block, ...mark }));
    const marked = [0, 1, 2, 3].map((at) => `setting messages[0].content[${at}].${field}`);
    expect(seen(fromChatRequest({ messages: [{ role: "user", content: blocks }] }))).toEqual([
      ...marked,
      "reference messages[0].content[4]",
    ]);
    const text = { type: "input_text", text: "a", ...mark };
    expect(seen(fromResponsesRequest({ input: [{ role: "user", content: [text] }] }))).toEqual([
      `setting input[0].content[0].${field}`,
    ]);
  });
});

describe("a field that is content of", () => {
  const all = Object.entries(contents).flatMap(([server, fields]) =>
    fields.map((field) => [server, field] as const),
  );

  it.each(all)("%s: %s", async (server, field) => {
    verifies("openai:dialects", "openai:left");
    const shown = [
      fromChatRequest(asked({ [field]: "x" }, { [field]: "x" })),
      fromChatResponse(answer({ [field]: "x" }, { [field]: "x" }, { [field]: "x" })),
    ].flatMap(seen);
    expect(shown.map((each) => each.split(" ")[0])).toEqual(shown.map(() => "content"));
    expect(shown).toHaveLength(5);
    const page = await readFile(new URL("../../../../docs/openai.md", import.meta.url), "utf8");
    const row = page.split("\n").find((line) => line.toLowerCase().startsWith(`| ${server}`));
    expect(row).toContain(`\`${field}\``);
  });

  it("vLLM: a transfer from another host", () => {
    verifies("openai:dialects");
    const kv_transfer_params = { remote_host: "10.0.0.9", remote_block_ids: [4] };
    expect(seen(fromChatRequest(asked({ kv_transfer_params })))).toEqual([
      "content kv_transfer_params",
    ]);
  });

  it("Groq: the error of a stream, but not the rest of x_groq", () => {
    verifies("openai:dialects");
    const x_groq = { id: "req_1", usage: { queue_time: 0.1 }, error: "over capacity" };
    expect(seen(fromChatResponse(answer({ x_groq })))).toEqual([
      "setting x_groq.id",
      "setting x_groq.usage",
      "content x_groq.error",
    ]);
    expect(seen(fromChatResponse(answer({ x_groq: "text" })))).toEqual(["content x_groq"]);
  });
});

describe("the content filter of Azure", () => {
  const safe = { hate: { filtered: false, severity: "safe" }, jailbreak: { detected: false } };

  it("is a setting, but not the text in its verdicts", () => {
    verifies("openai:dialects");
    const citation = { URL: "https://a.example/code", license: "MIT" };
    const content_filter_results = {
      ...safe,
      protected_material_code: { detected: true, filtered: false, citation },
      error: { code: "content_filter_error", message: "The filter failed." },
    };
    const prompt_filter_results = [{ prompt_index: 0, content_filter_results: safe }];
    const at = "choices[0].content_filter_results";
    expect(
      seen(fromChatResponse(answer({ prompt_filter_results }, { content_filter_results }))),
    ).toEqual([
      `setting ${at}`,
      `citation ${at}.protected_material_code.citation.URL`,
      `citation ${at}.protected_material_code.citation.license`,
      `content ${at}.error.message`,
      "setting prompt_filter_results",
    ]);
    expect(seen(fromChatResponse(answer({ prompt_filter_results: "text" })))).toEqual([
      "content prompt_filter_results",
    ]);
  });

  it("is a setting in Responses", () => {
    verifies("openai:dialects");
    const content_filters = [
      { blocked: false, source_type: "prompt", content_filter_results: safe },
    ];
    expect(seen(fromResponsesResponse({ output: [], content_filters }))).toContain(
      "setting content_filters",
    );
  });

  it("may begin a stream without choices, and end it without a delta", () => {
    verifies("openai:dialects", "openai:stream-same");
    const stream = chatStream();
    const prompt_filter_results = [{ prompt_index: 0, content_filter_results: safe }];
    const facts = { id: "c", object: "chat.completion.chunk", model: "m", created: 1 };
    const empty = { id: "", object: "", model: "", created: 0 };
    for (const chunk of [
      { ...empty, choices: [], prompt_filter_results },
      { ...facts, choices: [{ index: 0, delta: { role: "assistant", content: "" } }] },
      { ...facts, choices: [{ index: 0, delta: { content: "a" }, content_filter_results: {} }] },
      { ...facts, choices: [{ index: 0, delta: {}, finish_reason: "stop" }] },
      {
        ...empty,
        choices: [
          {
            index: 0,
            finish_reason: null,
            content_filter_results: safe,
            content_filter_offsets: { check_offset: 1, start_offset: 0, end_offset: 1 },
          },
        ],
      },
    ]) {
      stream.push(chunk);
    }
    expect(stream.done).toBe(true);
    expect(seen(stream.current)).toEqual([
      "setting choices[0].content_filter_results",
      "setting choices[0].content_filter_offsets",
      "setting prompt_filter_results",
    ]);
    const again = chatStream();
    for (const event of toChatEvents(stream.document)) again.push(event);
    expect(again.document).toEqual(stream.document);
  });
});

it("the tokens of a choice are joined in a stream, and dropped when its text changes", () => {
  verifies("openai:dialects", "openai:stale");
  const stream = chatStream();
  for (const token of [1, 2, 3]) {
    const choice = { index: 0, delta: { content: "a" }, token_ids: [token] };
    stream.push({ id: "c", choices: [choice] });
  }
  stream.push({ id: "c", choices: [{ index: 0, delta: {}, finish_reason: "stop" }] });
  const onto = stream.document;
  expect(onto).toMatchObject({ choices: [{ token_ids: [1, 2, 3] }] });
  const message = createMessage({
    role: "assistant",
    content: [{ content_type: "text", text: "b" }],
  });
  const { document, lost } = toChatResponse([message], { onto });
  expect(document).toMatchObject({ choices: [{ token_ids: null }] });
  expect(lost).toMatchObject([{ path: "[0].content", reason: expect.stringMatching("token_ids") }]);
});
