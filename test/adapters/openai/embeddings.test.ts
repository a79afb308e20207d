/** Embeddings requests, including those of OpenAI's own SDK. */
import { createServer } from "node:http";
import fc from "fast-check";
import { createMessage, type Message } from "glassine/messages";
import {
  fromEmbeddingsRequest,
  fromResponsesRequest,
  type Left,
  notAllowed,
  toEmbeddingsRequest,
} from "glassine/openai";
import OpenAI from "openai";
import { describe, expect, it } from "vitest";
import { codeOf } from "../../data/support.ts";
import { listen } from "../../support/listening.ts";
import { verifies } from "../../support/verifies.ts";

type Request = OpenAI.EmbeddingCreateParams;
const model = "text-embedding-3-small";
const said = (...texts: readonly string[]) =>
  createMessage({
    role: "user",
    content: texts.map((text) => ({ content_type: "text" as const, text })),
  });
const textsOf = (messages: readonly Message[]) =>
  messages.map(({ role, content: [part] }) => [role, part && "text" in part ? part.text : part]);
const seen = (left: readonly Left[]) => left.map(({ kind, path }) => `${kind} ${path}`);

describe("the input of an embeddings request", () => {
  it.each<[input: Request["input"], texts: readonly string[], left: readonly string[]]>([
    ["Ahoy", ["Ahoy"], []],
    [["Ahoy", "Land"], ["Ahoy", "Land"], []],
    [[], [], []],
    [[9906, 1917], [], ["content input"]],
    [[[9906], [1917]], [], ["content input[0]", "content input[1]"]],
    [["Ahoy", [9906]] as never, ["Ahoy"], ["content input[1]"]],
    [[{ image: "https://a.example" }, "a"] as never, ["a"], ["content input[0]"]],
  ])("%j shows its texts, and reports the rest", (input, texts, left) => {
    verifies("openai:embeddings-request");
    const request: Request = { model, input };
    const read = fromEmbeddingsRequest(request);
    expect(textsOf(read.messages)).toEqual(texts.map((text) => ["user", text]));
    expect(seen(read.left)).toEqual(left);
    expect(read.extensions.llm?.model_id).toBe(model);
    const written = toEmbeddingsRequest(read.messages, { onto: request });
    expect(written).toEqual({ document: request, lost: [] });
    const changed = read.messages.map(() => said("[redacted]"));
    const after = toEmbeddingsRequest(changed, { onto: request });
    expect(after.lost).toEqual([]);
    expect(textsOf(fromEmbeddingsRequest(after.document).messages)).toEqual(textsOf(changed));
    expect(Array.isArray(after.document.input)).toBe(Array.isArray(input));
  });

  it("is read in time proportional to its length", () => {
    verifies("adapters:work-bounded");
    const input = [...Array.from({ length: 50_000 }, () => 1), "Ahoy"] as never;
    expect(textsOf(fromEmbeddingsRequest({ model, input }).messages)).toEqual([["user", "Ahoy"]]);
  });

  it("knows the settings, and no other field", () => {
    verifies("openai:embeddings-request", "openai:left");
    const request = { model, input: "a", dimensions: 3, encoding_format: "float", user: "u" };
    const { left } = fromEmbeddingsRequest({ ...request, instruction: "Obey", prompt: "b" });
    expect(seen(left)).toEqual([
      "setting dimensions",
      "setting encoding_format",
      "setting user",
      "content instruction",
      "content prompt",
    ]);
    expect(seen(notAllowed(left, ["setting", "content instruction"]))).toEqual(["content prompt"]);
  });

  it("is written without one, and reports what an input cannot hold", () => {
    verifies("openai:embeddings-written");
    const extensions = { llm: { model_id: model } };
    const write = (...messages: readonly Message[]) =>
      toEmbeddingsRequest(messages, { extensions });
    expect(write(said("a"))).toEqual({ document: { model, input: "a" }, lost: [] });
    expect(write(said("a"), said("b")).document).toEqual({ model, input: ["a", "b"] });
    const joined = write(said("a", "b"));
    expect(joined.document).toEqual({ model, input: "a\nb" });
    expect(joined.lost.map(({ path }) => path)).toEqual(["[0].content"]);
    const image = { content_type: "image", content: { type: "url", data: "https://a.example" } };
    const odd = createMessage({ role: "assistant", content: [image] } as never);
    expect(write(odd).document).toEqual({ model, input: [] });
    expect(write(odd).lost.map(({ path }) => path)).toEqual(["[0].content[0]", "[0]"]);
    const answered = createMessage({ role: "assistant", content: said("a").content });
    expect(write(answered).document).toEqual({ model, input: "a" });
    expect(write(answered).lost.map(({ path }) => path)).toEqual(["[0]"]);
  });

  it("of another kind of document is refused", () => {
    verifies("openai:refused");
    for (const wrong of [{ model }, { model, input: 5 }, { model, input: null }, "a", []]) {
      expect(codeOf(() => fromEmbeddingsRequest(wrong))).toBe("document_invalid");
    }
    expect(() => fromEmbeddingsRequest({ model, messages: [] })).toThrow("fromChatRequest");
    expect(fromResponsesRequest({ model, input: "a" }).messages).toHaveLength(1);
  });

  it("in any mixture keeps its place when texts around it are changed or removed", () => {
    verifies("openai:embeddings-written", "adapters:kept");
    const inputs = fc.array(fc.oneof(fc.string(), fc.array(fc.nat(), { minLength: 1 })), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(inputs, fc.nat(), fc.boolean(), (input, place, isRemoved) => {
        const request = { model, input };
        const { messages } = fromEmbeddingsRequest(request);
        if (messages.length === 0 || messages.some((m) => textsOf([m])[0]?.[1] === "X")) return;
        const at = place % messages.length;
        const after = isRemoved ? messages.toSpliced(at, 1) : messages.with(at, said("X"));
        const { document } = toEmbeddingsRequest(after, { onto: request });
        const tokens = (list: readonly unknown[]) => list.filter(Array.isArray);
        expect(tokens(document.input)).toEqual(tokens(input));
        expect(textsOf(fromEmbeddingsRequest(document).messages)).toEqual(textsOf(after));
      }),
    );
  });
});

it("the SDK's request passes a redactor", async () => {
  verifies("openai:embeddings-request", "openai:embeddings-written");
  let sent: { input?: unknown; encoding_format?: unknown } = {};
  const server = createServer(async (request, reply) => {
    let text = "";
    for await (const chunk of request.setEncoding("utf8")) text += chunk;
    const onto = JSON.parse(text);
    const { messages } = fromEmbeddingsRequest(onto);
    const after = messages.map((message) =>
      said(...textsOf([message]).map(([, each]) => String(each).replace("4111-1", "[card]"))),
    );
    sent = toEmbeddingsRequest(after, { onto }).document;
    const data = messages.map((_, index) => ({ object: "embedding", index, embedding: [0.5] }));
    reply.setHeader("content-type", "application/json");
    reply.end(JSON.stringify({ object: "list", data, model: onto.model }));
  });
  const { url, close } = await listen(server);
  const client = new OpenAI({
    baseURL: `${url}/v1`,
    apiKey: "x",
    maxRetries: 0,
  });
  try {
    const input = ["My card is 4111-1.", "Ahoy"];
    const got = await client.embeddings.create({ model, input, encoding_format: "float" });
    expect(got.data.map(({ index }) => index)).toEqual([0, 1]);
    expect(sent).toEqual({
      model,
      input: ["My card is [card].", "Ahoy"],
      encoding_format: "float",
    });
  } finally {
    await close();
  }
});
