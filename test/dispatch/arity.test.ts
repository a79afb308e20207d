import { definePlugin } from "glassine";
import { describe, expect, it, vi } from "vitest";
import { verifies } from "../support/verifies.ts";
import { hook, labelled, runOnce } from "./support.ts";

type Loose = (...given: never[]) => unknown;

/** A plugin with one handler, registered as it is or with an explicit `extensions`. */
const of = (handler: Loose, extensions?: boolean) =>
  definePlugin({
    name: "shapes",
    version: "1.0.0",
    capabilities: ["read_labels"],
    hooks: {
      [hook]: (extensions === undefined ? handler : { handler, extensions }) as never,
      // This handler takes extensions, so that the capability has a use.
      evaluate: (_payload, _context, _extensions) => {},
    },
  });

const given: unknown[][] = [];
function take(...args: unknown[]): void {
  given.push(args);
}

/** How many arguments the handler gets, and whether its record says it takes extensions. */
async function argumentsOf(handler: Loose, extensions?: boolean) {
  given.length = 0;
  const { executions, errors } = await runOnce([of(handler, extensions)], {
    extensions: labelled("PII"),
  });
  expect(errors).toEqual([]);
  expect(given).toHaveLength(1);
  expect(executions[0]?.extensions).toBe(given[0]?.length === 3);
  return given[0]?.length;
}

const methods = {
  two(_payload: unknown, _context: unknown) {
    // biome-ignore lint/complexity/noArguments: the test counts the arguments.
    take(...arguments);
  },
  three(_payload: unknown, _context: unknown, _extensions: unknown) {
    // biome-ignore lint/complexity/noArguments: the test counts the arguments.
    take(...arguments);
  },
};

describe("a handler", () => {
  it("with one or two parameters receives exactly two arguments, with three or more the view too", async () => {
    verifies("dispatch:arity", "dispatch:two-arguments");
    function one(_payload: unknown) {
      // biome-ignore lint/complexity/noArguments: the test counts the arguments.
      take(...arguments);
    }
    function four(_payload: unknown, _context: unknown, _extensions: unknown, _more: unknown) {
      // biome-ignore lint/complexity/noArguments: the test counts the arguments.
      take(...arguments);
    }
    expect(await argumentsOf(one as Loose)).toBe(2);
    expect(await argumentsOf(methods.two)).toBe(2);
    expect(await argumentsOf(methods.three)).toBe(3);
    expect(await argumentsOf(four as Loose)).toBe(3);
    expect(given[0]?.[2]).toMatchObject({ security: { labels: ["PII"] } });
  });

  it("may be bound, asynchronous, a method or a closure", async () => {
    expect(await argumentsOf(methods.two.bind(null))).toBe(2);
    expect(await argumentsOf(methods.three.bind(null))).toBe(3);
    expect(await argumentsOf(async (p: unknown, c: unknown) => take(p, c))).toBe(2);
    expect(await argumentsOf(async (p: unknown, c: unknown, e: unknown) => take(p, c, e))).toBe(3);
  });

  it("that hides its arity follows its `extensions` setting", async () => {
    verifies("dispatch:extensions-declared");
    expect(await argumentsOf(take, true)).toBe(3);
    expect(await argumentsOf(take, false)).toBe(2);
    expect(await argumentsOf(vi.fn(take), true)).toBe(3);
    expect(await argumentsOf(vi.fn(take), false)).toBe(2);
    expect(await argumentsOf(methods.two, true)).toBe(3);
    expect(await argumentsOf(methods.three, false)).toBe(2);
    const preset = (_payload: unknown, _context: unknown, _extensions: unknown = {}) => take(1, 2);
    expect(await argumentsOf(preset)).toBe(2);
  });

  it("with no parameters, or only hidden ones, receives two arguments", async () => {
    function none() {
      // biome-ignore lint/complexity/noArguments: the test counts the arguments.
      take(...arguments);
    }
    const preset = (payload = {}, context = {}) => take(payload, context);
    for (const handler of [none, take, vi.fn(take), preset]) {
      expect(await argumentsOf(handler as Loose)).toBe(2);
    }
  });

  it("is called without a `this`", async () => {
    let self: unknown = "unset";
    const handler = function (this: unknown, _payload: unknown, _context: unknown) {
      self = this;
    };
    await runOnce([of(handler)]);
    expect(self).toBeUndefined();
  });
});
