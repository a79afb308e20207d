/** What the compiler does for a user who installed the built glassine with pnpm. */
// Only in test:all: it compiles programs of users.
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import type { Capability } from "glassine";
import ts from "typescript-5.9";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compilerOptions, plugin, program } from "../../tools/bench/typed-programs.ts";
import { run } from "../docs/support/compile.ts";
import { root } from "../docs/support/pages.ts";

const folder = mkdtempSync(join(tmpdir(), "glassine-types-"));
const timeoutMs = 240_000;
const versions = ["typescript-5.9", "typescript"];

const manifest = JSON.parse(readFileSync(`${root}package.json`, "utf8")) as {
  readonly exports: object;
};

/** What a host writes: slots. */
const inputs = `import { createExtensions } from "glassine";

type Input = NonNullable<Parameters<typeof createExtensions>[0]>;
export const security = (input: Input) => input.security;
export const tool = (input: Input) => input.mcp?.tool;
`;

/** The slot that each capability opens, and what an editor shows of it. */
const opened: { readonly [Name in Capability]: readonly string[] } = {
  read_agent: ["agent?: AgentSlot"],
  read_headers: ["http?: HttpSlot"],
  write_headers: ["http?: HttpSlot"],
  read_labels: ["security: ", "labels: readonly string[]"],
  append_labels: ["security: ", "labels: readonly string[]"],
  read_subject: ["security?: ", "subject?: "],
  read_roles: ["security?: ", "roles: readonly string[]"],
  read_teams: ["security?: ", "teams: readonly string[]"],
  read_claims: ["security?: ", "claims: {"],
  read_permissions: ["security?: ", "permissions: readonly string[]"],
  read_client: ["security?: ", "client?: "],
  read_workload: ["security?: ", "caller_workload?: ", "this_workload?: "],
  read_delegation: ["delegation?: DelegationSlot"],
  append_delegation: ["delegation?: DelegationSlot"],
};
const allOpened = ["agent?: ", "http?: ", "delegation?: ", "security: ", "labels: "];
const granted = [
  ...Object.entries(opened).map(([name, shown]) => ({ names: [name], shown })),
  { names: Object.keys(opened), shown: allOpened },
];
const views = granted
  .map(({ names }, at) => `export function view${at}(seen: View<"${names.join('" | "')}">) {}\n`)
  .join("");

const mistakes = `import { amend, definePlugin } from "glassine";

definePlugin({
  name: "mistaken",
  version: "1.0.0",
  hooks: {
    evaluate(message, context, extensions) {
      extensions.http;
      extensions.security?.labels;
    },
    message_pre_invoke: (message) => ({ payload: message }),
    message_post_invoke: async (message) => ({ modified_payload: message }),
    tool_pre_invoke: (_payload, _context, extensions) => {
      const modifiedExtensions = amend(extensions, (draft) => {
        draft.http.headers["x-seen"] = "1";
        draft.agent.turn = 1;
      });
      return { modifiedExtensions };
    },
  },
});
`;

/** Without `strict`, `undefined` counts as a function, and so as the `then` of a promise. */
const together = `import { createPluginManager } from "glassine";

type Manager = Awaited<ReturnType<typeof createPluginManager>>;
export async function both({ invoke }: Manager) {
  const [first, second] = await Promise.all([
    invoke("evaluate", { role: "user" }),
    invoke("tool_pre_invoke", { name: "add" }),
  ]);
  return [first.payload.role, second.payload.name];
}
`;

/** A comment marks each place where a user would ask for completions. */
const unfinished = `import { createExtensions, createPluginManager, definePlugin } from "glassine";

const plugin = definePlugin({
  name: "unfinished",
  version: "1.0.0",
  capabilities: ["read_roles", "append_labels"],
  hooks: {
    /*hook*/
    evaluate(message, context, extensions) {
      extensions./*slot*/security./*field*/labels;
      extensions.security.subject?./*inner field*/roles;
    },
  },
});
const manager = await createPluginManager({ plugins: [plugin] });
const result = await manager.invoke(
  "evaluate",
  { role: "user" },
  { extensions: createExtensions({ security: { /*field of a host*/ } }) },
);
result./*result*/payload;
`;
/** All entries except the one that is used with fast-check. */
const entries = Object.keys(manifest.exports).filter(
  (entry) => entry !== "./package.json" && entry !== "./testing",
);
const everyEntry = entries
  .map((entry, at) => `export * as entry${at} from "glassine${entry.slice(1)}";\n`)
  .join("");
