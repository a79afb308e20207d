/** Objects of `vm` that are indistinguishable from plain ones, and run code when read. */
import vm from "node:vm";

interface Contextified {
  readonly value: object;
  /** Every key that `value` has, each of them plain, enumerable data. */
  readonly keys: readonly string[];
}

/** What `read` returns for a property that no longer exists. */
export const gone = Symbol("gone");

/**
 * The global object of a context, disguised as a plain object. Each read of one of its properties
 * calls `read`; the names of the context's globals exist as well, to hide its real ones.
 */
export function contextified(read: (key: string) => unknown, own: readonly string[]): Contextified {
  const globals = Object.getOwnPropertyNames(vm.runInNewContext("globalThis") as object);
  const target: Record<string, unknown> = {};
  for (const key of [...globals, ...own]) target[key] = 0;
  const sandbox = new Proxy(target, {
    getOwnPropertyDescriptor: (_target, key) => {
      const there = Object.hasOwn(target, key);
      const descriptor = { writable: true, enumerable: true, configurable: true };
      if (!there) return undefined;
      const value = read(String(key));
      return value === gone ? undefined : { ...descriptor, value };
    },
  });
  const value = vm.runInContext("this", vm.createContext(sandbox)) as object;
  Object.setPrototypeOf(value, Object.prototype);
  return { value, keys: Object.keys(target) };
}

/** One that throws on every read. */
export function throwing(): object {
  const fail = () => {
    throw new Error("read");
  };
  const sandbox = new Proxy({}, { getOwnPropertyDescriptor: fail, ownKeys: fail, has: fail });
  const value = vm.runInContext("this", vm.createContext(sandbox)) as object;
  return Object.setPrototypeOf(value, Object.prototype) as object;
}
