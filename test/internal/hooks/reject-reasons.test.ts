/** What a denial that was thrown gives as its reason. */
import { deny, RejectError } from "glassine";
import { describe, expect, it } from "vitest";
import { isReason, rejectionOf } from "../../../src/core/hooks/results.ts";

const unseen = ["", " ", " \n\t ", "\u200b\u202e", "\u0000", `${" ".repeat(1000)}a`];

describe("a RejectError", () => {
  it.each(unseen)("denies also where nothing of its reason can be shown: %j", (reason) => {
    expect(rejectionOf(new RejectError(reason))).toEqual({ code: "denied", reason: "rejected" });
  });

  it("denies with its reason, on one line", () => {
    expect(rejectionOf(new RejectError(" not\nnow "))).toEqual({
      code: "denied",
      reason: "not now",
    });
  });

  it("is nothing else that is thrown", () => {
    for (const thrown of [new Error("no"), deny("no"), "no", null, undefined]) {
      expect(rejectionOf(thrown)).toBeUndefined();
    }
  });
});

describe("a text can be a reason", () => {
  it.each(["a", " a ", "a".repeat(2000), "\u200ba"])(
    "when something of it is shown: %j",
    (text) => {
      expect(isReason(text)).toBe(true);
    },
  );

  it.each(unseen)("and not when nothing is: %j", (text) => {
    expect(isReason(text)).toBe(false);
  });
});
