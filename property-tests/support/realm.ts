/** The realm's own objects, and whether anything in them changed. */

type Keyed = Readonly<Record<string, unknown>>;
const globals = globalThis as unknown as Keyed;

/** Every built-in object reachable from the language's globals, iterator prototypes included. */
function intrinsicObjects(): readonly object[] {
  const names = [
    "Object",
    "Function",
    "Array",
    "String",
    "Number",
    "Boolean",
    "Symbol",
    "BigInt",
    "Math",
    "JSON",
    "Reflect",
    "Proxy",
    "Promise",
    "RegExp",
    "Date",
    "Error",
    "TypeError",
    "RangeError",
    "Map",
    "Set",
    "WeakMap",
    "WeakSet",
    "WeakRef",
    "ArrayBuffer",
    "Uint8Array",
    "Float64Array",
    "DataView",
    "Atomics",
    "AbortController",
    "AbortSignal",
    "EventTarget",
  ];
  const starts = [
    ...names.map((name) => globals[name]),
    [][Symbol.iterator](),
    new Map().entries(),
    new Set().values(),
    ""[Symbol.iterator](),
    (function* () {})(),
    (async function* () {})(),
    async () => {},
  ];
  const found = new Set<object>();
  const visit = (value: unknown): void => {
    const isThing = (typeof value === "object" && value !== null) || typeof value === "function";
    if (!isThing || found.has(value) || value === globalThis) return;
    found.add(value);
    visit(Reflect.getPrototypeOf(value));
    for (const key of Reflect.ownKeys(value)) {
      const { value: item, get, set } = Reflect.getOwnPropertyDescriptor(value, key) ?? {};
      for (const part of [item, get, set]) visit(part);
    }
  };
  for (const start of starts) visit(start);
  return [...found];
}

const objects = intrinsicObjects();
const numbers = new Map<unknown, number>(objects.map((object, index) => [object, index]));
const textOf = (value: unknown) => numbers.get(value) ?? (isThing(value) ? "?" : String(value));
const isThing = (value: unknown) => typeof value === "object" || typeof value === "function";

/** Everything about every intrinsic, as text. Omits the runtime's own objects, which change. */
export function realmText(): string {
  let text = "";
  for (const object of objects) {
    text += `${textOf(Reflect.getPrototypeOf(object))}${Reflect.isExtensible(object)}`;
    for (const key of Reflect.ownKeys(object)) {
      const { value, get, set, writable, enumerable, configurable } =
        Reflect.getOwnPropertyDescriptor(object, key) ?? {};
      text += `|${String(key)}:${textOf(value)},${textOf(get)},${textOf(set)},${writable},${enumerable},${configurable}`;
    }
    text += "\n";
  }
  return text;
}
