/** Media in URLs. */
import fc from "fast-check";
import { createMessage } from "glassine/messages";
import { fromChatRequest, toChatRequest } from "glassine/openai";
import { expect, it } from "vitest";

const requestOf = (url: string) => ({
  messages: [{ role: "user", content: [{ type: "image_url", image_url: { url } }] }],
});

/** The image that a message shows for a URL. */
function sourceOf(url: string) {
  const [part] = fromChatRequest({ model: "m", ...requestOf(url) }).messages[0]?.content ?? [];
  if (part?.content_type !== "image") throw new Error("It is not an image.");
  return part.content;
}

/** The URL that is written for such an image. */
function urlOf(content: ReturnType<typeof sourceOf>): string | undefined {
  const part = { content_type: "image", content } as const;
  const { document } = toChatRequest([createMessage({ role: "user", content: [part] })]);
  const { messages } = document as unknown as ReturnType<typeof requestOf>;
  return messages[0]?.content[0]?.image_url.url;
}

it.each([
  ["https://a.example/p.png", { type: "url", data: "https://a.example/p.png" }],
  ["data:image/png;base64,AAEC", { type: "base64", data: "AAEC", media_type: "image/png" }],
  ["data:,hello", { type: "base64", data: "aGVsbG8=", media_type: "text/plain" }],
  ["data:a/b,%FF5%,€", { type: "base64", data: "/zUlLOKCrA==", media_type: "a/b" }],
  [
    "data:text/plain;charset=utf-8;base64,AA==",
    { type: "base64", data: "AA==", media_type: "text/plain;charset=utf-8" },
  ],
  ["data:;a=b;base64,AA%3D%3D", { type: "base64", data: "AA==", media_type: "text/plain;a=b" }],
  ["data:hello", { type: "url", data: "data:hello" }],
] as const)("%s is read", (url, source) => {
  expect(sourceOf(url)).toEqual(source);
});

const text = fc.string({ unit: "grapheme" });

it("a usual URL is written as it was", () => {
  const usual = /^data:[\w.+-]+\/[\w.+-]+;base64,/;
  const type = fc.stringMatching(/^[\w.+-]+\/[\w.+-]+$/);
  const made = fc
    .tuple(type, fc.base64String())
    .map(([type, bytes]) => `data:${type};base64,${bytes}`);
  const web = fc.stringMatching(/^https?:\/\/[a-z]{1,5}\.example(\/[\w.~%&=-]{0,6}){0,3}$/);
  fc.assert(
    fc.property(fc.oneof(web, fc.string(), made), (url) => {
      fc.pre(!/^\s*data:[^,]*,/i.test(url) || usual.test(url));
      expect(urlOf(sourceOf(url))).toBe(url);
    }),
  );
});

it("any other says the same when it is written", () => {
  const said = fc.stringMatching(/^[\w/;= "-]*(;base64)?$/);
  fc.assert(
    fc.property(said, fc.oneof(fc.base64String(), text), (type, bytes) => {
      const source = sourceOf(`data:${type},${bytes}`);
      fc.pre(!source.data.includes("%"));
      expect(source.type).toBe("base64");
      expect(sourceOf(urlOf(source) ?? "")).toEqual(source);
    }),
  );
});

it("bytes of a missing type are of an unknown one", () => {
  const url = urlOf({ type: "base64", data: "AA==" });
  expect(url).toBe("data:application/octet-stream;base64,AA==");
});
