// Traces one `invoke` of a hook with one plugin that adds a label, for each way of editing: which
// source files take part, and how many calls go from one file to another.
//
// The sources are compiled with a probe at the start of each function. The probe finds the caller
// on the stack, so a callback run by the engine counts for the file that passed it on.
//
//   node tools/scripts/trace-invoke.mjs [--calls] [--json]
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import ts from "typescript-5.9";
import { readArguments } from "./read-arguments.mjs";

const { values } = readArguments(
  {
    options: {
      calls: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    },
  },
  "--calls lists each call between files, --json prints data",
);

const folder = join("build", "traced");

const options = {
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.ESNext,
  verbatimModuleSyntax: true,
  rewriteRelativeImportExtensions: true,
};

/** Inserts a probe call at the start of each function in the text of a file. */
function withProbes(path, text) {
  const inserted = [];
  const visit = (node) => {
    ts.forEachChild(node, visit);
    const { name, body } = node;
    if (!ts.isFunctionLike(node) || ts.isConstructorDeclaration(node) || body === undefined) return;
    const probe = `__probe(${JSON.stringify(path)}, ${JSON.stringify(name?.text ?? "")})`;
    if (ts.isBlock(body)) inserted.push({ at: body.getStart() + 1, code: `${probe};` });
    // A concise arrow function: `(probe, value)` still evaluates to the value.
    else inserted.push({ at: body.getStart(), code: `(${probe}, ` }, { at: body.end, code: ")" });
  };
  visit(ts.createSourceFile(path, text, options.target, true));
  // From the end, so that the other places stay where they are.
  inserted.sort((one, other) => other.at - one.at);
  return inserted.reduce((now, { at, code }) => now.slice(0, at) + code + now.slice(at), text);
}

function compile() {
  rmSync(folder, { recursive: true, force: true });
  const files = readdirSync("src", { recursive: true, encoding: "utf8" });
  for (const file of files.filter((name) => /^(?:core[\\/].+|index|messages)\.ts$/.test(name))) {
    const path = join("src", file);
    const { outputText } = ts.transpileModule(readFileSync(path, "utf8"), {
      compilerOptions: options,
      fileName: path,
    });
    const to = join(folder, file.replace(/\.ts$/, ".js"));
    mkdirSync(dirname(to), { recursive: true });
    writeFileSync(to, withProbes(path.replaceAll("\\", "/"), outputText));
  }
}

/** The calls since the trace began; `undefined` while nothing is traced. */
let calls;

/** Returns the file that called the probed function; `undefined` if the engine resumed it. */
function callerAbove() {
  const { prepareStackTrace, stackTraceLimit } = Error;
  Error.stackTraceLimit = 20;
  Error.prepareStackTrace = (_, sites) => sites.map((site) => site.getFileName());
  const holder = {};
  Error.captureStackTrace(holder, globalThis.__probe);
  const files = holder.stack.slice(1);
  Error.prepareStackTrace = prepareStackTrace;
  Error.stackTraceLimit = stackTraceLimit;
  const url = files.find((file) => file?.startsWith("file:"));
  if (url === undefined) return undefined;
  const path = relative(
    pathToFileURL(`${join(process.cwd(), folder)}/`).pathname,
    new URL(url).pathname,
  );
  return path.startsWith("..") ? "(caller)" : `src/${path.replace(/\.js$/, ".ts")}`;
}

globalThis.__probe = (file, name) => {
  if (calls === undefined) return;
  calls.push({ from: callerAbove(), to: file, name });
};

/** The ways in which a plugin can add a label. */
function handlersOf({ addLabels, amend }) {
  return {
    "by addLabels": (_payload, _context, extensions) => ({
      modifiedExtensions: addLabels(extensions, ["PII"]),
    }),
    "by hand": (_payload, _context, { security }) => ({
      modifiedExtensions: { security: { ...security, labels: [...security.labels, "PII"] } },
    }),
    "by amend": (_payload, _context, extensions) => ({
      modifiedExtensions: amend(extensions, (draft) => {
        draft.security.labels.push("PII");
      }),
    }),
  };
}

async function trace(glassine, messages, way, handler) {
  const { createExtensions, createPluginManager, definePlugin } = glassine;
  const plugin = definePlugin({
    name: "labeller",
    version: "1.0.0",
    capabilities: ["append_labels"],
    hooks: { evaluate: { handler, extensions: true } },
  });
  const manager = await createPluginManager({ plugins: [plugin] });
  const payload = messages.createMessage({ role: "user", content: [] });
  const extensions = createExtensions({ security: { labels: ["EU"] } });
  // A warm-up run: it compiles what later runs reuse.
  await manager.invoke("evaluate", payload, { extensions });
  calls = [];
  const result = await manager.invoke("evaluate", payload, { extensions });
  const traced = calls;
  calls = undefined;
  await manager.close();
  if (result.extensions.security.labels.join() !== "EU,PII")
    throw new Error(`The label was not added ${way}: ${JSON.stringify(result)}`);
  const between = traced.filter(({ from, to }) => from !== undefined && from !== to);
  return {
    way,
    files: [...new Set(traced.map(({ to }) => to))].sort(),
    crossings: between.length,
    calls: traced,
  };
}

compile();
const load = (entry) => import(pathToFileURL(join(process.cwd(), folder, entry)).href);
const glassine = await load("index.js");
const messages = await load("messages.js");
const traces = [];
for (const [way, handler] of Object.entries(handlersOf(glassine)))
  traces.push(await trace(glassine, messages, way, handler));

if (values.json) process.stdout.write(JSON.stringify(traces));
else
  for (const { way, files, crossings, calls: made } of traces) {
    console.log(`${way}: ${files.length} files, ${crossings} crossings, ${made.length} calls`);
    if (values.calls) {
      for (const { from, to, name } of made)
        if (from !== to) console.log(`  ${from ?? ""} -> ${to} ${name}`);
    } else for (const file of files) console.log(`  ${file}`);
  }
