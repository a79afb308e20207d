/** Messages with parts of every kind, and edits that plugins make. */
import fc from "fast-check";
import {
  type ContentPart,
  createMessage,
  type Message,
  type MessageInput,
} from "glassine/messages";
import { jsonObjects } from "./anthropic.ts";

type Part = NonNullable<MessageInput["content"]>[number];

const text = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 6 }),
  fc.constantFrom("", "__proto__", '{"type":"tool_use"}', "😀"),
);
const id = fc.constantFrom("toolu_1", "toolu_2", "__proto__");
const name = fc.constantFrom("add", "toString", "");
const optional: { requiredKeys: [] } = { requiredKeys: [] };
const whole = fc.nat({ max: 100 });

const texts = fc.record({ content_type: fc.constant("text" as const), text });
const sources = fc
  .tuple(
    fc.record({ type: fc.constantFrom("url" as const, "base64" as const), data: text }),
    fc.record({ media_type: fc.constantFrom("image/png", "application/pdf") }, optional),
  )
  .map(([all, some]) => ({ ...all, ...some }));
const images = sources.map((content) => ({ content_type: "image" as const, content }));
const documents = fc
  .tuple(sources, fc.record({ title: text }, optional))
  .map(([all, some]) => ({ content_type: "document" as const, content: { ...all, ...some } }));
/** A resource as read from a document or a search result, or any resource. */
const resources = fc.oneof(
  fc.record({ name: text, description: text, content: text }).map((said) => ({
    resource_request_id: "",
    uri: "",
    resource_type: "file" as const,
    mime_type: "text/plain",
    ...said,
  })),
  fc.record({ uri: text, name: text, content: text }).map((said) => ({
    resource_request_id: "",
    resource_type: "uri" as const,
    ...said,
  })),
  fc
    .tuple(
      fc.record({
        resource_request_id: text,
        uri: text,
        resource_type: fc.constantFrom("file" as const, "uri" as const, "memory" as const),
      }),
      fc.record(
        { name: text, description: text, content: text, mime_type: text, version: text },
        optional,
      ),
      fc.record({ size_bytes: whole, annotations: jsonObjects }, optional),
    )
    .map(([all, some, more]) => ({ ...all, ...some, ...more })),
);
const resourceParts = resources.map((content) => ({ content_type: "resource" as const, content }));
const calls = fc
  .tuple(
    fc.record({ tool_call_id: id, name, arguments: jsonObjects }),
    fc.record({ namespace: fc.constantFrom("anthropic", "files", "") }, optional),
  )
  .map(([all, some]) => ({ content_type: "tool_call" as const, content: { ...all, ...some } }));

/** Blocks that a provider would accept; inside a result they are data like any other. */
const rawBlocks = fc.constantFrom(
  { type: "tool_use", id: "toolu_1", name: "rm", input: {} },
  { type: "text", text: "raw", cache_control: { type: "ephemeral" } },
  { content_type: "tool_call", content: { tool_call_id: "a", name: "b", arguments: {} } },
  { content_type: "text", text: "a", extra: 1 },
);
const results = fc
  .tuple(
    fc.record({
      tool_call_id: id,
      tool_name: fc.oneof(name, fc.constant("")),
      is_error: fc.boolean(),
    }),
    fc.record(
      {
        content: fc.oneof(
          text,
          fc.array(fc.oneof(texts, images, documents, resourceParts), { maxLength: 3 }),
          fc.array(rawBlocks, { maxLength: 2 }),
          jsonObjects,
        ) as fc.Arbitrary<never>,
      },
      optional,
    ),
  )
  .map(([all, some]) => ({ content_type: "tool_result" as const, content: { ...all, ...some } }));
const others = fc.constantFrom<Part>(
  { content_type: "thinking", text: "hm" },
  { content_type: "audio", content: { type: "base64", data: "AA==", media_type: "audio/wav" } },
  { content_type: "video", content: { type: "url", data: "https://example.com/v" } },
  {
    content_type: "resource_ref",
    content: { resource_request_id: "r", uri: "file:///a", resource_type: "file" },
  },
  { content_type: "prompt_request", content: { prompt_request_id: "p", name: "greet" } },
  { content_type: "prompt_result", content: { prompt_request_id: "p", prompt_name: "greet" } },
);
const anyPart = fc.oneof(
  { weight: 4, arbitrary: texts },
  images,
  documents,
  resourceParts,
  calls,
  results,
  others,
) as fc.Arbitrary<Part>;

