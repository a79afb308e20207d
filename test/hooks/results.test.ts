import { inspect } from "node:util";
import { allow, type DenyInput, deny } from "glassine";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import { violationOf } from "./support.ts";

const refusalOf = (input: unknown): string => {
  try {
    deny(input as DenyInput);
    return "accepted";
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe("deny", () => {
  it("accepts a reason, or a code, a reason and optional fields", async () => {
    expect(await violationOf(deny("not now"))).toEqual({ code: "denied", reason: "not now" });
    const all = { code: "pii.egress-1:x_y", reason: "r", description: "d", details: { a: [1] } };
    expect(await violationOf(deny(all))).toEqual(all);
  });

  it.each<[string, unknown]>([
    ["nothing", undefined],
    ["null", null],
    ["a number", 5],
    ["a function", () => "no"],
    ["an empty reason", ""],
    ["a blank reason", " \n\t "],
    ["a reason nobody can see", "\u200b\u202e"],
    ["no reason", { code: "no" }],
    ["a blank reason beside a code", { code: "no", reason: "  " }],
    ["a reason that is no text", { code: "no", reason: ["no"] }],
    ["an empty code", { code: "", reason: "no" }],
    ["a code with a space", { code: "no way", reason: "no" }],
    ["a code with a line break", { code: "no\n", reason: "no" }],
    ["a code that is too long", { code: "a".repeat(65), reason: "no" }],
    ["a code that begins with a dot", { code: ".a", reason: "no" }],
    ["a description that is no text", { code: "no", reason: "no", description: 5 }],
    ["details that are a list", { code: "no", reason: "no", details: [] }],
    ["details that are a text", { code: "no", reason: "no", details: "because" }],
    ["details that are null", { code: "no", reason: "no", details: null }],
    ["details that are no data", { code: "no", reason: "no", details: { f: () => {} } }],
    ["details of a class", { code: "no", reason: "no", details: new Map() }],
  ])("refuses %s", (_what, input) => {
    expect(refusalOf(input)).toBe("rejected");
  });

  it("runs no getter in details, and copies them", async () => {
    let readings = 0;
    const trapped = {
      get why() {
        readings += 1;
        return "because";
      },
    };
    expect(refusalOf({ code: "no", reason: "no", details: trapped })).toBe("rejected");
    expect(readings).toBe(0);
    const details = { list: [1] };
    const violation = await violationOf(deny({ code: "no", reason: "no", details }));
    details.list.push(2);
    expect(violation?.details).toEqual({ list: [1] });
    expect(Object.isFrozen(violation?.details)).toBe(true);
  });

  it("keeps its strings on one line, printable and short", async () => {
    verifies("dispatch:violation");
    const reason = `one\r\ntwo\u2028three\u0000\u001b[31m\u202efour\u200b`;
    expect((await violationOf(deny(reason)))?.reason).toBe("one two three [31m four");
    const long = await violationOf(
      deny({ code: "no", reason: "r".repeat(9000), description: "d".repeat(9000) }),
    );
    expect(long?.reason).toHaveLength(501);
    expect(long?.description).toHaveLength(2001);
    expect(long?.reason.endsWith("…")).toBe(true);
  });

  it("does not split a character", async () => {
    for (const first of ["", "a"]) {
      const { reason } = (await violationOf(deny(`${first}${"😀".repeat(400)}`))) ?? { reason: "" };
      expect(reason).not.toMatch(/\p{Cs}/u);
    }
  });
});

describe("allow and deny", () => {
  it("return frozen objects that a patched prototype cannot turn into promises", () => {
    for (const answer of [allow(), deny("no")]) {
      expect(Object.isFrozen(answer)).toBe(true);
      expect(Object.getPrototypeOf(answer)).toBeNull();
      expect("then" in answer).toBe(false);
    }
    expect(allow()).toBe(allow());
    expect(deny("no")).not.toBe(deny("no"));
  });

  it("reveal nothing about the violation", () => {
    const denial = deny({ code: "no", reason: "s3cret", details: { key: "s3cret" } });
    expect(inspect(denial, { showHidden: true, depth: null })).not.toContain("s3cret");
    expect(JSON.stringify(denial)).not.toContain("s3cret");
  });

  it("are recognised by their brand: a copy, proxy or derived object is not a denial", async () => {
    verifies("dispatch:deny-brand");
    const denial = deny("no");
    // Anything that is not a result stops the run for that reason.
    for (const [other, code] of [
      [{ ...denial }, "result_shape"],
      [structuredClone({ ...denial }), "result_shape"],
      [new Proxy(denial, {}), "snapshot_proxy"],
      [Object.create(denial), "snapshot_prototype"],
      [allow(), undefined],
      [null, undefined],
      ["deny", "result_shape"],
    ] as const) {
      const violation = await violationOf(other);
      expect(violation?.code).toBe(code);
      expect(violation?.reason).not.toBe("no");
    }
    expect(await violationOf(denial)).toMatchObject({ reason: "no" });
  });
});
