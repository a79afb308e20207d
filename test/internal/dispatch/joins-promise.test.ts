/** Whether a promise would call an object's `then`, found without running the object's code. */
import { describe, expect, it } from "vitest";
import { joinsPromise } from "../../../src/core/hooks/dispatch/wait.ts";
import { key } from "../../dispatch/returned.ts";

const noop = () => {};
const holding = (value: unknown): object => ({ [key]: value });

class Query {
  [key](): void {}
}

describe("a promise would read `then`", () => {
  it.each<[string, object]>([
    ["a `then` of its own", holding(noop)],
    ["one of its class", new Query()],
    ["one that it inherits from another object", Object.create(holding(noop))],
    ["one that is a getter", Object.defineProperty({}, key, { get: () => undefined })],
    ["one that can only be set", Object.defineProperty({}, key, { set: noop })],
    ["a proxy", new Proxy({}, {})],
    ["a proxy above it", Object.create(new Proxy({}, {}))],
    ["what throws when it is looked at", 5 as never],
  ])("%s", (_what, value) => {
    expect(joinsPromise(value)).toBe(true);
  });
});

describe("a promise would not read `then`", () => {
  it.each<[string, object]>([
    ["an object without one", {}],
    ["one without a prototype", Object.create(null)],
    ["a list", [noop]],
    ["one that is no function", holding(5)],
    ["one that is undefined", holding(undefined)],
    ["one that hides that of its class", Object.assign(new Query(), holding(undefined))],
  ])("%s", (_what, value) => {
    expect(joinsPromise(value)).toBe(false);
  });
});

it("no getter and no trap runs in the decision", () => {
  const ran: string[] = [];
  const getter = Object.defineProperty({}, key, { get: () => void ran.push("getter") });
  const trap = (target: object, name: string | symbol) => {
    ran.push(String(name));
    return Reflect.getOwnPropertyDescriptor(target, name);
  };
  expect(joinsPromise(getter)).toBe(true);
  expect(joinsPromise(new Proxy({}, { getOwnPropertyDescriptor: trap }))).toBe(true);
  expect(ran).toEqual([]);
});
