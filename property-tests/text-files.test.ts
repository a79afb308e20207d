/** Laws of text files: any bytes, and any text that a plugin turns them into. */
import fc from "fast-check";
import { fromPrompt, toPrompt } from "glassine/ai-sdk";
import { bedrock } from "glassine/bedrock";
import { google } from "glassine/google";
import { type ContentPart, createMessage, type Message } from "glassine/messages";
import { chatCompletions, responses } from "glassine/openai";
import { expect, it } from "vitest";
import { verifies } from "../test/support/verifies.ts";
import { expectSome } from "./support/runs.ts";
import { texts } from "./support/schema-values.ts";

interface Conversion {
  readonly name: string;
  readonly ask: (bytes: Uint8Array, base64: string, type: string) => object;
  readonly read: (document: never) => { readonly messages: readonly Message[] };
  readonly write: (
    messages: readonly Message[],
    onto: never,
  ) => { readonly document: object; readonly lost: readonly unknown[] };
}

const user = (part: object) => ({ role: "user", content: [part] });
const ofSdk = {
  read: fromPrompt as Conversion["read"],
  write: (messages: readonly Message[], onto: never) => toPrompt(messages, { onto }),
};
const conversions: readonly Conversion[] = [
  {
    name: "Google",
    ask: (_bytes, data, mimeType) => ({
      contents: [{ role: "user", parts: [{ inlineData: { mimeType, data } }] }],
    }),
    read: google.readRequest,
    write: (messages, onto) => google.writeRequest(messages, { onto }),
  },
  {
    name: "Bedrock",
    ask: (bytes) => ({
      modelId: "m",
      messages: [user({ document: { format: "txt", name: "n", source: { bytes } } })],
    }),
    read: bedrock.readRequest,
    write: (messages, onto) => bedrock.writeRequest(messages, { onto }),
  },
  {
    name: "Chat Completions",
    ask: (_bytes, data, type) => ({
      messages: [user({ type: "file", file: { file_data: `data:${type};base64,${data}` } })],
    }),
    read: chatCompletions.readRequest,
    write: (messages, onto) => chatCompletions.writeRequest(messages, { onto }),
  },
  {
    name: "Responses",
    ask: (_bytes, data, type) => ({
      input: [user({ type: "input_file", file_data: `data:${type};base64,${data}` })],
    }),
    read: responses.readRequest,
    write: (messages, onto) => responses.writeRequest(messages, { onto }),
  },
  {
    ...ofSdk,
    name: "the AI SDK, bytes",
    ask: (data, _base64, mediaType) => [user({ type: "file", data, mediaType })],
  },
  {
    ...ofSdk,
    name: "the AI SDK, base64",
    ask: (_bytes, data, mediaType) => [user({ type: "file", data, mediaType })],
  },
  {
    ...ofSdk,
    name: "the AI SDK, a URL",
    ask: (_bytes, data, type) => [
      user({ type: "file", data: `data:${type};base64,${data}`, mediaType: "" }),
    ],
  },
];

const bytes = fc.oneof(
  fc.oneof(texts, fc.string({ unit: "grapheme" })).map((text) => Buffer.from(text)),
  texts.map((text) => Buffer.from(`\uFEFF${text}`)),
  texts.map((text) => Buffer.from(text, "utf16le")),
  fc.uint8Array({ maxLength: 8 }).map((each) => Buffer.from(each)),
);
const forms = fc.constantFrom<(each: Buffer) => string>(
  (each) => each.toString("base64"),
  (each) => each.toString("base64url"),
  (each) => each.toString("base64").replace(/.{3}/g, "$&\n"),
);
const types = fc.constantFrom("text/plain", "application/json", "text/csv;charset=utf-8");

/** The text that a reader decodes from bytes; `undefined` if they are not text. */
function decoded(given: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(given);
    return text.includes("\0") ? undefined : text;
  } catch {
    return undefined;
  }
}

const partIn = (messages: readonly Message[]) => messages[0]?.content[0] as ContentPart;

it.each(conversions)("$name: any file of text is shown, stays, and is changed", (each) => {
  verifies("adapters:text-files");
  const { ask, read, write } = each;
  let met = 0;
  fc.assert(
    fc.property(bytes, forms, types, texts, (given, form, type, next) => {
      const onto = ask(new Uint8Array(given), form(given), type) as never;
      const { messages } = read(onto);
      expect(write(messages, onto)).toEqual({ document: onto, lost: [] });
      const part = partIn(messages);
      const text = decoded(given);
      expect(part.content_type).toBe(text === undefined ? "document" : "resource");
      if (part.content_type !== "resource") return;
      met += 1;
      expect(part.content.content).toBe(text);
      const changed = { ...part, content: { ...part.content, content: next } };
      const after = [createMessage({ role: "user", content: [changed] })];
      const { document, lost } = write(after, onto);
      if (lost.length === 0) expect(read(document as never).messages).toEqual(after);
      else expect(next).toMatch(/^\uFEFF|\0/);
    }),
  );
  expectSome(met);
});
