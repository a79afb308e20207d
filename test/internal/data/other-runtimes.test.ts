// A process of its own: it loads the sources anew, in a realm that lacks something.
/** Replacements for what a runtime lacks: just as safe, with less precise messages. */
import fc from "fast-check";
import { beforeAll, describe, expect, it, vi } from "vitest";
import type * as dataRoom from "../../../src/core/data/index.ts";
import type * as intrinsics from "../../../src/core/data/intrinsics.ts";
import { isWellFormed } from "../../../src/core/data/intrinsics.ts";
import type * as schemaRoom from "../../../src/core/schema/index.ts";
import { linesIn, optionsOf } from "../../data/reads.ts";

/** Loads a module anew in a runtime without `isWellFormed` and `getBuiltinModule`. */
async function loadBare<Module>(load: () => Promise<Module>): Promise<Module> {
  const wellFormed = Object.getOwnPropertyDescriptor(String.prototype, "isWellFormed");
  const { getBuiltinModule } = process;
  vi.resetModules();
  try {
    Reflect.deleteProperty(String.prototype, "isWellFormed");
    Reflect.deleteProperty(process, "getBuiltinModule");
    return await load();
  } finally {
    if (wellFormed) Object.defineProperty(String.prototype, "isWellFormed", wellFormed);
    process.getBuiltinModule = getBuiltinModule;
  }
}

/** The same without `process`, as in a browser. */
async function withoutProcess<Module>(load: () => Promise<Module>): Promise<Module> {
  const whole = Object.getOwnPropertyDescriptor(globalThis, "process");
  vi.resetModules();
  try {
    Reflect.deleteProperty(globalThis, "process");
    return await load();
  } finally {
    if (whole) Object.defineProperty(globalThis, "process", whole);
  }
}

/** The same in a runtime where `getBuiltinModule` does this. */
function withBuiltins(builtin: () => never) {
  return async <Module>(load: () => Promise<Module>): Promise<Module> => {
    const { getBuiltinModule } = process;
    vi.resetModules();
    try {
      process.getBuiltinModule = builtin;
      return await load();
    } finally {
      process.getBuiltinModule = getBuiltinModule;
    }
  };
}

const withoutUtil = withBuiltins(() => undefined as never);

/** As in the edge runtime of Next.js. */
const withoutBuiltins = withBuiltins(() => {
  throw new Error("A Node.js API is used (process.getBuiltinModule) which is not supported");
});

describe("on a runtime without isWellFormed and util.types", () => {
  let bare: typeof intrinsics;
  let named: string;

  beforeAll(async () => {
    bare = await loadBare(() => import("../../../src/core/data/intrinsics.ts"));
    named = bare.isWellFormed.name;
  });

  it("a string is valid Unicode by the same rule", () => {
    expect(named).not.toContain("bound");
    const units = fc.constantFrom("a", "\ud7ff", "\ud800", "\udbff", "\udc00", "\udfff", "\ue000");
    fc.assert(
      fc.property(fc.array(units, { maxLength: 6 }), (parts) => {
        const text = parts.join("");
        expect(bare.isWellFormed(text)).toBe(isWellFormed(text));
      }),
    );
  });

  it.each([
    ["", true],
    ["\ud800\udc00", true],
    ["\udbff\udfff\udbff\udfff", true],
    ["\ud7ff\ue000", true],
    ["\ud800", false],
    ["\udc00", false],
    ["\udc00\udc00", false],
    ["\udc00\ud800", false],
    ["\ud800\ud800\udc00", false],
    ["\ud800\udc00\udc00", false],
    ["\ud800\udbff", false],
    ["\ud800\ue000", false],
    ["a\udfff", false],
    ["\udbff", false],
  ])("%j: %s", (text, valid) => {
    expect(bare.isWellFormed(text)).toBe(valid);
  });

  it("a promise is recognised by its prototype, and nothing else is one", () => {
    expect(bare.isNativePromise(Promise.resolve())).toBe(true);
    expect(bare.isNativePromise({})).toBe(false);
    expect(bare.isNativePromise(Object.create(null))).toBe(false);
    expect(bare.isNativePromise(null)).toBe(false);
  });

  it("a proxy passes for its target, and an async function for any other", () => {
    expect(bare.isProxy(new Proxy({}, {}))).toBe(false);
    expect(bare.isAsyncFunction(async () => 1)).toBe(false);
  });

  it("the keys of an object are listed once, including symbols", async () => {
    const { ownKeys } = await loadBare(() => import("../../../src/core/data/intrinsics.ts"));
    const target = { a: 1, [Symbol.iterator]: 2 };
    let asked = 0;
    const count = () => {
      asked += 1;
      return Reflect.ownKeys(target);
    };
    expect(ownKeys(new Proxy(target, { ownKeys: count }))).toEqual(["a", Symbol.iterator]);
    expect(asked).toBe(1);
  });
});

