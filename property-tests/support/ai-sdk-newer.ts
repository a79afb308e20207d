/** Documents of ai 7, whose files state their form. Its packages are not a dependency. */
import fc from "fast-check";
import type { PromptLike, ResultLike } from "glassine/ai-sdk";
import { isRecord } from "../../src/core/data/index.ts";
import { plainPrompts, plainResults, prompts, results } from "./ai-sdk.ts";
import { type Draw, draws } from "./openai-chat-stream.ts";

interface Making {
  readonly draw: Draw;
  /** Only what messages can show. */
  readonly plain: boolean;
  /** A result's files are bytes or a URL, and its texts can have citations. */
  readonly isResult: boolean;
}

function tagged(data: unknown, making: Making, originalUrl?: unknown): object {
  const { draw, plain, isResult } = making;
  if (!plain && draw(8) === 0) return { type: "later", data: "x" };
  if (!plain && !isResult && draw(6) === 0) {
    return { type: "reference", reference: { openai: "file_1" } };
  }
  if (!isResult && draw(4) === 0) return { type: "text", text: "some text" };
  if (!(data instanceof URL)) return { type: "data", data };
  return { type: "url", url: data, ...(plain || originalUrl === undefined ? {} : { originalUrl }) };
}

const files: readonly unknown[] = ["file", "media", "file-data", "image-data"];
const links: readonly unknown[] = ["file-url", "image-url"];

function newer(value: unknown, making: Making): unknown {
  if (Array.isArray(value)) return value.map((each) => newer(each, making));
  if (!isRecord(value) || !isPlain(value)) return value;
  const { type, data, url, originalUrl, mediaType = "image/*", ...rest } = value;
  if (files.includes(type) && "data" in value) {
    return { ...rest, type: "file", data: tagged(data, making, originalUrl), mediaType };
  }
  if (links.includes(type)) {
    const link = URL.canParse(String(url)) ? new URL(String(url)) : "AAEC";
    return { ...rest, type: "file", data: tagged(link, making), mediaType };
  }
  if (making.isResult && !making.plain && type === "text" && making.draw(3) === 0) {
    return { ...value, citations: [{ source: { type: "source", id: "1" }, citedText: "quoted" }] };
  }
  const inside = ["content", "value", "output"];
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [
      key,
      // JSON that a tool returned stays as it is.
      inside.includes(key) && !String(type).endsWith("json") ? newer(each, making) : each,
    ]),
  );
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

const of = <Document>(
  documents: fc.Arbitrary<unknown>,
  how: Omit<Making, "draw">,
): fc.Arbitrary<Document> =>
  fc
    .tuple(documents, draws)
    .map(([document, draw]) => newer(document, { ...how, draw }) as Document);

export const newerPrompts = of<PromptLike>(prompts, { plain: false, isResult: false });
export const plainNewerPrompts = of<PromptLike>(plainPrompts, { plain: true, isResult: false });
export const newerResults = of<ResultLike>(results, { plain: false, isResult: true });
export const plainNewerResults = of<ResultLike>(plainResults, { plain: true, isResult: true });
