import vm from "node:vm";
import { jsonValue } from "glassine/host";
import { expect, it } from "vitest";
import { problemsOf } from "./support.ts";

/** The codes of what is found in a value of a plugin. */
const codesOf = (value: unknown) =>
  problemsOf(jsonValue(), value, "plugin").map((line) => line.split(" | ")[1]);

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
