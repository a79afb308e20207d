// Finds the sources that a law runs: its file and everything that it imports, transitively.
import { existsSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import ts from "typescript-5.9";

/** Files that every law depends on, imported or not. */
const always = [
  "test/support/property-runs.ts",
  "test/support/ticking-clock.ts",
  "package-lock.json",
];

/** Returns the sorted paths of a law file's sources. The lockfile stands for all packages. */
export function sourcesOf(path) {
  const found = new Set();
  const next = [path, ...always];
  while (next.length > 0) {
    const each = next.pop();
    if (found.has(each)) continue;
    found.add(each);
    if (each.endsWith(".ts")) next.push(...importsOf(each));
  }
  return [...found].sort();
}

const emitted = { target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.ESNext };

/** Returns a source as it runs, without types and comments. */
export function runOf(path) {
  const text = readFileSync(path, "utf8");
  if (!path.endsWith(".ts")) return text;
  const compilerOptions = { ...emitted, removeComments: true, verbatimModuleSyntax: true };
  return ts.transpileModule(text, { fileName: path, compilerOptions }).outputText;
}

const known = new Map();

function importsOf(path) {
  if (!known.has(path)) known.set(path, readImports(path));
  return known.get(path);
}

function readImports(path) {
  const { importedFiles } = ts.preProcessFile(readFileSync(path, "utf8"), true, true);
  return importedFiles.flatMap(({ fileName }) => {
    const own = ownEntries().get(fileName);
    if (own !== undefined) return [own];
    if (!fileName.startsWith(".")) return [];
    const target = posix.join(posix.dirname(path), fileName);
    if (!existsSync(target)) throw new Error(`${path} imports ${target}, which is not there.`);
    return [target];
  });
}

let entries;

/** Maps each name that users import to its source file, as the tests' aliases do. */
function ownEntries() {
  entries ??= readEntries();
  return entries;
}

function readEntries() {
  const { name, exports = {} } = JSON.parse(readFileSync("package.json", "utf8"));
  return new Map(
    Object.entries(exports).flatMap(([key, { default: output }]) => {
      const [, of] = /^\.\/dist\/(.+)\.js$/.exec(output ?? "") ?? [];
      return of === undefined ? [] : [[posix.join(name, key), `src/${of}.ts`]];
    }),
  );
}
