/**
 * The built package, changed so that a test decides how much stack there is. Each function of it
 * takes a number of units while it runs, and throws as the engine does where too few are left.
 */
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import ts from "typescript-5.9";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** How many units a function takes. */
export type SizeOf = (name: string, index: number) => number;

interface Stack {
  readonly enter: (index: number) => void;
  readonly leave: (index: number) => void;
}

const names: string[] = [];
let sizes: readonly number[] = [];
let left = Number.POSITIVE_INFINITY;
let least = 0;
let isLimited = false;

const stack: Stack = {
  enter(index) {
    if (!isLimited) return;
    const size = sizes[index] as number;
    if (size > left) throw new RangeError("Maximum call stack size exceeded");
    left -= size;
    least = Math.min(least, left);
  },
  leave(index) {
    if (isLimited) left += sizes[index] as number;
  },
};

export function setSizes(sizeOf: SizeOf): void {
  sizes = names.map(sizeOf);
}

/** Calls `work` with so many units left. Returns its result and how many it took at most. */
export function withStack<T>(
  units: number,
  work: () => T,
): { result: T | undefined; took: number } {
  const before = Number.isFinite(units) ? units : Number.MAX_SAFE_INTEGER;
  left = before;
  least = before;
  isLimited = true;
  try {
    return { result: work(), took: before - least };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { result: undefined, took: before - least };
  } finally {
    isLimited = false;
  }
}

/** Makes the changed copy in a temporary folder and imports it. */
export async function loadWithSmallStack() {
  const folder = mkdtempSync(join(tmpdir(), "small-stack-"));
  for (const part of ["dist", "package.json"])
    cpSync(join(root, part), join(folder, part), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "dir");
  const shared = join(folder, "dist/shared");
  for (const file of readdirSync(shared).filter((name) => name.endsWith(".js"))) {
    const path = join(shared, file);
    writeFileSync(path, changed(file, readFileSync(path, "utf8")));
  }
  Object.assign(globalThis, { stackOfTest: stack });
  const load = (entry: string) => import(pathToFileURL(join(folder, "dist", entry)).href);
  const glassine: typeof import("glassine") = await load("index.js");
  const messages: typeof import("glassine/messages") = await load("messages.js");
  return { ...glassine, createMessage: messages.createMessage };
}

/** Lets each function with a body enter and leave the stack. Async methods stay as they are. */
function changed(file: string, text: string): string {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.JS);
  const start = "const { enter: __enter, leave: __leave } = globalThis.stackOfTest;\n";
  const textOf = (node: ts.Node, from = node.getStart(), to = node.end): string => {
    let out = "";
    let at = from;
    ts.forEachChild(node, (child) => {
      if (child.end <= from) return;
      out += text.slice(at, child.getStart()) + written(child);
      at = child.end;
    });
    return out + text.slice(at, to);
  };
  const written = (node: ts.Node): string => {
    const isAsync = ts.canHaveModifiers(node) && hasAsync(node);
    if (!ts.isFunctionLike(node) || !("body" in node) || node.body === undefined)
      return textOf(node);
    const { body } = node as ts.FunctionLikeDeclaration & { body: ts.ConciseBody };
    if (isGenerator(node) || (isAsync && !ts.isFunctionDeclaration(node))) return textOf(node);
    const index = names.push(`${file} ${node.name?.getText() ?? "anonymous"}`) - 1;
    const around = (inside: string) =>
      `{ __enter(${index}); try { ${inside} } finally { __leave(${index}); } }`;
    // The check comes before an async function begins, so it throws rather than rejects.
    if (isAsync) {
      const name = node.name?.getText();
      const anonymous = textOf(node).replace(/^async function [\w$]+/, "async function");
      return `function ${name}(...given) ${around(`return (${anonymous}).apply(this, given);`)}`;
    }
    const head = text.slice(node.getStart(), body.getStart());
    if (ts.isBlock(body)) return head + around(textOf(body).slice(1, -1));
    return head + around(`return (${written(body)});`);
  };
  return start + textOf(source, 0);
}

function hasAsync(node: ts.HasModifiers): boolean {
  return ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.AsyncKeyword) === true;
}

function isGenerator(node: ts.Node): boolean {
  return "asteriskToken" in node && node.asteriskToken !== undefined;
}
