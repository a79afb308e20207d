// A process of its own: it asks which modules are loaded already.
import fc from "fast-check";
import { isGlassineError, ManifestError } from "glassine";
import { defineHost } from "glassine/host";
import { describe, expect, it, vi } from "vitest";
import { verifies } from "../support/verifies.ts";

const loaded = vi.hoisted(() => ({ times: 0 }));
vi.mock("semver/classes/range.js", async (original) => {
  loaded.times += 1;
  return original();
});

/** The names of the memory node, with versions as npm reads them. */
const memoryNode = {
  isInRange: () => undefined,
  hostName: "stigmem",
  hostVersion: "0.9.0a10",
  requiresField: "requires_stigmem",
  requiresDefault: ">=0.9.0a10",
};

type Profile = Partial<typeof memoryNode>;

/** Creates a host with these names and versions, and a manager of it with one plugin. */
async function registered(requiresHost: string | undefined, profile: Profile = {}) {
  const host = defineHost({ profile: { ...memoryNode, ...profile } });
  const range = requiresHost === undefined ? {} : { requiresHost };
  const plugin = host.definePlugin({ name: "aaa", version: "1.0.0", ...range });
  return host.createPluginManager({ plugins: [plugin] });
}

/** Returns why a plugin does not register on a host, or `undefined` if it does. */
async function faultOf(requiresHost: string | undefined, profile?: Profile) {
  try {
    await (await registered(requiresHost, profile)).close();
    return undefined;
  } catch (error) {
    if (error instanceof ManifestError) return error.message;
    throw error;
  }
}

const tooNew = (range: string, version = "0.9.0a10") =>
  `plugin 'aaa' requires stigmem '${range}', but current version is ${version}`;
const invalid = (range: string, detail: string) =>
  `plugin 'aaa' has invalid requires_stigmem '${range}': ${detail}`;

describe("semver", () => {
  it("is loaded for a range, but not for the core or for any version", async () => {
    expect(loaded.times).toBe(0);
    expect(await faultOf("*")).toBeUndefined();
    expect(await faultOf(undefined, { requiresDefault: "*" })).toBeUndefined();
    expect(loaded.times).toBe(0);
    expect(await faultOf(">=0.9.0a1")).toBeUndefined();
    expect(await faultOf(">=0.9.0a2")).toBeUndefined();
    expect(loaded.times).toBe(1);
  });
});

describe("a host of version 0.9.0a10", () => {
  it.each([
    ">=0.9.0a1",
    ">=0.9.0a10,<1.0.0",
    "*",
    "=0.9.0a10",
    "0.9.0a10",
    "0.9.0-a.10",
    ">= 0.9.0a10",
    ">=0.9.0a2 <0.9.0rc1",
    ">=0.9.0a2, <0.9.0b1 , <0.9.0",
    "<0.9.0",
    "0.9",
    "0.9.x",
    "^0.9.0a3",
    "~0.9.0a3",
    "0.9.0a1 - 0.9.0a10",
    ">=99.0.0 || >=0.9.0a10,<1.0.0",
  ])("PH-012: is accepted by %s", async (range) => {
    verifies("plugins:host-versions");
    expect(await faultOf(range)).toBeUndefined();
  });

  it.each([
    ">=0.9.0a11",
    ">=999.0.0",
    "<0.9.0a2",
    ">=0.9.0",
    ">0.9.0a10",
    ">=0.9.0b1",
    ">=0.9.0rc1",
    ">=0.9.0a1,<0.9.0a10",
    ">=0.9.0a1,>=999.0.0",
    ">=999.0.0,>=0.9.0a1",
    "<0.9.0a2 || >=0.9.0a11",
  ])("PH-012: is not accepted by %s", async (range) => {
    verifies("plugins:host-versions");
    expect(await faultOf(range)).toBe(tooNew(range));
  });
});

describe("a plugin on a host", () => {
  it("PH-012, PH-014: registers if its range accepts the host", async () => {
    for (const range of [">=0.9.0a1", "*", undefined]) {
      const manager = await registered(range);
      expect(manager.plugins.map(({ name }) => name)).toEqual(["aaa"]);
    }
  });

  it.each([
    [">=999.0.0", tooNew(">=999.0.0")],
    ["", invalid("", "it is empty; say * for any version")],
  ])("PH-012, PH-013: is refused by %j", async (range, text) => {
    verifies("plugins:requires-host");
    const refusal = await registered(range).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(ManifestError);
    expect((refusal as ManifestError).message).toBe(text);
    expect((refusal as ManifestError).code).toBe("manifest_invalid");
  });
});

describe("the profile", () => {
  it("provides the words of the messages", async () => {
    const words = {
      hostName: "glassine",
      requiresField: "requires_glassine",
      hostVersion: "0.1.0",
    };
    expect(await faultOf(">=1.0.0", words)).toBe(
      "plugin 'aaa' requires glassine '>=1.0.0', but current version is 0.1.0",
    );
    expect(await faultOf("?", words)).toBe(
      "plugin 'aaa' has invalid requires_glassine '?': '?' is not a range of versions",
    );
  });

  it("PH-014: provides the range of a manifest that has none", async () => {
    expect(await faultOf(undefined)).toBeUndefined();
    expect(await faultOf(undefined, { hostVersion: "0.9.0a9" })).toBe(
      tooNew(">=0.9.0a10", "0.9.0a9"),
    );
  });

  it.each(["01.0.0", "1.0.0post", "1.0.0a01"])(
    "is refused with the hostVersion %s",
    async (hostVersion) => {
      const refusal = await faultOf(">=1.0.0", { hostVersion }).catch((error) => error);
      expect(isGlassineError(refusal) && refusal.code).toBe("options_invalid");
      expect(refusal.message).toContain(`'${hostVersion}'`);
    },
  );
});

