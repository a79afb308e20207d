import { isTextType } from "glassine/messages";
import { describe, expect, it } from "vitest";

describe("isTextType", () => {
  it.each([
    "text/plain",
    "text",
    "text/*",
    " TEXT/HTML ; charset=latin1",
    "application/json",
    "application/xml",
    "application/yaml",
    "application/x-yaml",
    "application/ld+json",
    "application/xhtml+xml",
    "image/svg+xml",
    "application/javascript",
    "application/x-sh",
  ])("%j is text", (type) => expect(isTextType(type)).toBe(true));

  it.each([
    "",
    "*/*",
    "application/octet-stream",
    "application/pdf",
    "image/png",
    "textual/plain",
    "application/json5x",
    "application/x-x-json",
    "json",
    "application/vnd.ms-excel",
    "x/text/plain",
    "application/zip; name=text/plain",
  ])("%j is not", (type) => expect(isTextType(type)).toBe(false));
});

it.each([
  [undefined, "undefined"],
  [null, "null"],
  [["text/plain"], "array"],
])("isTextType refuses %j, which is not a string", (mediaType, type) => {
  const message = `isTextType expects a media type, a string, got ${type}.`;
  const refusal = expect.objectContaining({ code: "options_invalid", message });
  expect(() => isTextType(mediaType as never)).toThrow(refusal);
});
