/** Why a plugin is not loaded, in words that its author or operator can act on. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { install, newRoot, unsigned } from "../discovery/support.ts";
import { verifies } from "../support/verifies.ts";
import { commandServices, linesOf, run, runJson } from "./support/run.ts";

const services = commandServices;

async function rejectedIn(cwd: string): Promise<string> {
  const { document } = await runJson(["plugins", "list"], { services, cwd, env: unsigned });
  return document.rejected[0].reason;
}

it("exporting a plugin instead of a factory is reported as such", async () => {
  verifies("discovery:load");
  const fault = "it loaded object; expected a function that returns what definePlugin made";
  for (const [made, reason] of [
    ["{}", fault],
    [
      'globalThis.testDefinePlugin({ name: "guard", version: "1.0.0" })',
      `${fault}: write \`export default () => definePlugin(…)\``,
    ],
  ]) {
    const cwd = await newRoot();
    await install(cwd, "guard", { code: `export default ${made};` });
    expect(await rejectedIn(cwd)).toBe(reason);
  }
});

it("a syntax error is reported with what shows its line", async () => {
  const cwd = await newRoot();
  const path = await install(cwd, "guard", { code: "const guard = {\n" });
  expect(await rejectedIn(cwd)).toMatch(
    /^Unexpected end of input \(`node .+\.m?js` shows the line\)$/,
  );
  expect(await rejectedIn(cwd)).toContain(path);
});

it("a missing secret is reported by its key and the expected type", async () => {
  verifies("cli:doctor-reason");
  const cwd = await newRoot();
  const schema = `{ safeParse: (value) => value.apiKey !== undefined ? { success: true, data: value } : { success: false, error: { issues: [{ code: "invalid_type", expected: "string", path: ["apiKey"], message: "" }] } } }`;
  const code = `export default () => globalThis.testDefinePlugin({ name: "guard", version: "1.0.0", configSchema: ${schema} });`;
  await install(cwd, "guard", { code });
  const reason =
    "plugin 'guard' failed config validation: apiKey: Invalid input: expected string, received undefined";
  expect(await rejectedIn(cwd)).toBe(reason);
  const { stdout } = await run(["doctor"], { services, cwd, env: unsigned });
  expect(stdout).toContain(`\n  reason: ${reason}\n`);
  expect(stdout).toContain("not what a host passes in its code.\n");
});

it("packages that claim one id are named", async () => {
  verifies("cli:list-claims");
  const cwd = await newRoot();
  await install(cwd, "@one/guard");
  await install(cwd, "@two/guard");
  const { stdout } = await run(["plugins", "list"], { services, cwd, env: unsigned });
  const lines = linesOf(stdout);
  expect(lines.slice(lines.indexOf("Rejected:"))).toEqual([
    "Rejected:",
    expect.stringMatching(/^ {2}guard: duplicate_id: .* of @one\/guard$/),
    expect.stringMatching(/^ {2}guard: duplicate_id: .* of @two\/guard$/),
    "",
    "What to do next:",
    "  duplicate_id: Remove one of them, or upgrade to ids that differ.",
  ]);
});

it("a local package that claims the id of an installed one is shown as local", async () => {
  verifies("cli:list-claims");
  const [cwd, folder] = [await newRoot(), await newRoot()];
  await install(cwd, "guard");
  await install(folder, "guard");
  const local = join(folder, "node_modules");
  const argv = ["plugins", "list", "--local-plugins", local];
  const { stdout } = await run(argv, { services, cwd, env: unsigned });
  const claims = linesOf(stdout).filter((line) => line.includes("duplicate_id: duplicate"));
  expect(claims.map((line) => line.split(" of ")[1]).sort()).toEqual(["<local>", "guard"]);
});

it("a similar name is suggested", async () => {
  verifies("cli:describe-found");
  const cwd = await newRoot();
  await install(cwd, "egress-guard");
  const describe = (name: string) =>
    run(["plugins", "describe", name], { services, cwd, env: unsigned });
  expect((await describe("egres-guard")).stderr).toBe(
    "error: plugin not found: egres-guard\nDid you mean egress-guard?\n",
  );
  expect((await describe("nope")).stderr).toBe("error: plugin not found: nope\n");
});

it("a lockfile newer than the command is reported with the remedy", async () => {
  verifies("cli:refused-lock");
  const cwd = await newRoot();
  await writeFile(join(cwd, "plugins.lock"), "version = 2\n");
  for (const argv of [["list"], ["verify"], ["trust", "guard", "--reason", "r"]]) {
    const { stderr } = await run(["plugins", ...argv], { services, cwd, env: unsigned });
    expect(linesOf(stderr)).toEqual([
      expect.stringMatching(/schema version 2/),
      "Update the library.",
    ]);
  }
});
