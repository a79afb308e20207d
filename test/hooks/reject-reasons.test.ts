/** The reason in a thrown denial. */
import { deny, RejectError } from "glassine";
import { describe, expect, it } from "vitest";
import { violationBy, violationOf } from "./support.ts";

const unseen = ["", " ", " \n\t ", "\u200b\u202e", "\u0000", `${" ".repeat(1000)}a`];

describe("a RejectError", () => {
  it.each(unseen)("denies even if nothing of its reason is printable: %j", async (reason) => {
    expect(await violationBy(new RejectError(reason))).toEqual({
      code: "denied",
      reason: "rejected",
    });
  });

  it("denies with its reason, on one line", async () => {
    expect(await violationBy(new RejectError(" not\nnow "))).toEqual({
      code: "denied",
      reason: "not now",
    });
  });

  it("is distinct from any other thrown value", async () => {
    for (const thrown of [new Error("no"), deny("no"), "no", null, undefined]) {
      expect(await violationBy(thrown)).toMatchObject({ code: "handler_error" });
    }
  });
});

describe("a string can be a reason", () => {
  it.each(["a", " a ", "a".repeat(2000), "\u200ba"])(
    "if something of it is printable: %j",
    async (text) => {
      const denied = await violationOf(deny(text));
      expect(denied).toBeDefined();
      expect(await violationBy(new RejectError(text))).toEqual(denied);
    },
  );

  it.each(unseen)("but not if nothing is: %j", (text) => {
    expect(() => deny(text)).toThrow("deny expects a reason that is not empty.");
  });
});
