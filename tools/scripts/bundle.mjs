// Writes the JavaScript of dist, part of `npm run build`: one file for each entry of package.json,
// plus the files that several entries share, so that a program that loads the core reads only a
// handful of files. The compiler has already written the declarations.
//
// Rule: each source file ends up in exactly one output file, so that all entries share the same
// classes, WeakMaps and captured intrinsics.
//
// Immer is bundled because on import it reads from the environment whether this is production,
// which runtimes such as Deno refuse without a permission. Other packages stay dependencies.
import { copyFileSync, readFileSync } from "node:fs";
import { isAbsolute } from "node:path";
import { rolldown } from "rolldown";

const { exports, bin } = JSON.parse(readFileSync("package.json", "utf8"));

/** Maps `./dist/node/index.js`, from `exports` or `bin`, to `node/index` and its source file. */
function entryOf(output) {
  const [, name] = /^\.\/dist\/(.+)\.js$/.exec(output) ?? [];
  if (name === undefined) throw new Error(`${output} is not a JavaScript file of dist.`);
  return [name, `src/${name}.ts`];
}

const outputs = [...Object.values(exports), ...Object.values(bin)]
  .map((entry) => entry.default ?? entry)
  .filter((output) => output.endsWith(".js"));

/**
 * The code that entries share, in as few files as possible: each file costs a start about a
 * millisecond. A group also takes what its modules import; the first group that wants a module
 * gets it. A user's bundler keeps whatever runs when a file loads, above all schemas, but drops
 * files that nothing imports. So the groups follow what programs use: what answers and audit sinks
 * need, what defines a plugin, what runs it and reads messages, what edits values and describes
 * parts of messages, the table of error codes, the rest of the root entry, what talks to other
 * processes, what writes records to files.
 * In the root's own file, everything that runs on load is marked as pure.
 */
const groups = [
  {
    name: "base",
    test: /core\/(?:hooks\/results|observe\/(?:event|takes-many)|labels\/store|data\/(?:has-functions|read-options|within))\.ts$/,
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
  // The declarations have the docstrings. The engine keeps ASCII source in half the memory.
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
