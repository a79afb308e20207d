/** How often a scanner reads a text, and what it redacts. */
import { describe, expect, it } from "vitest";
import { bytesOfBase64 } from "../../../src/plugins/encoded-texts.ts";
import { type Finder, finder, scan, scanFile } from "../../../src/plugins/findings.ts";

describe("a file of text", () => {
  const texts = {
    "UTF-8": Buffer.from("It is héré, and long enough."),
    "UTF-8 with a mark": Buffer.from("\uFEFFIt is here, and long enough."),
    "Latin-1": Buffer.from("It is héré, and long enough.", "latin1"),
    short: Buffer.from("It"),
    empty: Buffer.from(""),
  };
  it.each(Object.entries(texts))("in %s is read once, behind its base64", (name, bytes) => {
    const seen: string[] = [];
    const finder: Finder = (text) => {
      seen.push(text);
      return [];
    };
    const base64 = bytes.toString("base64");
    expect(scanFile(base64, "data", [finder])).toEqual({
      kinds: [],
      redacted: base64,
      hasUnredactable: false,
    });
    expect(seen).toEqual([base64, bytes.toString(name === "Latin-1" ? "latin1" : "utf8")]);
  });

  it("of many bytes keeps each", () => {
    const text = Buffer.from(`${"é€😀".repeat(30_000)} secret`);
    const finder: Finder = (each) => {
      const start = each.indexOf("secret");
      return start === -1 ? [] : [{ kind: "word", start, end: start + 6 }];
    };
    const scanned = scanFile(text.toString("base64"), "data", [finder]);
    expect(Buffer.from(scanned?.redacted ?? "", "base64").toString()).toBe(
      text.toString().replace("secret", "[REDACTED:word]"),
    );
    expect(bytesOfBase64(text.toString("base64"))?.bytes).toBe(text.toString("latin1"));
  });
});

it("redacts all of a finding that has another one in it", () => {
  const finders = [finder("key", /acme-\d+-[a-z]+/g), finder("number", /\d+/g)];
  for (const each of [finders, finders.toReversed()])
    expect(scan("is acme-123-abc.", "text", each).redacted).toBe("is [REDACTED:key].");
});
