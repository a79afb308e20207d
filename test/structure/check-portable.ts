import { isBuiltin } from "node:module";
import { resolveRelative, type SourceFile } from "./source-file.ts";

/** ECMAScript's own globals, and those that browsers, workers, edge runtimes and Node all have. */
export const sharedGlobals: ReadonlySet<string> = new Set([
  "AggregateError",
  "Array",
  "ArrayBuffer",
  "Atomics",
  "BigInt",
  "BigInt64Array",
  "BigUint64Array",
  "Boolean",
  "DataView",
  "Date",
  "Error",
  "EvalError",
  "FinalizationRegistry",
  "Float32Array",
  "Float64Array",
  "Function",
  "Infinity",
  "Int16Array",
  "Int32Array",
  "Int8Array",
  "Intl",
  "JSON",
  "Map",
  "Math",
  "NaN",
  "Number",
  "Object",
  "Promise",
  "Proxy",
  "RangeError",
  "ReferenceError",
  "Reflect",
  "RegExp",
  "Set",
  "SharedArrayBuffer",
  "String",
  "Symbol",
  "SyntaxError",
  "TypeError",
  "URIError",
  "Uint16Array",
  "Uint32Array",
  "Uint8Array",
  "Uint8ClampedArray",
  "WeakMap",
  "WeakRef",
  "WeakSet",
  "arguments",
  "decodeURI",
  "decodeURIComponent",
  "encodeURI",
  "encodeURIComponent",
  "isFinite",
  "isNaN",
  "parseFloat",
  "parseInt",
  // Web globals that Node 20 has, too.
  "AbortController",
  "AbortSignal",
  "Blob",
  "DOMException",
  "Event",
  "EventTarget",
  "Headers",
  "ReadableStream",
  "Request",
  "Response",
  "TextDecoder",
  "TextDecoderStream",
  "TextEncoder",
  "TextEncoderStream",
  "TransformStream",
  "URL",
  "URLSearchParams",
  "WritableStream",
  "atob",
  "btoa",
  "clearInterval",
  "clearTimeout",
  "console",
  "crypto",
  "fetch",
  "performance",
  "queueMicrotask",
  "setInterval",
  "setTimeout",
  "structuredClone",
]);

export interface Reach {
  /** Paths of the files that the entry reaches, including its own. */
  readonly reached: ReadonlySet<string>;
  readonly problems: readonly string[];
}

/**
 * Follows every import from `entry`, types included, and reports what ties a file to one runtime: a
 * Node builtin, or a global that some runtimes lack. Such a global may be read as a property, as in
 * `globalThis.process?.emitWarning`, which is `undefined` if it is missing and does not throw.
 */
export function checkPortable(files: readonly SourceFile[], entry: string): Reach {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const problems: string[] = [];
  const reached = new Set([entry]);

  for (const path of reached) {
    const file = byPath.get(path);
    if (!file) {
      problems.push(`${path} is imported, but is not there.`);
      continue;
    }
    for (const { line, specifier } of file.imports) {
      if (specifier.startsWith("node:") || isBuiltin(specifier))
        problems.push(`${path}:${line} imports "${specifier}", which only Node has.`);
      const target = resolveRelative(path, specifier);
      if (target !== undefined) reached.add(target);
    }
    for (const { line } of file.computedImports)
      problems.push(`${path}:${line} imports a computed path, which nobody can check.`);
    for (const { line, name } of file.globals) {
      if (!sharedGlobals.has(name))
        problems.push(
          `${path}:${line} uses ${name}, which not every runtime has; ask for it as \`globalThis.${name}?.\`.`,
        );
    }
  }
  return { reached, problems };
}
