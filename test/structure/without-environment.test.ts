/**
 * The built entries in runtimes that refuse more than Node does: without access to the environment,
 * as in Deno without permissions, and imported as workers at the edge do.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { expect, it } from "vitest";
import { run } from "../docs/support/compile.ts";
import { root } from "../docs/support/pages.ts";

/** Throws if a program reads a variable or lists their names. */
const locked = `
  // Node's own code reads a few while it loads modules and prints.
  const isOfNode = () => new Error().stack.split("\\n")[4].includes("(node:internal/");
  const refuse = () => {
    if (isOfNode()) return undefined;
    throw new Error("NotCapable: requires env access");
  };
  const env = new Proxy({}, { get: () => refuse(), has: () => refuse() ?? false, ownKeys: () => refuse() ?? [] });
  Object.defineProperty(process, "env", { value: env });
`;

/** Runs a program after `locked`. It must use `import()`: static imports would run first. */
const runLocked = (program: string) =>
  run(process.execPath, ["--input-type=module", "--eval", `${locked}\n${program}`]);

/** Returns the README's example: its code, and the output that the page shows. */
function exampleOf(page: string): { readonly code: string; readonly output: string } {
  const section = page.slice(page.indexOf("## An example"));
  const [, code = ""] = /```(?:ts|js)\n([\s\S]*?)```/.exec(section) ?? [];
  const [, output = ""] = /```text\n([\s\S]*?)```/.exec(section) ?? [];
  return { code, output };
}

it("runs the example of the README", async () => {
  const { code, output } = exampleOf(readFileSync(join(root, "README.md"), "utf8"));
  const program = code.replace(
    /^import (\{[^}]*\}) from ("glassine");/m,
    "const $1 = await import($2);",
  );
  expect(program).toContain('await import("glassine")');
  expect(await runLocked(program)).toMatchObject({ code: 0, output, complaints: "" });
});

it("edits with amend, and reads the environment only for a plugin with a configSchema", async () => {
  const ran = await runLocked(`
    const { amend, createExtensions, createPluginManager, definePlugin, filterExtensions } =
      await import("glassine");
    const view = filterExtensions(createExtensions({ custom: { a: 1 } }), []);
    console.log(JSON.stringify(amend(view, (draft) => { draft.custom.b = 2; }).custom));
    const plain = { name: "plain", version: "1.0.0" };
    const manager = await createPluginManager({ plugins: [definePlugin(plain)], config: { plain: { a: 1 } } });
    console.log(manager.plugins.length);
    const configured = definePlugin({ ...plain, configSchema: { parse: (value) => value } });
    await createPluginManager({ plugins: [configured], env: {} });
    await createPluginManager({ plugins: [configured] }).catch(({ message }) => console.log(message));
  `);
  expect(ran.output).toBe('{"a":1,"b":2}\n1\nNotCapable: requires env access\n');
  expect(ran.code).toBe(0);
});

it("asks for nothing on import that a worker may only use in a request", async () => {
  const entries = [
    ...["", "/messages", "/audit", "/labels", "/remote", "/host", "/memory-node", "/plugins"],
    ...["/anthropic", "/bedrock", "/google", "/openai", "/ai-sdk", "/http", "/mcp", "/redis"],
  ];
  const program = `
    const refuse = () => { throw new Error("Disallowed operation called within global scope."); };
    Object.defineProperties(crypto, { randomUUID: { value: refuse }, getRandomValues: { value: refuse } });
    Object.assign(globalThis, { fetch: refuse, setTimeout: refuse, setInterval: refuse });
    for (const entry of ${JSON.stringify(entries)}) await import("glassine" + entry);
  `;
  const ran = await run(process.execPath, ["--input-type=module", "--eval", program]);
  expect(ran).toMatchObject({ code: 0, complaints: "" });
});
