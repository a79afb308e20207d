// A process of its own: deadlines capture the timers when they load.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { checkEvidence } from "../../../src/operate/trust/signing/check-evidence.ts";
import { ed25519Verifier } from "../../../src/operate/trust/signing/ed25519-verifier.ts";
import type {
  Evidence,
  SignatureVerifier,
  SignedPackage,
} from "../../../src/operate/trust/signing/evidence.ts";
import { verifies } from "../../support/verifies.ts";
import { identity, known, packageOf, signedAt, testKey } from "../../trust/signing-support.ts";

vi.hoisted(() => vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));

const nowhere: SignedPackage = {
  name: "guard",
  version: "1.0.0",
  path: "/nowhere/at/all",
  hash: `sha256:${"0".repeat(64)}`,
  files: new Map(),
};

function saying(answer: unknown, name = "test"): SignatureVerifier {
  return { name, verify: async () => answer as Evidence };
}
const unsigned = saying({ kind: "unsigned" });
const verified = (who: string) => saying({ kind: "verified", identity: who });
const check = (...verifiers: readonly SignatureVerifier[]) => checkEvidence(nowhere, verifiers);

describe("PH-098: a verifier that fails", () => {
  it("by throwing makes the package invalid", async () => {
    verifies("signing:verifier-fails");
    const broken: SignatureVerifier = {
      name: "broken",
      verify() {
        throw new Error("no root\nwith password=hunter2");
      },
    };
    const rejecting: SignatureVerifier = {
      name: "it's",
      verify: () => Promise.reject("a text"),
    };
    expect(await check(broken)).toEqual({
      kind: "invalid",
      detail: "the verifier 'broken' failed: no root\\u{a}with password=[REDACTED]",
    });
    const detail = "the verifier 'it\\u{27}s' failed: a text";
    expect(await check(verified(identity), rejecting)).toEqual({ kind: "invalid", detail });
  });

  it("by never answering makes the package invalid after 30 seconds", async () => {
    verifies("signing:verifier-fails");
    const hanging: SignatureVerifier = { name: "slow", verify: () => new Promise(() => {}) };
    let answer: Evidence | undefined;
    const settled = check(verified(identity), hanging).then((given) => {
      answer = given;
    });
    await vi.advanceTimersByTimeAsync(29_999);
    expect(answer).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    await settled;
    const detail = "the verifier 'slow' gave no answer within 30 seconds";
    expect(answer).toEqual({ kind: "invalid", detail });
    expect(vi.getTimerCount()).toBe(0);
  });

  it("leaves no timer behind when it answers", async () => {
    expect(await check(unsigned)).toEqual({ kind: "unsigned" });
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([
    ["undefined", undefined],
    ["null", null],
    ["true", true],
    ["a text", "verified"],
    ["a list", [{ kind: "unsigned" }]],
    ["no kind", {}],
    ["an unknown kind", { kind: "trusted", identity }],
    ["invalid without a detail", { kind: "invalid" }],
    ["verified by nobody", { kind: "verified" }],
    ["verified by no text", { kind: "verified", identity: 7 }],
    ["verified by nothing", { kind: "verified", identity: "" }],
    ["verified by two in one text", { kind: "verified", identity: "a,b" }],
    ["verified by unsigned", { kind: "verified", identity: "unsigned" }],
    ["further signers that are no list", { kind: "verified", identity, further: "b" }],
    ["a further signer that is none", { kind: "verified", identity, further: [""] }],
  ])("by returning %s makes the package invalid", async (_name, answer) => {
    verifies("signing:verifier-fails");
    const detail = "the verifier 'test' answered with something that is not evidence";
    expect(await check(saying(answer))).toEqual({ kind: "invalid", detail });
    expect(await check(verified(identity), saying(answer))).toMatchObject({ kind: "invalid" });
  });

  it("by returning a value that throws when read makes the package invalid", async () => {
    verifies("signing:verifier-fails");
    const answer = {
      get kind(): string {
        throw new Error("read");
      },
    };
    expect(await check(saying(answer))).toMatchObject({
      detail: "the verifier 'test' failed: read",
    });
  });

  it("to answer consistently is read only once", async () => {
    const kinds = ["verified", "unsigned"];
    const answer = {
      get kind() {
        return kinds.shift() ?? "invalid";
      },
      identity,
    };
    expect(await check(saying(answer))).toEqual({ kind: "verified", identity });
  });
});

describe("several verifiers", () => {
  it("find a package unsigned if all of them do, or there are none", async () => {
    verifies("signing:answers");
    expect(await check()).toEqual({ kind: "unsigned" });
    expect(await check(unsigned, unsigned)).toEqual({ kind: "unsigned" });
  });

  it("report each signer once, in their order", async () => {
    verifies("signing:every-evidence");
    expect(await check(unsigned, verified("a"))).toEqual({ kind: "verified", identity: "a" });
    expect(await check(verified("b"), verified("a"), verified("b"))).toEqual({
      kind: "verified",
      identity: "b",
      further: ["a"],
    });
    const several = saying({ kind: "verified", identity: "a", further: ["b"] });
    expect(await check(several)).toEqual({ kind: "verified", identity: "a", further: ["b"] });
  });

  it("find a package invalid if any of them does", async () => {
    verifies("signing:every-evidence");
    const invalid = saying({ kind: "invalid", detail: "a\nb" });
    const detail = "a\\u{a}b";
    expect(await check(verified("a"), invalid)).toEqual({ kind: "invalid", detail });
    expect(await check(invalid, unsigned, invalid)).toEqual({
      kind: "invalid",
      detail: `${detail}; ${detail}`,
    });
  });

  it("are all asked, even if one has failed", async () => {
    const asked: string[] = [];
    const asking = (name: string): SignatureVerifier => ({
      name,
      verify: async () => {
        asked.push(name);
        throw new Error("no");
      },
    });
    await check(asking("a"), asking("b"));
    expect(asked).toEqual(["a", "b"]);
  });
});

describe("evidence that no verifier reads", () => {
  const key = testKey();

  it.each(["glassine.sig.json", "glassine.sigstore.json"])(
    "%s makes the package neither unsigned nor invalid",
    async (file) => {
      verifies("signing:unread");
      const path = await packageOf();
      await writeFile(join(path, file), "");
      const unchecked = { kind: "unchecked", file };
      expect(await checkEvidence(await signedAt(path), [])).toEqual(unchecked);
      const signed = await signedAt(path);
      expect(await checkEvidence(signed, [unsigned])).toEqual(unchecked);
    },
  );

  it("is unchecked in any form", async () => {
    verifies("signing:unread");
    const path = await packageOf();
    await mkdir(join(path, "glassine.sigstore.json"));
    const answer = await checkEvidence(await signedAt(path), []);
    expect(answer).toEqual({ kind: "unchecked", file: "glassine.sigstore.json" });
  });

  it("is ignored beside verified evidence", async () => {
    verifies("signing:unread");
    const path = await packageOf({ signedBy: key });
    await writeFile(join(path, "glassine.sigstore.json"), "");
    const verifier = ed25519Verifier({ keys: { keys: [known(key)] } });
    const answer = await checkEvidence(await signedAt(path), [verifier]);
    expect(answer).toEqual({ kind: "verified", identity });
  });
});
