/** A view computes each property when it is first read. */
import type { ContentPart } from "glassine/messages";
import { describe, expect, it } from "vitest";
import { PartInfo } from "../../../src/core/messages/part-info.ts";
import { serializePart } from "../../../src/core/messages/serialize-part.ts";
import { messageOf, parts, properties } from "../../messages/part-support.ts";
import { verifies } from "../../support/verifies.ts";

/** A part whose every property is a getter that counts; the extensions are the same. */
function counted(part: object) {
  const reads: string[] = [];
  const counting = (value: unknown, path: string): unknown => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    const out = {};
    for (const [key, item] of Object.entries(value)) {
      const at = path === "" ? key : `${path}.${key}`;
      const inner = counting(item, at);
      const get = () => {
        reads.push(at);
        return inner;
      };
      Object.defineProperty(out, key, { get, enumerable: true });
    }
    return out;
  };
  const extensions = counting(
    {
      request: { environment: "e" },
      http: { headers: { a: "1" }, request_headers: { b: "2" } },
      security: { labels: ["PII"], subject: { id: "i", type: "user", roles: ["r"] } },
    },
    "extensions",
  );
  const view = new PartInfo(counting(part, "") as ContentPart, {
    role: "assistant",
    hook: undefined,
    extensions: extensions as never,
  });
  return { view, reads };
}

const [call, result, resource, text] = messageOf([
  parts.tool_call,
  parts.tool_result,
  parts.resource,
  parts.text,
]).content as readonly [ContentPart, ContentPart, ContentPart, ContentPart];

describe("a view", () => {
  it("reads nothing when it is created", () => {
    verifies("part:lazy");
    for (const part of [call, result, resource, text]) {
      const { reads } = counted(part);
      expect(reads).toEqual([]);
    }
  });

  it("leaves no text in the realm's record of its last match", () => {
    const secret = "geheim: zwölf";
    const [part] = messageOf([{ content_type: "text", text: secret }]).content as [ContentPart];
    expect(counted(part).view.sizeBytes).toBe(secret.length + 1);
    const { input } = RegExp as unknown as { input: string };
    expect(input).not.toContain("geheim");
  });

  it("reads the arguments only for properties about them", () => {
    const { view, reads } = counted(call);
    expect([view.uri, view.name]).toEqual(["tool://fs/read", "read"]);
    expect([view.isPre, view.action, view.mimeType]).toEqual([true, "execute", undefined]);
    expect(reads.filter((path) => /arguments|extensions/.test(path))).toEqual([]);
    expect(view.getArg("path")).toBe("/a");
    expect(reads.filter((path) => path === "content.arguments")).toHaveLength(1);
    expect(reads.filter((path) => path.startsWith("extensions"))).toEqual([]);
  });

  it("writes arguments as JSON once, for content, size and serialised form together", () => {
    const { view, reads } = counted(call);
    const times = () => reads.filter((path) => path === "content.arguments.path").length;
    expect(view.sizeBytes).toBe(25);
    expect(times()).toBe(1);
    expect(view.content).toBe('{"path":"/a","none":null}');
    expect([view.hasContent, view.sizeBytes, view.sizeBytes]).toEqual([true, 25, 25]);
    serializePart(view);
    expect(times()).toBe(1);
  });

  it("remembers that there is no content", () => {
    const { view, reads } = counted({
      content_type: "tool_result",
      content: { tool_name: "t", content: null },
    });
    expect([view.content, view.sizeBytes, view.hasContent]).toEqual([undefined, undefined, false]);
    const before = reads.filter((path) => path === "content.content").length;
    expect([before, view.content]).toEqual([1, undefined]);
    expect(reads.filter((path) => path === "content.content")).toHaveLength(1);
  });

  it("computes properties and headers once", () => {
    const { view } = counted(call);
    expect(view.properties).toBe(view.properties);
    expect(view.headers).toEqual({ a: "1", b: "2" });
    expect(view.headers).toBe(view.headers);
  });

  it("reads only the requested extensions", () => {
    const { view, reads } = counted(text);
    expect(view.hasLabel("PII")).toBe(true);
    expect(new Set(reads)).toEqual(new Set(["extensions.security", "extensions.security.labels"]));
  });

  it("has exactly the properties of this suite", () => {
    const helpers = /^(?:has(?!Content)|get|matches)/;
    const names = Reflect.ownKeys(PartInfo.prototype).map(String);
    expect(names.filter((name) => !helpers.test(name)).sort()).toEqual([...properties].sort());
  });
});