const files: Readonly<Record<string, string>> = {
  "entries.ts": everyEntry,
  "plugin.ts": plugin,
  "program.ts": program,
  "mistakes.ts": mistakes,
  "inputs.ts": inputs,
  "together.ts": together,
  "unfinished.ts": unfinished,
  "views.ts": `import type { View } from "glassine";\n\n${views}`,
};

/** Lays the packages out as pnpm does: the user's files find only what the user installed. */
beforeAll(() => {
  const store = join(folder, "node_modules/.pnpm");
  const installed = join(store, "glassine@0.1.0/node_modules/glassine");
  const zod = join(store, "zod@4/node_modules/zod");
  mkdirSync(installed, { recursive: true });
  cpSync(`${root}package.json`, join(installed, "package.json"));
  cpSync(`${root}dist`, join(installed, "dist"), { recursive: true });
  cpSync(`${root}node_modules/zod`, zod, { recursive: true });
  symlinkSync(zod, join(installed, "../zod"), "dir");
  symlinkSync(installed, join(folder, "node_modules/glassine"), "dir");
  mkdirSync(join(folder, "node_modules/@types"));
  symlinkSync(`${root}node_modules/@types/node`, join(folder, "node_modules/@types/node"), "dir");
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
}, timeoutMs);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function compile(version: string, file: string, ...more: readonly string[]) {
  const config = join(folder, `${file}.json`);
  writeFileSync(config, JSON.stringify({ compilerOptions, files: [file] }));
  const compiler = `${root}node_modules/${version}/bin/tsc`;
  return run(process.execPath, [compiler, "-p", config, "--pretty", "false", ...more], timeoutMs);
}

describe.each(versions)("%s", (version) => {
  it(
    "finds nothing wrong in the declarations of any entry, without the optional peers",
    async () => {
      const strictly = ["--noEmit", "--types", "node", "--skipLibCheck", "false"];
      expect((await compile(version, "entries.ts", ...strictly)).output).toBe("");
      expect(entries.length).toBeGreaterThan(15);
    },
    timeoutMs,
  );

  // The compiler's own counts, which are the same on every machine.
  it.each([
    ["a plugin", "plugin.ts", 20_000],
    ["a plugin, a manager and one invoke", "program.ts", 40_000],
  ])(
    "checks %s with few instantiations",
    async (_, file, most) => {
      const { code, output } = await compile(version, file, "--noEmit", "--extendedDiagnostics");
      expect(code, output).toBe(0);
      const [, count] = /Instantiations:\s+(\d+)/.exec(output) ?? [];
      expect(Number(count)).toBeGreaterThan(1_000);
      expect(Number(count)).toBeLessThanOrEqual(most);
    },
    timeoutMs,
  );

  it(
    "writes short declarations of a manager and a function around invoke, without zod",
    async () => {
      const out = join(folder, version);
      const wanted = ["--declaration", "--emitDeclarationOnly", "--outDir", out];
      const { code, output } = await compile(version, "program.ts", ...wanted);
      expect(output).toBe("");
      expect(code).toBe(0);
      const text = readFileSync(join(out, "program.d.ts"), "utf8");
      expect(text).toContain('PluginManager<import("glassine").StandardSlots');
      expect(text).not.toMatch(/zod/i);
      expect(text.split("\n").length).toBeLessThan(10);
      expect(text.length).toBeLessThan(1_000);
    },
    timeoutMs,
  );

  it(
    "awaits managers and results also without `strict`",
    async () => {
      const loosely = ["--noEmit", "--strict", "false"];
      expect((await compile(version, "together.ts", ...loosely)).output).toBe("");
    },
    timeoutMs,
  );

  it(
    "names the capability to declare, and modifiedPayload",
    async () => {
      const { output } = await compile(version, "mistakes.ts", "--noEmit");
      const problems = output.split(/\n(?=\S)/);
      const about = (line: number) =>
        problems.filter((problem) => problem.includes(`mistakes.ts(${line},`)).join("\n");
      expect(about(8)).toMatch(
        /Property 'http' does not exist on type 'Undeclared<\{[^}]* http: "read_headers";/,
      );
      expect(about(9)).toMatch(
        /Property 'labels' does not exist on type 'Undeclared<\{[^}]* labels: "read_labels";/,
      );
      expect(about(15)).toMatch(
        /Property 'http' does not exist on type 'Undeclared<\{[^}]* http: "write_headers";/,
      );
      expect(about(16)).toMatch(
        /Property 'agent' does not exist on type 'Undeclared<\{ agent: "read_agent";/,
      );
      for (const line of [11, 12]) {
        expect(about(line)).toMatch(
          /is not assignable to type '[^']*AllowDenyOr<[^>]*"modifiedPayload"/,
        );
      }
    },
    timeoutMs,
  );
});

