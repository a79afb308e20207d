/** Whether a handler takes extensions follows from its own `length`, and is decided once. */
import fc from "fast-check";
import { type Capability, definePlugin, filterExtensions, type Plugin } from "glassine";
import { describe, expect, it } from "vitest";
import { call, hook, managerOf, start } from "./support/dispatch.ts";

type Fn = (...args: never[]) => unknown;
type Take = (args: readonly unknown[]) => void;

/** Functions of zero to five parameters that report their arguments. */
const plain = (take: Take): readonly Fn[] => [
  function () {
    // biome-ignore lint/complexity/noArguments: counts what it was called with.
    take([...arguments]);
  },
  function (_a: never) {
    // biome-ignore lint/complexity/noArguments: counts what it was called with.
    take([...arguments]);
  },
  function (_a: never, _b: never) {
    // biome-ignore lint/complexity/noArguments: counts what it was called with.
    take([...arguments]);
  },
  function (_a: never, _b: never, _c: never) {
    // biome-ignore lint/complexity/noArguments: counts what it was called with.
    take([...arguments]);
  },
  function (_a: never, _b: never, _c: never, _d: never) {
    // biome-ignore lint/complexity/noArguments: counts what it was called with.
    take([...arguments]);
  },
];

/** Functions whose `length` differs from the parameters they read. */
const other = (take: Take): readonly Fn[] => [
  (...args: unknown[]) => take(args),
  (a: unknown, ...more: unknown[]) => take([a, ...more]),
  function (_a: unknown, _b: unknown, _c: unknown, ..._more: unknown[]) {
    // biome-ignore lint/complexity/noArguments: counts what it was called with.
    take([...arguments]);
  },
  function (_a: unknown, _b: unknown = 1, _c: unknown = 2) {
    // biome-ignore lint/complexity/noArguments: counts what it was called with.
    take([...arguments]);
  },
  function (_a: unknown, _b: unknown, _c: unknown = 2) {
    // biome-ignore lint/complexity/noArguments: counts what it was called with.
    take([...arguments]);
  },
  async function (_a: unknown, _b: unknown) {
    // biome-ignore lint/complexity/noArguments: counts what it was called with.
    take([...arguments]);
  },
  async function (_a: unknown, _b: unknown, _c: unknown) {
    // biome-ignore lint/complexity/noArguments: counts what it was called with.
    take([...arguments]);
  },
  {
    method(_a: unknown, _b: unknown, _c: unknown) {
      // biome-ignore lint/complexity/noArguments: counts what it was called with.
      take([...arguments]);
    },
  }.method,
];

/** What is done to a function before it is registered. */
const dressings = fc.oneof(
  fc.constant({ how: "as it is" } as const),
  fc.record({ how: fc.constant("bound" as const), preset: fc.nat(2) }),
  fc.record({
    how: fc.constant("length" as const),
    value: fc.oneof(
      fc.integer({ min: -2, max: 6 }),
      fc.constantFrom<unknown>(Number.NaN, Number.POSITIVE_INFINITY, 2.5, "3", null, undefined, {}),
    ),
  }),
  fc.constantFrom({ how: "deleted" } as const, { how: "getter" } as const),
);
type Dressing = typeof dressings extends fc.Arbitrary<infer T> ? T : never;

let readings = 0;

function dress(fn: Fn, dressing: Dressing): Fn {
  switch (dressing.how) {
    case "bound":
      return fn.bind(null, ...(Array.from({ length: dressing.preset }, () => "preset") as never[]));
    case "length":
      return Object.defineProperty(fn, "length", { value: dressing.value, configurable: true });
    case "deleted":
      Reflect.deleteProperty(fn, "length");
      return fn;
    case "getter":
      return Object.defineProperty(fn, "length", {
        configurable: true,
        get() {
          readings += 1;
          return 3;
        },
      });
    case "as it is":
      return fn;
  }
}

/** The rule of `spec/dispatch.md`, written independently. */
function ruleFor(
  fn: Fn,
  declared: boolean | undefined,
  grant: readonly Capability[],
): boolean | "refused" {
  if (declared !== undefined) return declared;
  const descriptor = Object.getOwnPropertyDescriptor(fn, "length");
  const length: unknown = descriptor !== undefined && "value" in descriptor ? descriptor.value : 0;
  const takes = typeof length === "number" && length >= 3;
  // A plugin that may see or write extensions but does not take them has to say so.
  return takes || grant.length === 0 ? takes : "refused";
}

function define(handler: Fn, declared: boolean | undefined, grant: readonly Capability[]) {
  const entry = declared === undefined ? handler : { handler, extensions: declared };
  try {
    return definePlugin({
      name: "generated",
      version: "1.0.0",
      capabilities: grant,
      hooks: { [hook]: entry as never },
    });
  } catch (error) {
    expect(error).toMatchObject({ code: "manifest_invalid" });
    return "refused" as const;
  }
}

const grants = fc.subarray<Capability>(["read_labels", "append_delegation", "read_headers"]);

describe("dispatch", () => {
  it("L33: whether a handler takes extensions follows the documented rule and never changes; it sees its view or none", () =>
    fc.assert(
      fc.asyncProperty(
        fc.boolean(),
        fc.nat(7),
        dressings,
        fc.option(fc.boolean(), { nil: undefined }),
        grants,
        async (isPlain, choice, dressing, declared, grant) => {
          let taken: readonly unknown[] = [];
          const functions = (isPlain ? plain : other)((args) => {
            taken = args;
          });
          const fn = dress(functions[choice % functions.length] as Fn, dressing);
          const rule = ruleFor(fn, declared, grant);
          readings = 0;
          const plugin: Plugin | "refused" = define(fn, declared, grant);
          expect(readings).toBe(0);
          expect(plugin === "refused").toBe(rule === "refused");
          if (plugin === "refused") return;
          const manager = await managerOf([plugin]);
          for (const length of [5, 0]) {
            const { executions, errors } = await manager.invoke(hook, call, { extensions: start });
            expect(errors).toEqual([]);
            const handed = taken.filter((argument) => argument !== "preset");
            expect(handed).toHaveLength(rule === true ? 3 : 2);
            expect(handed[0]).toBe(call);
            if (rule === true) expect(handed[2]).toEqual(filterExtensions(start, grant));
            expect(executions).toMatchObject([{ extensions: rule }]);
            // Whatever it claims from now on is too late.
            Object.defineProperty(fn, "length", { value: length, configurable: true });
          }
        },
      ),
    ));
});
