/** What a plugin may patch once the library has loaded, by the number of the attack. */
import { readdirSync, readFileSync } from "node:fs";
import {
  all,
  answering,
  called,
  everyMethod,
  getting,
  globals,
  inherited,
  methods,
  namesIn,
  type Patch,
  patch,
  plain,
} from "./realm-patching.ts";

/**
 * Every name that occurs in the sources, because any of them may be absent from a record of the
 * library. Longer ones are not names but tables in a string, and a report would cut them.
 */
const sourceNames = namesIn(
  readdirSync("src", { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .map((path) => readFileSync(`src/${path}`, "utf8")),
).filter((name) => name.length <= 64);

const forgedLabels = { security: { labels: [] } };
const indexes = Object.fromEntries(
  [0, 1, 2, 3].map((index) => [index, getting(`index ${index}`, forgedLabels)]),
);
const arrayIterator: object = Object.getPrototypeOf([][Symbol.iterator]());
const signal = AbortSignal.abort();
const then = "then";
const forgedThen = (yes: (value: unknown) => void) => {
  called(then);
  yes({ continueProcessing: true });
};
/** An odd instance: `instanceof` returns what the patch returns. */
const instances = (name: string, target: object): Patch =>
  patch(name, target, {
    [Symbol.hasInstance]: plain(() => {
      called(`instanceof ${name}`);
      return true;
    }),
  });
const species = (name: string, target: object): Patch =>
  patch(name, target, { [Symbol.species]: getting(`species of ${name}`, Object) });
const toJson = (name: string, target: object): Patch =>
  patch(name, target, {
    toJSON: plain(() => {
      called(`${name} toJSON`);
      return "forged";
    }),
  });

const arrayMethods = [
  "push",
  "map",
  "filter",
  "some",
  "every",
  "includes",
  "indexOf",
  "sort",
  "slice",
  "find",
  "flatMap",
  "forEach",
  "concat",
  "splice",
  "join",
  "shift",
  "unshift",
  "reverse",
  "at",
  "entries",
  "keys",
  "values",
  "fill",
  "reduce",
  "flat",
  "toSorted",
  "findIndex",
];

export const patches: Readonly<Record<string, Readonly<Record<string, Patch>>>> = {
  "A-159": {
    "`then` of all objects": patch("Object.prototype", Object.prototype, {
      [then]: plain(forgedThen),
    }),
    "`then` of all objects, listed": patch("Object.prototype", Object.prototype, {
      [then]: inherited(forgedThen),
    }),
    "`then` of all objects, by a getter": patch("Object.prototype", Object.prototype, {
      [then]: getting(then, forgedThen),
    }),
    "`then` of all arrays and functions": all(
      patch("Function.prototype", Function.prototype, { [then]: plain(forgedThen) }),
      patch("Array.prototype", Array.prototype, { [then]: plain(forgedThen) }),
    ),
  },
  "A-160": {
    "methods of promises": everyMethod("Promise.prototype", Promise.prototype),
    "functions of Promise": everyMethod("Promise", Promise),
    "Promise itself": globals("Promise"),
    "`constructor` of promises": patch("Promise.prototype", Promise.prototype, {
      constructor: getting("constructor", Object),
    }),
  },
  "A-161": {
    "methods of arrays": methods("Array.prototype", Array.prototype, ...arrayMethods),
    "iteration of arrays": all(
      methods("Array.prototype", Array.prototype, Symbol.iterator),
      methods("%ArrayIteratorPrototype%", arrayIterator, "next"),
    ),
    "methods of arrays that find nothing": answering("Array.prototype", Array.prototype, {
      push: 0,
      some: false,
      every: false,
      includes: false,
      indexOf: -1,
      find: undefined,
      map: [],
      filter: [],
      flatMap: [],
      slice: [],
      concat: [],
      join: "",
      sort: [],
      at: "",
    }),
    "iteration of arrays that ends at once": answering("Array.prototype", Array.prototype, {
      [Symbol.iterator]: { next: () => ({ done: true, value: undefined }) },
    }),
    "elements of all arrays": {
      apply: patch("Array.prototype", Array.prototype, indexes).apply,
      // `Array.prototype` is an array itself, so new elements make it longer.
      changes: [
        "Array.prototype.length replaced",
        ...patch("Array.prototype", Array.prototype, indexes).changes,
      ],
    },
    "elements of all objects": patch("Object.prototype", Object.prototype, indexes),
  },
  "A-162": {
    "methods of maps": everyMethod("Map.prototype", Map.prototype),
    "methods and size of sets": all(
      everyMethod("Set.prototype", Set.prototype),
      patch("Set.prototype", Set.prototype, { size: getting("size", Number.POSITIVE_INFINITY) }),
    ),
    "methods of weak maps": everyMethod("WeakMap.prototype", WeakMap.prototype),
    "methods of weak sets": everyMethod("WeakSet.prototype", WeakSet.prototype),
    "the constructors": globals("Map", "Set", "WeakMap", "WeakSet"),
  },
  "A-163": {
    "functions of Object": everyMethod("Object", Object),
    "functions of Reflect": everyMethod("Reflect", Reflect),
    "functions that know nothing": all(
      answering("Array", Array, { isArray: false, from: [] }),
      answering("Object", Object, { keys: [], entries: [], values: [], hasOwn: false, assign: {} }),
      answering("Reflect", Reflect, {
        ownKeys: [],
        has: false,
        getOwnPropertyDescriptor: undefined,
      }),
      answering("Math", Math, { min: 0, max: 0, clz32: 0 }),
    ),
    "functions of Array": methods("Array", Array, "isArray", "from", "of"),
    "methods of objects": methods(
      "Object.prototype",
      Object.prototype,
      "hasOwnProperty",
      "toString",
      "valueOf",
      "isPrototypeOf",
      "propertyIsEnumerable",
    ),
    "functions of Number and Math": all(everyMethod("Number", Number), everyMethod("Math", Math)),
  },
  "A-164": {
    "methods of patterns": everyMethod("RegExp.prototype", RegExp.prototype),
    "flags of patterns": patch("RegExp.prototype", RegExp.prototype, {
      flags: getting("flags", "g"),
      global: getting("global", true),
      unicode: getting("unicode", false),
    }),
    "the constructor": globals("RegExp"),
  },
  "A-165": {
    "methods of texts": everyMethod("String.prototype", String.prototype),
    "methods of texts that find nothing": answering("String.prototype", String.prototype, {
      startsWith: false,
      endsWith: false,
      includes: false,
      indexOf: -1,
      slice: "",
      split: [],
      toLowerCase: "",
      trim: "",
      charCodeAt: 0,
      normalize: "",
    }),
    "functions of String": everyMethod("String", String),
  },
  "A-166": {
    "functions of JSON": everyMethod("JSON", JSON),
    "`toJSON` of all arrays": toJson("Array.prototype", Array.prototype),
    "`toJSON` of all objects": toJson("Object.prototype", Object.prototype),
    "`toJSON` of texts, numbers and truth": all(
      toJson("String.prototype", String.prototype),
      toJson("Number.prototype", Number.prototype),
      toJson("Boolean.prototype", Boolean.prototype),
    ),
  },
  "A-167": {
    "parts of descriptors": patch("Object.prototype", Object.prototype, {
      get: inherited(() => called("get")),
      set: inherited(() => called("set")),
      value: inherited("forged"),
      enumerable: inherited(true),
      writable: inherited(true),
      configurable: inherited(true),
    }),
    "names of slots, results and options": patch("Object.prototype", Object.prototype, {
      security: inherited({ labels: [] }),
      subject: inherited({ id: "root", roles: ["admin"] }),
      labels: inherited([]),
      http: inherited({ headers: {} }),
      mcp: inherited({ tool: { name: "other" } }),
      code: inherited("forged"),
      plugin: inherited("forged"),
      path: inherited("forged"),
      violation: inherited(undefined),
      modifiedExtensions: inherited({ security: { labels: [] } }),
      modifiedPayload: inherited({ name: "forged", args: {} }),
      metadata: inherited({ forged: true }),
      signal: inherited(signal),
      tenant: inherited("forged"),
      extensions: inherited({}),
      headersField: inherited("args"),
    }),
    "every name in the sources": patch(
      "Object.prototype",
      Object.prototype,
      Object.fromEntries(sourceNames.map((name) => [name, getting(name, undefined)])),
    ),
    "names of slots and results, by getters": patch("Object.prototype", Object.prototype, {
      security: getting("security", { labels: [] }),
      labels: getting("labels", []),
      http: getting("http", { headers: {} }),
      custom: getting("custom", { forged: true }),
      delegation: getting("delegation", undefined),
      modifiedExtensions: getting("modifiedExtensions", { security: { labels: [] } }),
      strict: getting("strict", false),
    }),
  },
  "A-168": {
    "methods of functions": methods(
      "Function.prototype",
      Function.prototype,
      "call",
      "apply",
      "bind",
      "toString",
    ),
    "`instanceof` of errors, arrays, promises and objects": all(
      instances("Error", Error),
      instances("Array", Array),
      instances("Promise", Promise),
      instances("Object", Object),
    ),
    "species of arrays, promises and patterns": all(
      species("Array", Array),
      species("Promise", Promise),
      species("RegExp", RegExp),
    ),
  },
  "A-169": {
    "`prepareStackTrace` that throws": methods("Error", Error, "prepareStackTrace"),
    "`captureStackTrace` that throws": methods("Error", Error, "captureStackTrace"),
    "no stack at all": patch("Error", Error, { stackTraceLimit: plain(0) }),
    "an endless stack": patch("Error", Error, { stackTraceLimit: plain(Infinity) }),
    "Error itself and its kinds": globals("Error", "TypeError", "RangeError", "AggregateError"),
    "text of errors": methods("Error.prototype", Error.prototype, "toString"),
  },
  "A-170": {
    "cloning and queueing": globals("structuredClone", "queueMicrotask"),
    addresses: globals("URL", "URLSearchParams"),
    "bytes and their texts": all(
      globals("TextDecoder", "TextEncoder"),
      everyMethod("Buffer", Buffer),
    ),
    aborts: all(
      methods("AbortController.prototype", AbortController.prototype, "abort"),
      patch("AbortController.prototype", AbortController.prototype, {
        signal: getting("signal", signal),
      }),
    ),
    clocks: all(
      methods("performance", performance, "now"),
      methods("Date", Date, "now", "parse", "UTC"),
      globals("setTimeout", "clearTimeout", "setInterval", "clearInterval"),
    ),
  },
};
