/**
 * Objects that pass for plain data but run code on each read, which no check can detect: globals of
 * `vm` contexts over a proxy that returns what it likes, with their prototype reset.
 */
import vm from "node:vm";

/** Properties that no global can lose. A chameleon has them under its control like any other. */
export const fixedKeys = ["Infinity", "NaN", "undefined"] as const;

export interface Chameleon {
  /** Looks like a plain object. */
  readonly object: object;
  /** Gives it these properties, and forgets earlier reads. */
  wear(properties: { readonly [key: string]: () => unknown }): void;
  /** How often the descriptor of each own property was read. */
  readonly looks: ReadonlyMap<string, number>;
  /** The other traps that ran: plain reads, writes and `in`. */
  readonly others: readonly string[];
}

export function chameleon(): Chameleon {
  let worn: { readonly [key: string]: () => unknown } = {};
  let armed = false;
  const looks = new Map<string, number>();
  const others: string[] = [];
  const note = (name: string) => {
    if (armed) others.push(name);
  };
  const sandbox = new Proxy(
    {},
    {
      ownKeys: () => Object.keys(worn),
      getOwnPropertyDescriptor: (_, key) => {
        const say = typeof key === "string" && Object.hasOwn(worn, key) ? worn[key] : undefined;
        if (say === undefined) return undefined;
        looks.set(String(key), (looks.get(String(key)) ?? 0) + 1);
        return { value: say(), writable: true, enumerable: true, configurable: true };
      },
      get: (_, key) => {
        note(`get ${String(key)}`);
        return worn[String(key)]?.();
      },
      has: (_, key) => {
        note(`has ${String(key)}`);
        return Object.hasOwn(worn, key);
      },
      set: (_, key) => {
        note(`set ${String(key)}`);
        return true;
      },
      deleteProperty: () => true,
    },
  );
  const object = vm.runInContext("this", vm.createContext(sandbox)) as object;
  for (const key of Reflect.ownKeys(object)) Reflect.deleteProperty(object, key);
  Object.setPrototypeOf(object, Object.prototype);
  armed = true;
  return {
    object,
    wear: (properties) => {
      worn = properties;
      looks.clear();
      others.length = 0;
    },
    looks,
    others,
  };
}
