import vm from "node:vm";
import { expect, it } from "vitest";
import { extensionsLimits } from "../../../src/core/data/index.ts";
import { admit, compileSchema, jsonValue } from "../../../src/core/schema/index.ts";

const json = compileSchema(jsonValue(), { closed: true, shownWhole: false });

function codesOf(value: unknown): readonly string[] {
  const read = admit(json, value, {
    origin: "plugin",
    limits: extensionsLimits,
    shapeCode: "extensions_shape",
    strict: true,
  });
  return read.ok ? [] : read.problems.map(({ code }) => code);
}

/** A global of another context, which runs `read` when its properties are read. */
function contextOf(read: () => never): object {
  const sandbox = new Proxy({ a: 1 }, { getOwnPropertyDescriptor: read });
  const global = vm.runInContext("this", vm.createContext(sandbox)) as object;
  return Object.setPrototypeOf(global, null) as object;
}

it("refuses a value by a limit, not as a proxy, if the stack overflows while copying it", () => {
  const overflow = (): never => overflow();
  expect(codesOf({ a: contextOf(overflow) })).toEqual(["snapshot_limit"]);
});

it("refuses a value that throws any other error when read", () => {
  const fail = (): never => {
    throw new TypeError("boom");
  };
  expect(codesOf({ a: contextOf(fail) })).toEqual(["snapshot_proxy"]);
});
