/** Messages as a host or a plugin makes them, for formats that can express some of them. */
import fc from "fast-check";
import { type ContentPart, createMessage, type Message } from "glassine/messages";
import { jsonValues, keys, mapOf, texts } from "./schema-values.ts";

type Arb<T> = fc.Arbitrary<T>;

const ids = fc.constantFrom("call_1", "call_2", "");
const names = fc.constantFrom("get_weather", "__proto__", "constructor");
const text: Arb<ContentPart> = texts.map((value) => ({ content_type: "text", text: value }));
const thinking: Arb<ContentPart> = texts.map((value) => ({
  content_type: "thinking",
  text: value,
}));
const source = fc.oneof(
  fc.constantFrom(
    { type: "url", data: "https://a.example/p.png" } as const,
    { type: "url", data: "data:image/png;base64,AAEC" } as const,
  ),
  fc.record({
    type: fc.constant("base64" as const),
    data: fc.base64String(),
    media_type: fc.constantFrom("image/png", "audio/wav", "audio/mp3", "application/pdf"),
  }),
  fc.record({ type: fc.constant("base64" as const), data: fc.base64String() }),
);
const media: Arb<ContentPart> = fc.oneof(
  source.map((content) => ({ content_type: "image" as const, content })),
  source.map((content) => ({ content_type: "audio" as const, content })),
  source.map((content) => ({ content_type: "video" as const, content })),
  fc.tuple(source, fc.option(texts, { nil: undefined })).map(([content, title]) => ({
    content_type: "document" as const,
    content: title === undefined ? content : { ...content, title },
  })),
);
const call: Arb<ContentPart> = fc
  .record({ tool_call_id: ids, name: names, arguments: mapOf(keys, jsonValues, 2) })
  .map((content) => ({ content_type: "tool_call", content: content as never }));
const result: Arb<ContentPart> = fc
  .record({
    tool_call_id: ids,
    tool_name: names,
    content: fc.oneof({ weight: 3, arbitrary: texts }, { weight: 1, arbitrary: jsonValues }),
    is_error: fc.constantFrom(false, false, false, true),
  })
  .map((content) => ({ content_type: "tool_result", content: content as never }));

const odd = fc.oneof(text, thinking, media, call, result);
const of = (role: Message["role"], part: Arb<ContentPart>, maxLength: number): Arb<Message> =>
  fc
    .tuple(
      fc.array(fc.oneof({ weight: 9, arbitrary: part }, { weight: 1, arbitrary: odd }), {
        maxLength,
      }),
      fc.constantFrom(undefined, undefined, undefined, "final" as const),
    )
    .map(([content, channel]) => createMessage({ role, content, ...(channel && { channel }) }));

const messages: Arb<Message> = fc.oneof(
  of("system", text, 2),
  of("developer", text, 2),
  of("user", fc.oneof(text, media), 3),
  of("assistant", fc.oneof(text, call), 3),
  of("assistant", fc.oneof(thinking, text, call), 3),
  of("tool", result, 1),
);

export const conversations: Arb<readonly Message[]> = fc.array(messages, { maxLength: 3 });
export const answers: Arb<Message> = fc.oneof(
  of("assistant", fc.oneof(text, call), 3),
  of("assistant", fc.oneof(thinking, text, call), 3),
);
