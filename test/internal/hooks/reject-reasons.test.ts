/** The reason of a thrown denial. */
import { deny, RejectError } from "glassine";
import { describe, expect, it } from "vitest";
import { isReason, rejectionOf } from "../../../src/core/hooks/results.ts";

const unseen = ["", " ", " \n\t ", "\u200b\u202e", "\u0000", `${" ".repeat(1000)}a`];

describe("a RejectError", () => {
  it.each(unseen)("denies even if nothing of its reason is printable: %j", (reason) => {
    expect(rejectionOf(new RejectError(reason))).toEqual({ code: "denied", reason: "rejected" });
  });

  it("denies with its reason, on one line", () => {
    expect(rejectionOf(new RejectError(" not\nnow "))).toEqual({
      code: "denied",
      reason: "not now",
    });
  });

  it("is distinct from any other thrown value", () => {
    for (const thrown of [new Error("no"), deny("no"), "no", null, undefined]) {
      expect(rejectionOf(thrown)).toBeUndefined();
    }
  });
});

describe("a string can be a reason", () => {
  it.each(["a", " a ", "a".repeat(2000), "\u200ba"])(
    "if something of it is printable: %j",
    (text) => {
      expect(isReason(text)).toBe(true);
    },
  );

  it.each(unseen)("but not if nothing is: %j", (text) => {
    expect(isReason(text)).toBe(false);
  });
});