it.each<[string, (run: () => Promise<unknown>) => Promise<unknown>]>([
  ["a process", withoutProcess],
  ["the module of its types", withoutUtil],
  ["any module of Node", withoutBuiltins],
])("a runtime without %s detects no proxy, and does everything else", async (_, on) => {
  const bare = (await on(
    () => import("../../../src/core/data/intrinsics.ts"),
  )) as typeof intrinsics;
  expect(bare.isProxy(new Proxy({}, {}))).toBe(false);
  expect(bare.isNativePromise(Promise.resolve())).toBe(true);
  expect(bare.ownKeys({ a: 1 })).toEqual(["a"]);
});

describe("an object that runs code, if the runtime cannot detect it", () => {
  let bare: Pick<typeof dataRoom, "admit"> & typeof schemaRoom;
  beforeAll(async () => {
    bare = await loadBare(async () => ({
      ...(await import("../../../src/core/data/index.ts")),
      ...(await import("../../../src/core/schema/index.ts")),
    }));
  });

  const problemsOf = (value: unknown) => {
    const json = bare.compileSchema(bare.jsonValue(), { closed: true, shownWhole: false });
    return linesIn(bare.admit(json.read, value, optionsOf()));
  };
  const throws = (): never => {
    throw new Error("boom");
  };
  const revoked = (target: object) => {
    const { proxy, revoke } = Proxy.revocable(target, {});
    revoke();
    return proxy;
  };

  it.each<[string, object]>([
    ["a revoked proxy", revoked({})],
    ["a revoked proxy of a list", revoked([])],
    ["its prototype", new Proxy({}, { getPrototypeOf: throws })],
    ["its keys", new Proxy({}, { ownKeys: throws })],
    ["a property", new Proxy({ a: 1 }, { getOwnPropertyDescriptor: throws })],
    ["the keys of a list", new Proxy([], { ownKeys: throws })],
    ["an element", new Proxy([1], { getOwnPropertyDescriptor: throws })],
  ])("is refused if it throws: %s", (_, value) => {
    expect(problemsOf([value])).toEqual([
      "0 | snapshot_proxy | plain data | an object that throws when it is read",
    ]);
  });

  it("is refused if a property it lists does not exist", () => {
    const fleeting = new Proxy({}, { ownKeys: () => ["a"] });
    expect(problemsOf(fleeting)).toEqual([
      "a | snapshot_key | a property that still exists | none",
    ]);
  });

  it("is copied as read, each property once", () => {
    const reads: unknown[] = [];
    const target = { a: { b: 1 } };
    const note = (of: object, key: string | symbol) => {
      reads.push(key);
      return Reflect.getOwnPropertyDescriptor(of, key);
    };
    const watched = new Proxy(target, { getOwnPropertyDescriptor: note, get: throws });
    expect(problemsOf(watched)).toEqual([]);
    expect(reads.filter((key) => key === "a")).toHaveLength(1);
  });
});