describe("an invalid range", () => {
  it.each([
    ["not-a-specifier", "'not-a-specifier' is not a range of versions"],
    ["latest", "'latest' is not a range of versions"],
    ["==0.9.0", "'==0.9.0' is not a range of versions"],
    [">=0.9.0 nonsense", "'>=0.9.0 nonsense' is not a range of versions"],
    [">=0.9.0a1,nonsense", "'nonsense' is not a range of versions"],
    ["* || nonsense", "'nonsense' is not a range of versions"],
    ["", "it is empty; say * for any version"],
    ["  ", "it is empty; say * for any version"],
    [">=0.9.0a1,", "it has an empty part"],
    [",", "it has an empty part"],
    [">=0.9.0a1,,<1.0.0", "it has an empty part"],
    [">=0.9.0a1 ||", "it has an empty part"],
  ])("PH-013: %j", async (range, detail) => {
    expect(await faultOf(range)).toBe(invalid(range, detail));
  });

  it("is quoted on one line, whatever it contains", async () => {
    expect(await faultOf(">=1.0.0\nlevel=error")).toBe(
      invalid(">=1.0.0\\u{a}level=error", "it has characters that are not allowed in a range"),
    );
    expect(await faultOf("\t")).toBe(invalid("\\u{9}", "it is empty; say * for any version"));
    expect(await faultOf("１.0.0")).toBe(
      invalid("１.0.0", "it has characters that are not allowed in a range"),
    );
  });

  it("is refused quickly, however long it is", async () => {
    for (const unit of ["1", ">", "1.2.3 ", "1.2.3-a.", "x - ", "|| ", "1.2.3 || ", "~>^"]) {
      for (const length of [256, 257, 1_000_000]) {
        const range = unit.repeat(Math.ceil(length / unit.length)).slice(0, length);
        const fault = await faultOf(range);
        if (length > 256) expect(fault).toMatch(/'.{256}…': it has more than 256 characters$/);
        else expect(fault === undefined || fault.length < 700).toBe(true);
      }
    }
  });
});

/** A version as numbers: the stage is 0 for a, 1 for b, 2 for rc, 3 for a release. */
type Numbers = readonly [number, number, number, number, number];

const small = fc.nat(3);
const versions: fc.Arbitrary<Numbers> = fc
  .tuple(small, small, small, fc.nat(3), fc.integer({ min: 0, max: 12 }))
  .map(([a, b, c, stage, at]) => [a, b, c, stage, stage === 3 ? 0 : at]);

const stages = ["a", "b", "rc"];

/** In either spelling of pre-releases. */
const textOf = ([a, b, c, stage, at]: Numbers, dashed = false): string =>
  stage === 3
    ? `${a}.${b}.${c}`
    : `${a}.${b}.${c}${dashed ? "-" : ""}${stages[stage]}${dashed ? "." : ""}${at}`;

const order = (one: Numbers, other: Numbers): number => {
  const at = one.findIndex((number, index) => number !== other[index]);
  return at === -1 ? 0 : (one[at] as number) - (other[at] as number);
};

const operators: Readonly<Record<string, (difference: number) => boolean>> = {
  ">=": (difference) => difference >= 0,
  ">": (difference) => difference > 0,
  "<=": (difference) => difference <= 0,
  "<": (difference) => difference < 0,
  "=": (difference) => difference === 0,
  "": (difference) => difference === 0,
};

const comparators = fc.record({
  operator: fc.constantFrom(...Object.keys(operators)),
  version: versions,
  isDashed: fc.boolean(),
  isSpaced: fc.boolean(),
});
type Comparator = typeof comparators extends fc.Arbitrary<infer T> ? T : never;

const comparatorText = ({ operator, version, isDashed, isSpaced }: Comparator) =>
  `${operator}${isSpaced && operator !== "" ? " " : ""}${textOf(version, isDashed)}`;

describe("any version and any comparators", () => {
  it("agree with their numbers, with alternatives by ||", () =>
    fc.assert(
      fc.asyncProperty(
        versions,
        fc.array(fc.array(comparators, { minLength: 1, maxLength: 3 }), {
          minLength: 1,
          maxLength: 3,
        }),
        fc.constantFrom(",", " ", ", ", " , "),
        async (version, sides, between) => {
          const range = sides.map((side) => side.map(comparatorText).join(between)).join(" || ");
          fc.pre(range.length <= 256);
          const isMet = sides.some((side) =>
            side.every((each) => operators[each.operator]?.(order(version, each.version))),
          );
          const hostVersion = textOf(version);
          expect(await faultOf(range, { hostVersion })).toBe(
            isMet ? undefined : tooNew(range, hostVersion),
          );
        },
      ),
    ));

  it("no string makes it throw, or report more than one line", () =>
    fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string({ unit: "binary", maxLength: 300 }),
          fc.string({
            unit: fc.constantFrom(..."0123456789.-+abrcvxX*^~<>=|, "),
            maxLength: 40,
          }),
        ),
        async (range) => {
          const fault = await faultOf(range);
          expect(fault ?? "").not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
          if (range.trim() === "") expect(fault).toContain("has invalid requires_stigmem");
        },
      ),
    ));
});
