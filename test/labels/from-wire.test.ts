import { labelsFromAnnotations, labelsFromIfc } from "glassine/labels";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";

describe("labelsFromIfc", () => {
  const good = { integrity: "trusted", confidentiality: "public" };

  it("adds no label only if the data is marked trusted and public", () => {
    verifies("labels:ifc");
    expect(labelsFromIfc({ ifc: good })).toEqual([]);
    expect(labelsFromIfc({ ifc: { ...good, integrity: "untrusted" } })).toEqual(["untrusted"]);
    expect(labelsFromIfc({ ifc: { ...good, confidentiality: "private" } })).toEqual(["private"]);
  });

  const silent = [
    undefined,
    null,
    {},
    1,
    "ifc",
    [],
    { ifc: null },
    { ifc: [] },
    { ifc: "trusted" },
  ];
  it.each([...silent, { ifc: {} }, Object.create({ ifc: good }) as object])(
    "treats missing values as restrictive: %j",
    (meta) => {
      verifies("labels:ifc");
      expect(labelsFromIfc(meta)).toEqual(["private", "untrusted"]);
    },
  );

  it.each(["Trusted", " trusted", "trusted ", ["trusted"], true, 1, { toString: () => "trusted" }])(
    "treats unknown values as restrictive: %j",
    (integrity) => {
      verifies("labels:ifc");
      expect(labelsFromIfc({ ifc: { ...good, integrity } })).toEqual(["untrusted"]);
      expect(labelsFromIfc({ ifc: { ...good, confidentiality: integrity } })).toEqual(["private"]);
    },
  );

  it("refuses a name that is no text, whatever the data is", () => {
    for (const labels of [{ private: 5 }, { untrusted: 5 }] as never[])
      expect(() => labelsFromIfc({ ifc: good }, labels)).toThrow(/expects a string/);
  });

  it("refuses a name that is not a label", () => {
    for (const label of ["", " secret", "a\u200b"]) {
      const refused = expect.objectContaining({ code: "options_invalid" });
      expect(() => labelsFromIfc({}, { private: label })).toThrow(refused);
      expect(() => labelsFromAnnotations({}, { readOnlyHint: label })).toThrow(refused);
    }
  });

  it("uses the host's names", () => {
    expect(labelsFromIfc({}, { private: "SECRET" })).toEqual(["SECRET", "untrusted"]);
    expect(labelsFromIfc({}, { untrusted: "TAINTED" })).toEqual(["private", "TAINTED"]);
  });
});

describe("labelsFromAnnotations", () => {
  it("treats a tool as open-world unless it says otherwise", () => {
    verifies("labels:annotations");
    expect(labelsFromAnnotations({ openWorldHint: false })).toEqual([]);
    const others = [true, "false", 0, null, undefined, [], {}];
    for (const openWorldHint of others) {
      expect(labelsFromAnnotations({ openWorldHint })).toEqual(["untrusted"]);
    }
    for (const none of [undefined, null, 1, "x", [], Object.create({ openWorldHint: false })]) {
      expect(labelsFromAnnotations(none)).toEqual(["untrusted"]);
    }
  });

  it("reads the hints that the host names", () => {
    verifies("labels:annotations");
    const names = {
      openWorldHint: "world",
      readOnlyHint: "writes",
      destructiveHint: "destroys",
      idempotentHint: "repeats",
      privateHint: "private",
      sensitiveHint: "sensitive",
      maliciousActivityHint: "malicious",
    };
    expect(labelsFromAnnotations({}, names)).toEqual(Object.values(names));
    const tame = {
      openWorldHint: false,
      readOnlyHint: true,
      destructiveHint: false,
      idempotentHint: true,
      privateHint: false,
      sensitiveHint: false,
      maliciousActivityHint: false,
    };
    expect(labelsFromAnnotations(tame, names)).toEqual([]);
    const wild = Object.fromEntries(Object.entries(tame).map(([hint, value]) => [hint, !value]));
    expect(labelsFromAnnotations(wild, names)).toEqual(Object.values(names));
    expect(labelsFromAnnotations({ sensitiveHint: "low" }, names)).toContain("sensitive");
    expect(labelsFromAnnotations(tame, {})).toEqual([]);
  });

  it("refuses hints that there are not, and labels that are not strings", () => {
    for (const labels of [{ openWorldHnt: "risky" }, { openWorldHint: true }, null] as never[]) {
      expect(() => labelsFromAnnotations({}, labels)).toThrow(
        expect.objectContaining({ code: "options_invalid" }),
      );
      expect(() => labelsFromIfc({}, labels)).toThrow(
        expect.objectContaining({ code: "options_invalid" }),
      );
    }
  });

  it("returns a label once", () => {
    expect(labelsFromAnnotations({}, { openWorldHint: "risky", readOnlyHint: "risky" })).toEqual([
      "risky",
    ]);
  });
});
