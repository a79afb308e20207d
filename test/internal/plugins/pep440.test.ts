/** PEP 440, for hosts whose versions are those of a Python package. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { ManifestError } from "glassine";
import { defineHost } from "glassine/host";
import { createPluginManager, definePlugin, memoryNodeProfile } from "glassine/memory-node";
import { describe, expect, it } from "vitest";
import { isVersion, isWithin } from "../../../src/core/plugins/pep440.ts";
import { hostFault } from "../../../src/core/plugins/requires-host.ts";
import { verifies } from "../../support/verifies.ts";

/** Which of the versions each set takes: from the Python package `packaging` 26.3. */
const [[, all = ""] = [], ...facts] = readFileSync(
  new URL("pep440-facts.tsv", import.meta.url),
  "utf8",
)
  .trimEnd()
  .split("\n")
  .map((line) => line.split("\t"));
const versions = all.split(" ");

const faultOf = (requiresHost: string | undefined, hostVersion = "0.9.0a10") =>
  hostFault({ name: "aaa", requiresHost }, { ...memoryNodeProfile, hostVersion });

describe("specifiers of PEP 440", () => {
  it.each(facts)("%s accepts: %s", (set = "", taken = "") => {
    verifies("plugins:host-versions-pep440");
    for (const version of versions) {
      const expected = taken === "no specifier" ? undefined : taken.split(" ").includes(version);
      expect([version, isWithin(set, version)]).toEqual([version, expected]);
    }
  });

  it.each(["1.0.x", "abc", "1..0", "1.0--", "1.0+", "1.0+a..b", "1.0.0.post.dev.x", "１.0", ""])(
    "%j is not a version",
    (text) => {
      expect(isVersion(text)).toBe(false);
      expect(isWithin(`>=${text}`, "1.0")).toBeUndefined();
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
        const takes = (operator: string) => isWithin(`${operator}${other}`, one);
        expect(takes("!=")).toBe(!takes("=="));
        expect(takes(">=") || takes("<=")).toBe(true);
        expect(takes(">=") && takes("<=")).toBe(takes("=="));
        if (takes("<")) expect([takes("<="), takes("==")]).toEqual([true, false]);
        if (takes(">")) expect([takes(">="), takes("==")]).toEqual([true, false]);
        expect(isWithin(`>=${one}`, other)).toBe(takes("<="));
      }),
    );
  });
});

describe("a host whose profile says pep440", () => {
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
    expect(await faultOf(">=0.9.0", "0.9.0.dev4")).toContain("current version is 0.9.0.dev4");
    const refusal = await faultOf(">=0.9.0", "0.9.0-").catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: "options_invalid" });
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
    else expect(found).toMatch(new RegExp(`^${fault.replace(/[\^=.]/g, "\\$&")}`));
  });

  it("is not the default, and no other name is accepted", async () => {
    const plain = defineHost({ profile: { hostVersion: "0.9.0-a.10" } });
    const plugin = plain.definePlugin({ name: "aaa", version: "1.0.0", requiresHost: "==0.9.0" });
    await expect(plain.createPluginManager({ plugins: [plugin] })).rejects.toThrow(ManifestError);
    expect(() => defineHost({ profile: { versions: "python" as never } })).toThrow(
      'The versions of the profile: expected npm or pep440, got "python".',
    );
  });
});
