// Writes the JavaScript of dist, part of `npm run build`: one file for each entry of package.json,
// and beside them the parts that several entries have in common. A program that loads the core then
// reads a handful of files. Declarations are written before, by the compiler.
//
// Rule: a source file is in one output file. An identity that a class, a WeakMap or a captured
// intrinsic stands for is the same for all entries.
//
// Immer is written in, because it asks the environment on import whether this is production, and a
// runtime such as Deno refuses that without a permission. Every other package is the installer's.
import { copyFileSync, readFileSync } from "node:fs";
import { isAbsolute } from "node:path";
import { rolldown } from "rolldown";

const { exports, bin } = JSON.parse(readFileSync("package.json", "utf8"));

/** `./dist/node/index.js`, of `exports` or `bin`: `node/index` and its source file. */
function entryOf(output) {
  const [, name] = /^\.\/dist\/(.+)\.js$/.exec(output) ?? [];
  if (name === undefined) throw new Error(`${output} is not a JavaScript file of dist.`);
  return [name, `src/${name}.ts`];
}

const outputs = [...Object.values(exports), ...Object.values(bin)]
  .map((entry) => entry.default ?? entry)
  .filter((output) => output.endsWith(".js"));

/**
 * What entries have in common, in as few files as they can do with: each that is read costs a start
 * a millisecond. A group takes what its modules import, too, and the first that wants a module
 * has it. A bundler of a user's keeps of a file whatever runs when it is loaded, schemas above all,
 * and leaves out files that nothing asks for. So the files part where programs do: what answers and
 * audit sinks need, what defines a plugin, what runs it and reads messages, what edits values and
 * describes parts of messages, the table of error codes, what the root entry has beside these, what
 * talks to other processes, what writes records to files.
 * In the root's own file nothing runs that is not marked as pure.
 */
const groups = [
  {
    name: "base",
    test: /core\/(?:hooks\/results|observe\/event|labels\/store|data\/(?:read-options|within))\.ts$/,
  },
  {
    name: "plugin",
    test: /core\/(?:plugins\/(?:define-plugin|profile)|hooks\/standard-hooks|slots\/compile|slots\/table|messages\/text-type)\.ts$/,
  },
  {
    name: "manager",
    test: /core\/(?:plugins\/manager|messages\/(?:codec|message|schemas)|labels\/(?:memory-store|policy))\.ts$/,
  },
  { name: "envelope", test: /core\/(?:envelope|messages)\/[a-z.-]+\.ts$/ },
  { name: "codes", test: /core\/errors\/codes\.ts$/ },
  { name: "root", test: /src\/index\.ts$/ },
  { name: "remote", test: /core\/(?:remote\/[a-z.-]+|host\/remote-functions)\.ts$/ },
  { name: "sinks", test: /node\/(?:file-audit-sink|line-file|stream-audit-sink)\.ts$/ },
].map((group, index, { length }) => ({ ...group, priority: length - index }));

const bundle = await rolldown({
  input: Object.fromEntries(outputs.map(entryOf)),
  external: (id) => !id.startsWith(".") && !isAbsolute(id) && id !== "immer",
  platform: "neutral",
  transform: { target: "es2023", define: { "process.env.NODE_ENV": '"production"' } },
  tsconfig: false,
  onLog: (_level, { message }) => {
    throw new Error(message);
  },
});
const { output } = await bundle.write({
  dir: "dist",
  format: "esm",
  chunkFileNames: "shared/[name].js",
  codeSplitting: { groups },
  sourcemap: true,
  minify: false,
  minifyInternalExports: false,
  // The docstrings are in the declarations. The engine reads ASCII at half the memory.
  comments: { jsdoc: false },
  charset: "ascii",
});
await bundle.close();
copyFileSync("node_modules/immer/LICENSE", "dist/shared/immer.LICENSE");

const home = new Map();
for (const { type, fileName, moduleIds } of output) {
  for (const id of type === "chunk" ? moduleIds : []) {
    const other = home.get(id);
    if (other !== undefined) throw new Error(`${id} is in ${other} and in ${fileName}.`);
    home.set(id, fileName);
  }
}
