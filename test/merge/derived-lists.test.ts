/** Lists that a host derives from the list that grows. */
import { defineHost } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";

type Derive = (given: { list: readonly unknown[] }) => Readonly<Record<string, unknown>>;

/** A host whose slot `log` grows by its lines, and has fields that follow from them. */
function hostWith<Fields extends z.core.$ZodLooseShape>(fields: Fields, derive: Derive) {
  return defineHost({
    slots: {
      log: {
        tier: "monotonic",
        read: "everyone",
        write: "everyone",
        grows: "lines",
        description: "Of a test.",
        schema: z.object({ lines: z.array(z.string()).default([]), ...fields }),
        derive,
      },
    },
  });
}

const host = hostWith({ loud: z.array(z.string()).optional() }, ({ list }) => {
  const loud = list.filter((line) => `${line}`.endsWith("!"));
  return loud.length > 0 ? { loud } : {};
});
const merged = (lines: readonly string[], proposed: readonly string[]) => {
  const current = host.createExtensions({ log: { lines: [...lines] } });
  const { extensions, rejections } = host.mergeExtensions(
    current,
    { log: { lines: proposed } },
    [],
  );
  expect(rejections).toEqual([]);
  return extensions.log;
};

describe("a list that follows from the one that grows", () => {
  it("may appear if there was none", () => {
    expect(merged(["a"], ["a", "b!"])).toEqual({ lines: ["a", "b!"], loud: ["b!"] });
  });

  it("may stay absent", () => {
    expect(merged(["a"], ["a", "b"])).toEqual({ lines: ["a", "b"] });
  });
});

it("what grew is not reported, even if nothing can be derived from the plugin's own list", () => {
  const sum = hostWith({ count: z.number().optional() }, ({ list }) => {
    if (list.length === 1) throw new Error("one line is not enough");
    return { count: list.length };
  });
  const view = sum.filterExtensions(sum.createExtensions({}), []);
  const current = sum.createExtensions({ log: { lines: ["a", "b"] } });
  const merged = sum.mergeExtensions(current, { log: { lines: ["c"] } }, [], { view });
  expect(merged.extensions.log).toEqual({ lines: ["a", "b", "c"], count: 3 });
  expect(merged.rejections).toEqual([]);
  const wrong = sum.mergeExtensions(current, { log: { lines: ["c"], count: 7 } }, [], { view });
  expect(wrong.rejections).toMatchObject([{ path: "log.count", code: "tier_immutable" }]);
});

it("a list of the host's own that grows is not a delegation chain", () => {
  const current = host.createExtensions({});
  const log = { lines: ["a"] };
  const merged = host.mergeExtensions(current, { log }, [], { strictDelegation: true });
  expect(merged.extensions).toEqual({ log });
});