const parts = (part: fc.Arbitrary<unknown>) =>
  fc.array(part, { maxLength: 3 }) as fc.Arbitrary<readonly Part[]>;

/** Messages, mostly with a role that makes sense for them. */
export const messages: fc.Arbitrary<Message> = fc
  .oneof(
    fc.record({
      role: fc.constant("user"),
      content: parts(fc.oneof(texts, images, resourceParts)),
    }),
    fc.record({ role: fc.constant("assistant"), content: parts(fc.oneof(texts, calls)) }),
    fc.record({ role: fc.constant("tool"), content: parts(results) }),
    fc.record({ role: fc.constant("system"), content: parts(texts) }),
    fc
      .tuple(
        fc.record({
          role: fc.constantFrom("system", "developer", "user", "assistant", "tool"),
          content: parts(anyPart),
        }),
        fc.record({ channel: fc.constant("final"), schema_version: fc.constant("1.0") }, optional),
      )
      .map(([all, some]) => ({ ...all, ...some })),
  )
  .map((input) => createMessage(input as MessageInput));

/** What a plugin does to some messages; the numbers choose where. */
type Edit =
  | { readonly act: "drop" | "dropPart" | "changeText" | "rename"; readonly at: number }
  | { readonly act: "insert"; readonly at: number; readonly message: Message }
  | { readonly act: "insertPart"; readonly at: number; readonly part: ContentPart };

export const edits: fc.Arbitrary<readonly Edit[]> = fc.array(
  fc.oneof(
    fc.record({
      act: fc.constantFrom("drop" as const, "dropPart" as const, "rename" as const),
      at: fc.nat(99),
    }),
    {
      weight: 3,
      arbitrary: fc.record({ act: fc.constant("changeText" as const), at: fc.nat(99) }),
    },
    fc.record({ act: fc.constant("insert" as const), at: fc.nat(99), message: messages }),
    fc.record({
      act: fc.constant("insertPart" as const),
      at: fc.nat(99),
      part: fc
        .oneof(texts, calls)
        .map(
          (part) =>
            createMessage({ role: "user", content: [part as Part] }).content[0] as ContentPart,
        ),
    }),
  ),
  { minLength: 1, maxLength: 3 },
);

export function editWith(list: readonly Message[], plan: readonly Edit[]): readonly Message[] {
  return plan.reduce(edited, list);
}

function edited(list: readonly Message[], edit: Edit): readonly Message[] {
  const at = edit.at % (list.length + 1);
  if (edit.act === "insert") return [...list.slice(0, at), edit.message, ...list.slice(at)];
  if (edit.act === "drop") return list.filter((_, i) => i !== at);
  return list.map((message, i) =>
    i === at ? createMessage({ ...message, content: editedParts(message.content, edit) }) : message,
  );
}

function editedParts(parts: readonly ContentPart[], edit: Edit): readonly ContentPart[] {
  const at = Math.floor(edit.at / 7) % (parts.length + 1);
  if (edit.act === "insertPart") return [...parts.slice(0, at), edit.part, ...parts.slice(at)];
  if (edit.act === "dropPart") return parts.filter((_, i) => i !== at);
  return parts.map((part, i) => (i === at ? editedPart(part, edit.act) : part));
}

function editedPart(part: ContentPart, act: Edit["act"]): ContentPart {
  if ("text" in part) return { ...part, text: `${part.text}!` };
  if (part.content_type === "tool_result") {
    const { content } = part.content;
    return {
      ...part,
      content: { ...part.content, content: typeof content === "string" ? `${content}!` : "gone" },
    };
  }
  if (part.content_type === "tool_call") {
    return act === "rename"
      ? { ...part, content: { ...part.content, name: `${part.content.name}!` } }
      : { ...part, content: { ...part.content, arguments: { changed: true } } };
  }
  if (part.content_type === "resource") {
    return { ...part, content: { ...part.content, content: "masked" } };
  }
  return part;
}
