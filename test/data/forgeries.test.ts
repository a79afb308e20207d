/** The brand of objects that this library created cannot be forged, and is invisible. */
import { inspect } from "node:util";
import {
  addLabels,
  createExtensions,
  deny,
  encodeExtensions,
  filterExtensions,
  mergeExtensions,
  withSlots,
} from "glassine";
import { checkDataAction } from "glassine/labels";
import { describe, expect, it } from "vitest";
import { manage, plugin, runOnce } from "../dispatch/support.ts";
import { codeOf } from "./support.ts";

const envelope = createExtensions({ security: { labels: ["PII"] }, custom: { a: 1 } });
const grant = ["append_labels"] as const;

it("the brand of an envelope is invisible", () => {
  const bare = { security: envelope.security };
  expect(Reflect.ownKeys(envelope)).not.toContain("mark");
  expect(Object.getOwnPropertySymbols(envelope)).toEqual([]);
  expect(inspect(envelope, { showHidden: true })).not.toContain("#info");
  expect(Object.getPrototypeOf(envelope)).toBe(Object.getPrototypeOf(bare));
});

type Forge = <Value extends object>(value: Value, changes?: object) => Value;
const { getOwnPropertyDescriptors, getPrototypeOf } = Object;

const forgeries: readonly (readonly [string, Forge])[] = [
  ["a spread", (value, changes) => ({ ...value, ...changes })],
  ["a deep clone", (value, changes) => Object.assign(structuredClone(value), changes)],
  ["an heir", (value, changes = {}) => Object.create(value, getOwnPropertyDescriptors(changes))],
  [
    "a proxy",
    (value, changes = {}) =>
      new Proxy(value, { get: (of, key) => Reflect.get(key in changes ? changes : of, key) }),
  ],
  [
    "a frozen copy with its descriptors",
    (value, changes) => {
      const descriptors = { ...getOwnPropertyDescriptors(value) };
      Object.assign(descriptors, getOwnPropertyDescriptors({ ...changes }));
      return Object.freeze(Object.create(getPrototypeOf(value) as object, descriptors));
    },
  ],
];

describe.each(forgeries)("%s", (_, forge) => {
  it("of an envelope is not taken for one", () => {
    const forged = forge(envelope);
    expect(codeOf(() => encodeExtensions(forged))).toBe("extensions_invalid");
    expect(codeOf(() => withSlots(forged, {}))).toBe("edit_denied");
    expect(codeOf(() => addLabels(forged, "X"))).toBe("edit_denied");
    expect(codeOf(() => checkDataAction(forged, { kind: "tool" }))).toBe("extensions_invalid");
  });

  it("of an edited view is read like any proposal", () => {
    const view = filterExtensions(envelope, grant);
    const edited = addLabels(view, "EU");
    // An edit of this very view was checked when it was made.
    const merge = (returned: object) =>
      mergeExtensions(envelope, returned, grant, { view }).extensions.security?.labels;
    expect(merge(edited)).toEqual(["EU", "PII"]);
    const forged = forge(edited, { security: { labels: ["PII", " EU"] } });
    expect(codeOf(() => merge(forged))).toMatch(/^(?:label_invalid|snapshot_pro(?:xy|totype))$/);
  });
});

describe.each(forgeries.filter(([what]) => what !== "a deep clone"))("%s", (_, forge) => {
  it("of a denial is not a denial", async () => {
    const { violation } = await runOnce([plugin("returns", () => forge(deny("forged")))]);
    expect(violation?.code).not.toBe("denied");
    expect(violation).toMatchObject({ plugin: "returns" });
  });

  it("of a plugin is not a plugin", async () => {
    const forged = forge(plugin("defined", () => undefined));
    await expect(manage([forged])).rejects.toMatchObject({ code: "options_invalid" });
  });
});

it("an envelope made under wider limits is read like any proposal", () => {
  const labels = Array.from({ length: 300 }, (_, at) => `L${at}`);
  const wide = createExtensions({ security: { labels } }, { limits: { labels: 300 } });
  expect(codeOf(() => mergeExtensions(createExtensions({}), wide, grant))).toBe("snapshot_limit");
});

it.each([null, 5, undefined, "text"])("%s is not an envelope", (value) => {
  expect(codeOf(() => encodeExtensions(value as never))).toBe("extensions_invalid");
});

describe("the merged result of an edited view", () => {
  it("is read again if a plugin returns it, since it may not come from its view", () => {
    const view = filterExtensions(envelope, grant);
    const edited = addLabels(view, "EU");
    const own = mergeExtensions(edited as never, { custom: { b: 2 } }, grant).extensions;
    expect(own).not.toBe(edited);
    const merged = mergeExtensions(envelope, own, grant, { view });
    expect(merged.extensions.custom).toEqual({ b: 2 });
    expect(merged.extensions.security?.labels).toEqual(["EU", "PII"]);
  });
});
