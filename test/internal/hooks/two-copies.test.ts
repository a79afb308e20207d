// A process of its own: it loads the sources twice.
/** Answers and errors from another copy of the library, such as one that a plugin brings. */
import { describe, expect, it, vi } from "vitest";

async function loadCopy() {
  vi.resetModules();
  const results = await import("../../../src/core/hooks/results.ts");
  const errors = await import("../../../src/core/errors/index.ts");
  const data = await import("../../../src/core/data/index.ts");
  return { ...results, ...errors, sharedNotes: data.sharedNotes };
}

const here = await loadCopy();
const other = await loadCopy();
const notes = other.sharedNotes("answers");
const noted = (value: object, note: unknown) => {
  notes.set(value, note);
  return value;
};
const bare = () => Object.create(null) as object;

describe("an answer of another copy", () => {
  it("allows", () => {
    expect(other.allow()).not.toBe(here.allow());
    expect(here.answerOf(other.allow())).toBe("allow");
    expect(here.violationOf(other.allow())).toBeUndefined();
  });

  it("denies, with its code, reason, description and details", () => {
    const given = { code: "late", reason: "not now", description: "Later.", details: { until: 5 } };
    expect(here.violationOf(other.deny(given))).toEqual(given);
    const violation = here.violationOf(here.deny("no"));
    expect(here.violationOf(other.deniedBy(violation as never))).toEqual(violation);
  });

  it("is none where it was cloned, spread or wrapped", () => {
    for (const answer of [other.allow(), other.deny("no")]) {
      const copies = [{ ...answer }, Object.assign(bare(), answer), new Proxy(answer, {})];
      expect(copies.map(here.answerOf)).toEqual([undefined, undefined, undefined]);
    }
  });

  it("is none of a value that is no object", () => {
    for (const value of [undefined, null, true, "allow", 1, () => here.allow()])
      expect(here.answerOf(value)).toBeUndefined();
  });
});

it("a denial of this copy has one violation", () => {
  const denial = here.deny("no");
  expect(here.violationOf(denial)).toBe(here.violationOf(denial));
});

describe("a note that a plugin makes itself", () => {
  it("does what deny does, and allows what allow does", () => {
    expect(here.answerOf(noted(bare(), true))).toBe("allow");
    const violation = { code: "own", reason: "because" };
    expect(here.answerOf(noted(bare(), violation))).toEqual(violation);
  });

  it.each([
    ["false", false],
    ["null", null],
    ["a string", "because"],
    ["a number", 1],
    ["an object without a reason", { code: "own" }],
    ["a malformed code", { code: "not a code", reason: "because" }],
  ])("is no answer: %s", (_what, note) => {
    expect(here.answerOf(noted(bare(), note))).toBeUndefined();
  });

  it("is none about an object with a prototype, or about a proxy", () => {
    expect(here.answerOf(noted({}, true))).toBeUndefined();
    expect(here.answerOf(noted(new Proxy(bare(), {}), true))).toBeUndefined();
  });
});

describe("a rejection that a handler threw", () => {
  const brand = Symbol.for("glassine.error");
  const forged = (fields: object) => Object.assign(new Error("x"), fields);

  it("is known in either copy", () => {
    for (const { RejectError } of [here, other]) {
      expect(here.rejectionOf(new RejectError("not ever"))).toEqual({
        code: "denied",
        reason: "not ever",
      });
    }
    expect(here.rejectionOf(new other.RejectError("\n"))?.reason).toBe("rejected");
  });

  it("may be forged: deny does the same", () => {
    const made = forged({ [brand]: true, code: "rejected", reason: "forged" });
    expect(here.rejectionOf(made)?.reason).toBe("forged");
  });

  it.each([
    ["another error of the other copy", new other.GlassineError("aborted", "x")],
    ["an error without the brand", forged({ code: "rejected", reason: "r" })],
    ["one whose brand is not true", forged({ [brand]: 1, code: "rejected", reason: "r" })],
    ["one with another code", forged({ [brand]: true, code: "denied", reason: "r" })],
    ["one whose reason is no string", forged({ [brand]: true, code: "rejected", reason: 1 })],
    ["one without a reason", forged({ [brand]: true, code: "rejected" })],
    ["a proxy", new Proxy(new other.RejectError("r"), {})],
    ["null", null],
    ["undefined", undefined],
    ["a string", "rejected"],
  ])("is not %s", (_what, thrown) => {
    expect(here.rejectionOf(thrown)).toBeUndefined();
  });

  it("is read without running its getters", () => {
    const error = forged({ [brand]: true, code: "rejected" });
    let runs = 0;
    Object.defineProperty(error, "reason", {
      get: () => {
        runs += 1;
        return "r";
      },
    });
    expect([here.rejectionOf(error), runs]).toEqual([undefined, 0]);
  });
});
