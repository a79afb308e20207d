/** PEP 440, for hosts that are versioned like a Python package. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { isGlassineError, ManifestError } from "glassine";
import { defineHost } from "glassine/host";
import {
  createPluginManager,
  definePlugin,
  isInPep440Range,
  memoryNodeProfile,
} from "glassine/memory-node";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";

/** The versions that each specifier set accepts, as the Python package `packaging` 26.3 says. */
const [[, all = ""] = [], ...facts] = readFileSync(
  new URL("pep440-facts.tsv", import.meta.url),
  "utf8",
)
  .trimEnd()
  .split("\n")
  .map((line) => line.split("\t"));
const versions = all.split(" ");

/** Returns the error with which a host of this version refuses a plugin, if it does. */
async function faultOf(requiresHost: string, hostVersion = "0.9.0a10") {
  const host = defineHost({ profile: { ...memoryNodeProfile, hostVersion } });
  const plugin = host.definePlugin({ name: "aaa", version: "1.0.0", requiresHost });
  const refusal: unknown = await host
    .createPluginManager({ plugins: [plugin] })
    .catch((error: unknown) => error);
  return isGlassineError(refusal) ? refusal : undefined;
}

describe("specifiers of PEP 440", () => {
  it.each(facts)("%s accepts: %s", (set = "", taken = "") => {
    verifies("plugins:host-versions-pep440");
    for (const version of versions) {
      const expected = taken === "no specifier" ? undefined : taken.split(" ").includes(version);
      expect([version, isInPep440Range(version, set)]).toEqual([version, expected]);
    }
  });

  it.each(["v", "V"])("a version and a prefix may begin with %s", (letter) => {
    expect(isInPep440Range(`${letter}1.0`, `==${letter}1.0`)).toBe(true);
    expect(isInPep440Range(`${letter}1.0`, `==${letter}1.*`)).toBe(true);
    expect(isInPep440Range(`${letter}1.0`, `!=${letter}1.*`)).toBe(false);
  });

  it.each(["1.0.x", "abc", "1..0", "1.0--", "1.0+", "1.0+a..b", "1.0.0.post.dev.x", "１.0", ""])(
    "%j is not a version",
    (text) => {
      expect(isInPep440Range(text, ">=1.0")).toBeUndefined();
      expect(isInPep440Range("1.0", `>=${text}`)).toBeUndefined();
    },
  );

  it("has a total order: exactly one of <, == and > holds, and >= and <= agree", () => {
    const part = fc.nat(3);
    const version = fc
      .record({
        release: fc.array(part, { minLength: 1, maxLength: 3 }),
        pre: fc.constantFrom("", "a1", "a10", "b1", "rc1"),
        post: fc.constantFrom("", ".post1"),
        dev: fc.constantFrom("", ".dev1"),
      })
      .map(({ release, pre, post, dev }) => `${release.join(".")}${pre}${post}${dev}`);
    fc.assert(
      fc.property(version, version, (one, other) => {
        const takes = (operator: string) => isInPep440Range(one, `${operator}${other}`);
        expect(takes("!=")).toBe(!takes("=="));
        expect(takes(">=") || takes("<=")).toBe(true);
        expect(takes(">=") && takes("<=")).toBe(takes("=="));
        if (takes("<")) expect([takes("<="), takes("==")]).toEqual([true, false]);
        if (takes(">")) expect([takes(">="), takes("==")]).toEqual([true, false]);
        expect(isInPep440Range(other, `>=${one}`)).toBe(takes("<="));
      }),
    );
  });
});

describe("a host whose profile reads ranges as PEP 440 does", () => {
  it.each([
    [">=0.9.0a1", true],
    [">=0.9.0a10,<1.0.0", true],
    ["==0.9.0a10", true],
    ["!=0.9.0a9", true],
    ["~=0.9.0a2", true],
    ["==0.9.*", true],
    [">=0.9.0.dev1", true],
    ["*", true],
    ["<0.9.0", false],
    ["<0.9.0,>=0.8", false],
    [">=0.9", false],
    ["!=0.9.0a10", false],
    [">=0.9.0a11", false],
    ["<0.9.0a2", false],
  ])("of version 0.9.0a10 and a plugin that requires %s", async (range, isMet) => {
    verifies("plugins:host-versions-pep440");
    const plugin = definePlugin({ name: "aaa", version: "1.0.0", requiresHost: range });
    const making = createPluginManager({ plugins: [plugin] });
    if (isMet) await making;
    else
      await expect(making).rejects.toThrow(
        `plugin 'aaa' requires stigmem '${range}', but current version is 0.9.0a10`,
      );
  });

  it("may have a version that npm cannot read", async () => {
    expect(await faultOf(">=0.9.0", "0.9.0.post1")).toBeUndefined();
    const early = await faultOf(">=0.9.0", "0.9.0.dev4");
    expect(early?.message).toContain("current version is 0.9.0.dev4");
    expect(await faultOf(">=0.9.0", "0.9.0-")).toMatchObject({ code: "options_invalid" });
  });

  it.each([
    ["^0.9.0-a.3", undefined],
    [">=0.9.0a2 <0.9.0rc1", undefined],
    ["^1.0.0", "plugin 'aaa' requires stigmem '^1.0.0'"],
    ["not-a-specifier", "plugin 'aaa' has invalid requires_stigmem 'not-a-specifier'"],
    ["==0.9.0,nonsense", "plugin 'aaa' has invalid requires_stigmem '==0.9.0,nonsense'"],
  ])("reads %s, which PEP 440 does not have, as npm does", async (range, fault) => {
    verifies("plugins:host-versions-pep440");
    const found = await faultOf(range);
    if (fault === undefined) expect(found).toBeUndefined();
    else expect(found?.message).toMatch(new RegExp(`^${fault.replace(/[\^=.]/g, "\\$&")}`));
  });

  it("is not the default, and only a function is accepted", async () => {
    const plain = defineHost({ profile: { hostVersion: "0.9.0-a.10" } });
    const plugin = plain.definePlugin({ name: "aaa", version: "1.0.0", requiresHost: "==0.9.0" });
    await expect(plain.createPluginManager({ plugins: [plugin] })).rejects.toThrow(ManifestError);
    expect(() => defineHost({ profile: { isInRange: "python" as never } })).toThrow(
      'The isInRange of the profile: expected a function, got "python".',
    );
  });
});
