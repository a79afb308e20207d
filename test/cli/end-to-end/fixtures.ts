import { type Fixture, pluginSource } from "./support.ts";

/** How long a hook that installs packages may take, in milliseconds. */
export const installTime = 180_000;

/** The same plugin, whose module also writes a file when it runs. */
export function marked(fixture: Fixture, marker: string): Fixture {
  return { ...fixture, files: { "plugin.js": pluginSource(fixture, marker) } };
}

/** A plugin with hooks whose factory returns the value of an expression, given as source. */
export function made(
  name: string,
  expression: string,
  { imports = "", ...more }: Partial<Fixture> & { readonly imports?: string } = {},
): Fixture {
  const source = `import { definePlugin } from "glassine"; import { health } from "glassine/audit";
${imports}
export default () => ${expression};
`;
  return { name, files: { "plugin.js": source }, ...more };
}

/** A package with one procedure. */
export interface ProcedureFixture {
  readonly package: string;
  readonly id: string;
  readonly version?: string;
  /** Source of class members, which replace the valid ones. */
  readonly members?: Readonly<Record<string, string | undefined>>;
  /** A file that its module writes when it runs. */
  readonly marker?: string;
  /** Source to put in front of the class. */
  readonly imports?: string;
  /** Source of the whole module, in place of the one with a class. */
  readonly source?: string;
  /** The capabilities that package.json asks for. */
  readonly capabilities?: readonly string[];
}

export function procedure(given: ProcedureFixture): Fixture {
  const { package: name, id, version = "1.0.0", source = procedureSource(given) } = given;
  const { capabilities } = given;
  return {
    name,
    version,
    glassine: { procedures: { [id]: "./dist/proc.js:MyProcedure" }, capabilities },
    files: { "dist/proc.js": source },
  };
}

function procedureSource({ id, members, marker, imports = "" }: ProcedureFixture): string {
  const all = {
    id: `static id = ${JSON.stringify(id)};`,
    name: 'static name = "My procedure";',
    version: 'static version = "0.1.0";',
    configModel: "static configModel = { parse: (value) => value };",
    requiredCapabilities: "static requiredCapabilities = [];",
    preflight: "async preflight() {}",
    run: "async run() {}",
    ...members,
  };
  const mark = `import { writeFileSync } from "node:fs";\nwriteFileSync(${JSON.stringify(marker)}, "ran");\n`;
  const body = Object.values(all).filter((member) => member !== undefined);
  return `${imports}\n${marker === undefined ? "" : mark}export class MyProcedure {\n${body.join("\n")}\n}\n`;
}

/** The example plugin of the memory node's operator pages: two hooks and a health check. */
export const exampleOfMemoryNode: Fixture = {
  name: "example-stigmem-plugin",
  field: "stigmem",
  files: {
    "plugin.js": `import { allow } from "glassine"; import { health } from "glassine/audit";
import { definePlugin } from "glassine/memory-node";

export default () =>
  definePlugin({
    name: "example-stigmem-plugin",
    version: "1.0.0",
    capabilities: ["audit.emit"],
    hooks: {
      pre_assert_authorize: (_facts) => allow(),
      post_assert_audit: (_facts) => undefined,
    },
    healthCheck: () => health("healthy", "ready"),
  });
`,
  },
};

/** The host of the memory node, for `--host`. */
export const memoryNode = "glassine/memory-node:memoryNode";

/** A catalog for the memory node: a fixture, since none is shipped. */
export const catalog: string = new URL("../fixtures/catalog.json", import.meta.url).pathname;

/** The source of a host's own command. `host`: the source of its host. */
export function commandOf(discovery: object, more: object = {}, host = "undefined"): string {
  const options = JSON.stringify({ bin: "node-of-ours", ...more, discovery });
  return `import { memoryNode } from "glassine/memory-node";
import { createCommand } from "glassine/node";
await createCommand({ ...${options}, host: ${host} }).main();
`;
}

/** The source of a host: it starts with what it discovers, lists the plugins, and ends. */
export const hostProgram = `import process from "node:process";
import { createPluginManager } from "glassine";
import { discoverPlugins } from "glassine/node";

try {
  const discovered = await discoverPlugins();
  const manager = await createPluginManager({ plugins: [], discovered, audit: { sink() {} }, logger: {} });
  console.log(manager.plugins.map(({ name, version }) => name + " " + version).join(", "));
  await manager.close();
} catch (error) {
  console.error(error.message);
  process.exit(2);
}
`;
