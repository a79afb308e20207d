import vm from "node:vm";
import { jsonValue } from "glassine/host";
import { expect, it } from "vitest";
import { problemsOf } from "./reads.ts";

/** A global of another context, which runs `read` when its properties are read. */
function contextOf(read: () => never): object {
  const sandbox = new Proxy({ a: 1 }, { getOwnPropertyDescriptor: read });
  const global = vm.runInContext("this", vm.createContext(sandbox)) as object;
  return Object.setPrototypeOf(global, null) as object;
}

it("refuses a value by a limit, not as a proxy, if the stack overflows while copying it", () => {
  const overflow = (): never => overflow();
  expect(problemsOf(jsonValue(), { a: contextOf(overflow) }, "plugin")).toEqual([
    expect.stringMatching(
      /^a.* \| snapshot_limit \| a value shallow enough for the stack \| a deeper one$/,
    ),
  ]);
});

/** Some versions of Node throw only where a property of the global is read. */
const unreadable = expect.stringMatching(
  /^a.* \| snapshot_proxy \| plain data \| an object that throws when it is read$/,
);

it.each<[string, unknown]>([
  ["any other error", new TypeError("boom")],
  ["nothing", undefined],
  ["null", null],
  ["a string", "boom"],
  [
    "what throws in turn",
    new Proxy(
      {},
      {
        getPrototypeOf: () => {
          throw new RangeError();
        },
      },
    ),
  ],
])("refuses a value that throws %s when read", (_, thrown) => {
  const fail = (): never => {
    throw thrown;
  };
  expect(problemsOf(jsonValue(), { a: contextOf(fail) }, "plugin")).toEqual([unreadable]);
});
