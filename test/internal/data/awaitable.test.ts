/** Which values are awaited: decided without running an object's code. */
import { describe, expect, it } from "vitest";
import { isAwaitable, readDataProperty } from "../../../src/core/data/intrinsics.ts";

const then = "then";
const thenable = (holds: unknown): object => ({ [then]: holds });
const noop = () => {};

/** An object whose `then` is a getter. */
function withGetter(asked: () => unknown): object {
  return Object.defineProperty({}, then, { get: asked, enumerable: true });
}

/** A proxy that records each trap. */
function watched(met: string[]): object {
  const traps = new Proxy({} as ProxyHandler<object>, {
    get: (_, name) => {
      met.push(String(name));
      return undefined;
    },
  });
  return new Proxy(thenable(noop), traps);
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

class Query {
  [then](done: () => void): void {
    done();
  }
}
class NarrowQuery extends Query {}

describe("is awaited", () => {
  it.each<[string, () => unknown]>([
    ["a promise", () => Promise.resolve()],
    ["a promise without a prototype", () => Object.setPrototypeOf(Promise.resolve(), null)],
    [
      "a promise that hides its `then`",
      () => Object.assign(Promise.resolve(), thenable(undefined)),
    ],
    ["an object with a `then` of its own", () => thenable(noop)],
    ["one without a prototype", () => Object.assign(Object.create(null), thenable(noop))],
    ["one with a `then` of its class", () => new Query()],
    ["one with a `then` of a class before that", () => new NarrowQuery()],
    ["one that inherits from another object", () => Object.create(thenable(noop))],
    ["a list with a `then` of its own", () => Object.assign([], thenable(noop))],
  ])("%s", (_, make) => {
    expect(isAwaitable(make())).toBe(true);
  });
});

describe("is not awaited", () => {
  it.each<[string, () => unknown]>([
    ["null", () => null],
    ["undefined", () => undefined],
    ["a text", () => "then"],
    ["a number", () => 5],
    ["a truth", () => true],
    ["a symbol", () => Symbol("then")],
    ["a function", () => noop],
    ["a function with a `then`", () => Object.assign(() => {}, thenable(noop))],
    ["an empty object", () => ({})],
    ["one of no prototype", () => Object.create(null)],
    ["a list", () => [noop]],
    ["one whose `then` is no function", () => thenable("function")],
    ["one whose `then` is undefined", () => thenable(undefined)],
    ["one whose own `then` hides that of its class", () => Object.assign(new Query(), thenable(1))],
    ["one with a method of another name", () => ({ "": noop, catch: noop })],
    ["what a proxy stands before", () => new Proxy(thenable(noop), {})],
    ["what inherits from a proxy", () => Object.create(new Proxy(thenable(noop), {}))],
    ["a proxy that was revoked", revoked],
    ["what inherits from one", () => Object.create(revoked())],
  ])("%s", (_, make) => {
    expect(isAwaitable(make())).toBe(false);
  });

  it("one whose `then` is a getter, which is not called", () => {
    let asked = 0;
    const getter = withGetter(() => {
      asked += 1;
      return noop;
    });
    expect(isAwaitable(getter)).toBe(false);
    expect(isAwaitable(Object.create(getter))).toBe(false);
    expect(asked).toBe(0);
  });
});

describe("the own data property", () => {
  it.each<[string, object | null, unknown]>([
    ["its own", { key: 1 }, 1],
    ["its own before an inherited one", Object.assign(Object.create({ key: 2 }), { key: 1 }), 1],
    [
      "its own undefined before an inherited one",
      { __proto__: { key: 2 }, key: undefined },
      undefined,
    ],
    ["what it inherits", Object.create({ key: 2 }), 2],
    ["what it inherits from afar", Object.create(Object.create({ key: 3 })), 3],
    ["that of a function", Object.assign(() => {}, { key: 4 }), 4],
    ["nothing if it is missing", {}, undefined],
    ["nothing if it is missing, without a prototype", Object.create(null), undefined],
    ["nothing of null", null, undefined],
  ])("is %s", (_, value, expected) => {
    expect(readDataProperty(value, "key")).toBe(expected);
  });

  it("is never an inherited property", () => {
    expect(readDataProperty({}, "toString")).toBeUndefined();
    expect(readDataProperty([], "map")).toBeUndefined();
    expect(readDataProperty([], "toString")).toBeUndefined();
    expect(readDataProperty(Object.prototype, "toString")).toBeUndefined();
    expect(readDataProperty(Array.prototype, "map")).toBeUndefined();
    expect(readDataProperty([1], "length")).toBe(1);
    expect(readDataProperty(new Query(), "constructor")).toBe(Query);
  });

  it("runs no trap, and stops at a proxy", () => {
    const met: string[] = [];
    expect(readDataProperty(watched(met), "then")).toBeUndefined();
    expect(readDataProperty(Object.create(watched(met)), "then")).toBeUndefined();
    expect(met).toEqual([]);
  });

  it("is nothing if reading it throws", () => {
    expect(readDataProperty(revoked(), "then")).toBeUndefined();
    expect(readDataProperty(5 as never, "then")).toBeUndefined();
    expect(readDataProperty("text" as never, "length")).toBeUndefined();
  });
});