function editorOn(file: string) {
  return ts.createLanguageService({
    ...ts.sys,
    useCaseSensitiveFileNames: () => ts.sys.useCaseSensitiveFileNames,
    getCompilationSettings: () => ({
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.NodeNext,
      strict: true,
      skipLibCheck: true,
    }),
    getScriptFileNames: () => [file],
    getScriptVersion: () => "1",
    getScriptSnapshot: (path) => {
      const text = ts.sys.readFile(path);
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
    },
    getDefaultLibFileName: ts.getDefaultLibFilePath,
  });
}

/** What an editor shows on hovering the text `at` of a file. */
function hovering(name: string) {
  const file = join(folder, name);
  const service = editorOn(file);
  return (at: string) => {
    const info = service.getQuickInfoAtPosition(file, files[name]?.indexOf(at) ?? 0);
    return ts.displayPartsToString(info?.displayParts);
  };
}

it(
  "shows the slots on hovering `extensions`",
  () => {
    const shown = hovering("plugin.ts");
    const extensions = shown("extensions)");
    expect(extensions).toContain("readonly security: ");
    expect(extensions).not.toMatch(/zod/i);
    expect(extensions.length).toBeLessThan(1_100);
    const security = shown("security.subject");
    expect(security).toContain("readonly labels: readonly string[]");
    expect(security).not.toMatch(/zod/i);
  },
  timeoutMs,
);

it(
  "shows what was granted on hovering a view, whatever else is cut off",
  () => {
    const shown = hovering("views.ts");
    for (const { names, shown: expected } of granted) {
      const view = shown(`seen: View<"${names.join('" | "')}">`);
      for (const text of expected) expect(view, names.join()).toContain(`readonly ${text}`);
      expect(view, names.join()).not.toContain("{} &");
    }
    expect(shown('seen: View<"read_agent">')).toContain("readonly request?: RequestSlot");
  },
  timeoutMs,
);

it(
  "shows slots and fields on hovering what a host writes, and not how their types are made",
  () => {
    const shown = hovering("inputs.ts");
    expect(shown("security =")).toContain("SecuritySlot | SecurityInput | null | undefined");
    expect(shown("tool =")).toContain("readonly title?: string | null | undefined");
    for (const at of ["security =", "tool ="]) {
      expect(shown(at)).not.toMatch(/Given|Partial|Pick|zod/i);
    }
  },
  timeoutMs,
);

describe("what an editor shows beside a completion", () => {
  const file = join(folder, "unfinished.ts");
  const service = editorOn(file);
  const positionOf = (place: string) => unfinished.indexOf(`/*${place}*/`) + place.length + 4;
  const documented = (place: string, entry: string) => {
    const at = positionOf(place);
    // biome-ignore format: the last four arguments are for formatting and for imports.
    const details = service.getCompletionEntryDetails(file, at, entry, undefined, undefined, undefined, undefined);
    return ts.displayPartsToString(details?.documentation);
  };

  it.each([
    [
      "hook",
      '"cmf.llm_input"',
      "A message goes to a model. A pre point: handlers of `message_pre_invoke` run here, too.",
    ],
    [
      "hook",
      "message_post_invoke",
      "Runs at every post point. A host invokes the point, not this hook.",
    ],
    [
      "hook",
      "tool_pre_invoke",
      "A tool is about to be called (older payload). It is not a point: only its own handlers run.",
    ],
    [
      "slot",
      "request",
      "The request: its environment, ids and trace. Immutable. Every plugin sees it.",
    ],
    [
      "field",
      "labels",
      "Monotonic. Shown by `append_labels` or `read_labels`; `append_labels` adds to it.",
    ],
    ["inner field", "roles", "Immutable. Shown by `read_roles`."],
    ["field of a host", "client", "Immutable. Shown by `read_client`."],
    ["result", "continueProcessing", "Whether to go on."],
    ["result", "violation", "Why not to go on, or `undefined`."],
  ])(
    "%s %s: %s",
    (place, entry, text) => {
      expect(documented(place, entry)).toBe(text);
    },
    timeoutMs,
  );

  it(
    "documents every hook, and everything in a result",
    () => {
      const entries = (place: string) =>
        service.getCompletionsAtPosition(file, positionOf(place), {})?.entries ?? [];
      for (const place of ["hook", "result", "slot", "field of a host"]) {
        const names = entries(place).map(({ name }) => name);
        expect(names.filter((name) => documented(place, name) === "")).toEqual([]);
      }
      expect(entries("hook")).toHaveLength(21);
    },
    timeoutMs,
  );
});
