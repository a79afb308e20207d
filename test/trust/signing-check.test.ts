// A process of its own: deadlines capture the timers when they load.
/** What signature verifiers say of a package, taken together. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ed25519Verifier, type SignatureVerifier } from "glassine/node";
import { describe, expect, it, vi } from "vitest";
import { verifies } from "../support/verifies.ts";
import { decisionOn, saying } from "./decision.ts";
import { identity, known, packageOf, testKey } from "./signing-support.ts";

vi.hoisted(() => vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));

const unsigned = saying({ kind: "unsigned" });
const verified = (who: string) => saying({ kind: "verified", identity: who });

/** The decision about a package that these verifiers check, where these publishers are trusted. */
async function check(verifiers: readonly SignatureVerifier[], trusted = "", path = packageOf()) {
  const env = { GLASSINE_PLUGIN_TRUSTED_PUBLISHERS: trusted };
  return decisionOn(await path, { env, verifiers });
}

const invalid = (detail: string) => ({
  code: "signature_invalid",
  message: `plugin 'guard' has an invalid signature: ${detail}`,
});
const signedBy = (who: string) => ({
  code: "untrusted_identity",
  message: expect.stringContaining(`is signed by untrusted identity '${who}'`),
});
const none = { code: "unsigned" };

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
    const broke = "the verifier 'broken' failed: no root\\u{a}with password=[REDACTED]";
    expect(await check([broken])).toEqual(invalid(broke));
    const rejected = invalid("the verifier 'it\\u{27}s' failed: a text");
    expect(await check([verified(identity), rejecting], identity)).toEqual(rejected);
  });

  it("by never answering makes the package invalid after 30 seconds", async () => {
    verifies("signing:verifier-fails");
    let begin = () => {};
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const verify = () => {
      begin();
      return new Promise<never>(() => {});
    };
    let answer: unknown;
    const hanging = [verified(identity), { name: "slow", verify }];
    const settled = check(hanging, identity).then((given) => {
      answer = given;
    });
    await begun;
    await vi.advanceTimersByTimeAsync(29_999);
    expect(answer).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    await settled;
    expect(answer).toEqual(invalid("the verifier 'slow' gave no answer within 30 seconds"));
    expect(vi.getTimerCount()).toBe(0);
  });

  it("leaves no timer behind when it answers", async () => {
    expect(await check([unsigned])).toMatchObject(none);
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
    const refused = invalid("the verifier 'test' answered with something that is not evidence");
    expect(await check([saying(answer)])).toEqual(refused);
    expect(await check([verified(identity), saying(answer)], identity)).toEqual(refused);
  });

  it("by returning a value that throws when read makes the package invalid", async () => {
    verifies("signing:verifier-fails");
    const answer = {
      get kind(): string {
        throw new Error("read");
      },
    };
    expect(await check([saying(answer)])).toEqual(invalid("the verifier 'test' failed: read"));
  });

  it("to answer consistently is read only once", async () => {
    const kinds = ["verified", "unsigned"];
    const answer = {
      get kind() {
        return kinds.shift() ?? "invalid";
      },
      identity,
    };
    expect(await check([saying(answer)])).toEqual(signedBy(identity));
  });
});

describe("several verifiers", () => {
  it("find a package unsigned if all of them do, or there are none", async () => {
    verifies("signing:answers");
    expect(await check([])).toMatchObject(none);
    expect(await check([unsigned, unsigned])).toMatchObject(none);
  });

  it("report each signer, the first one first", async () => {
    verifies("signing:every-evidence");
    expect(await check([unsigned, verified("a")])).toEqual(signedBy("a"));
    const two = [verified("b"), verified("a"), verified("b")];
    expect(await check(two)).toEqual(signedBy("b"));
    const several = [saying({ kind: "verified", identity: "b", further: ["a"] })];
    expect(await check(several)).toEqual(signedBy("b"));
    for (const verifiers of [two, several])
      expect(await check(verifiers, "a")).toMatchObject({ signedBy: "a" });
  });

  it("find a package invalid if any of them does", async () => {
    verifies("signing:every-evidence");
    const fault = saying({ kind: "invalid", detail: "a\nb" });
    const detail = "a\\u{a}b";
    expect(await check([verified("a"), fault], "a")).toEqual(invalid(detail));
    expect(await check([fault, unsigned, fault])).toEqual(invalid(`${detail}; ${detail}`));
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
    await check([asking("a"), asking("b")]);
    expect(asked).toEqual(["a", "b"]);
  });
});

describe("evidence that no verifier reads", () => {
  const unread = (file: string) => ({
    code: "signature_unchecked",
    message: expect.stringContaining(`is signed, and its ${file} cannot be checked`),
  });

  it.each(["glassine.sig.json", "glassine.sigstore.json"])(
    "%s makes the package neither unsigned nor invalid",
    async (file) => {
      verifies("signing:unread");
      const path = packageOf();
      await writeFile(join(await path, file), "");
      for (const verifiers of [[], [unsigned]])
        expect(await check(verifiers, "", path)).toEqual(unread(file));
    },
  );

  it("is unchecked in any form", async () => {
    verifies("signing:unread");
    const path = packageOf();
    await mkdir(join(await path, "glassine.sigstore.json"));
    expect(await check([], "", path)).toEqual(unread("glassine.sigstore.json"));
  });

  it("is ignored beside verified evidence", async () => {
    verifies("signing:unread");
    const key = testKey();
    const path = packageOf({ signedBy: key });
    await writeFile(join(await path, "glassine.sigstore.json"), "");
    const verifier = ed25519Verifier({ keys: { keys: [known(key)] } });
    expect(await check([verifier], identity, path)).toMatchObject({ signedBy: identity });
  });
});
