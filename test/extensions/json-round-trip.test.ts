import fc from "fast-check";
import { createExtensions, decodeExtensions, encodeExtensions, filterExtensions } from "glassine";
import { defineHost } from "glassine/host";
import { arbitrariesFor } from "glassine/testing";
import { describe, expect, it } from "vitest";
import { shapeOf } from "../../property-tests/support/data.ts";
import { codeOf, refusalOf } from "../data/support.ts";

const { documents } = arbitrariesFor(defineHost({}));
const roundTrip = (text: string) => encodeExtensions(decodeExtensions(text).extensions);

describe("text after decoding and encoding", () => {
  it("equals that of an envelope with the same values, and decodes to the same again", () => {
    fc.assert(
      fc.property(documents, (document) => {
        const envelope = createExtensions(document);
        const text = encodeExtensions(envelope);
        const { extensions } = decodeExtensions(text);
        expect(encodeExtensions(extensions)).toBe(text);
        expect(shapeOf(extensions)).toEqual(shapeOf(envelope));
        expect(roundTrip(text)).toBe(text);
      }),
    );
  });

  it("keeps nulls, odd keys and the order of keys in free-form data", () => {
    const text =
      '{"custom":{"z":null,"__proto__":{"a":[null]},"constructor":{"prototype":1},"a":0}}';
    expect(roundTrip(text)).toBe(text);
    expect(Object.hasOwn(Object.prototype, "a")).toBe(false);
  });

  it("has slots and fields in the order of the table, sorted sets and defaults", () => {
    expect(
      roundTrip('{"security":{"labels":["b","a"]},"request":{"trace_id":"t","request_id":"r"}}'),
    ).toBe(
      '{"request":{"request_id":"r","trace_id":"t"},"security":{"labels":["a","b"],"objects":{},"data":{}}}',
    );
  });

  it("has no minus zero, and numbers unchanged", () => {
    expect(roundTrip('{"custom":{"a":-0,"b":1e2,"c":9007199254740993,"d":5e-324}}')).toBe(
      '{"custom":{"a":0,"b":100,"c":9007199254740992,"d":5e-324}}',
    );
  });

  it("reads null as absent in fields of known shape", () => {
    expect(roundTrip('{"agent":null,"http":{"method":null},"meta":{"scope":null}}')).toBe(
      '{"http":{"headers":{}},"meta":{"tags":[],"properties":{}}}',
    );
  });

  it("keeps the last of two values for one key", () => {
    expect(roundTrip('{"custom":{"a":1,"\\u0061":2}}')).toBe('{"custom":{"a":2}}');
  });
});

describe("decodeExtensions", () => {
  it("drops unknown names, and lists their paths", () => {
    const { dropped } = decodeExtensions(
      '{"Security":{},"agent":{"x-y":1},"security":{"subject":{"id":"u","type":"user","tag":1}}}',
    );
    expect(dropped).toEqual(["Security", 'agent["x-y"]', "security.subject.tag"]);
    const strict = () => decodeExtensions({ agent: { x: 1 } }, { strict: true });
    expect(refusalOf(strict).data.problems).toMatchObject([
      { path: ["agent", "x"], code: "slot_unknown" },
    ]);
    expect(codeOf(() => decodeExtensions({ Security: {} }, { strict: true }))).toBe("slot_unknown");
  });

  it("reads a value like its text", () => {
    const value = {
      custom: JSON.parse('{"__proto__":1}') as unknown,
      http: { headers: { a: "b" } },
    };
    expect(encodeExtensions(decodeExtensions(value).extensions)).toBe(
      roundTrip(JSON.stringify(value)),
    );
  });

  it.each([
    "",
    " ",
    "{",
    "{}{}",
    "[1,]",
    "{'a':1}",
    "nul",
    "\ufeff{}",
    '{"custom":{"a":01}}',
    "// x\n{}",
  ])("refuses %j, which is not JSON, without quoting it", (text) => {
    const error = refusalOf(() => decodeExtensions(text));
    expect([error.code, error.data]).toEqual(["syntax_invalid", { units: text.length }]);
  });

  it.each([
    "null",
    "[]",
    "5",
    '"x"',
    "true",
    '{"custom":{"a":"\\ud800"}}',
    '{"custom":{"a":1e999}}',
  ])("refuses %s, which is not extensions", (text) =>
    expect(codeOf(() => decodeExtensions(text))).toBe("extensions_invalid"),
  );

  it("reads the newer generation's spelling of a subject, and refuses two that differ", () => {
    const subject = (more: object) =>
      decodeExtensions({ security: { subject: { id: "u", ...more } } }).extensions;
    expect(subject({ subject_type: "agent" }).security?.subject?.type).toBe("agent");
    expect(subject({ subject_type: "agent", type: "agent" }).security?.subject?.type).toBe("agent");
    expect(codeOf(() => subject({ subject_type: "agent", type: "user" }))).toBe(
      "extensions_invalid",
    );
    expect(subject({}).security?.subject).toMatchObject({ id: "u" });
  });
});

describe("encodeExtensions", () => {
  it("writes a view as well, without hidden parts", () => {
    const view = filterExtensions(
      createExtensions({ security: { labels: ["PII"] }, agent: { turn: 1 } }),
      ["read_labels"],
    );
    expect(encodeExtensions(view as never)).toBe(
      '{"security":{"labels":["PII"],"objects":{},"data":{}}}',
    );
  });

  it("refuses objects that this library did not create", () => {
    for (const foreign of [{}, null, "{}", { toJSON: () => "x" }]) {
      const error = refusalOf(() => encodeExtensions(foreign as never));
      expect([error.code, error.data]).toEqual([
        "extensions_invalid",
        { call: "encodeExtensions" },
      ]);
      expect(error.message).toContain("encodeExtensions expects extensions that this copy of");
    }
  });
});
