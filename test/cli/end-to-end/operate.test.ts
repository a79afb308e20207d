/**
 * The story of docs/operate.md, run as it stands there. With `GLASSINE_WRITE_DOCS` set the page gets
 * the output of now.
 */
import { readFile, writeFile } from "node:fs/promises";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { type Fixture, newWorkspace, type Workspace } from "./support.ts";

const page = fileURLToPath(new URL("../../../docs/operate.md", import.meta.url));
/** What the page has in place of the folder of the tests. */
const folder = "/srv/gateway";
const block = /(?<=^```console\n)[\s\S]*?(?=^```$)/gm;

/** The package that the story is about, by version. */
const packages: Readonly<Record<string, Fixture>> = {
  "1.0.0": guard("1.0.0", ["read_labels"]),
  "1.1.0": guard("1.1.0", ["append_labels", "read_labels"]),
};

function guard(version: string, capabilities: readonly string[]): Fixture {
  const hooks = ["cmf.llm_input"];
  return {
    name: "egress-guard",
    version,
    glassine: { plugin: "./plugin.js", capabilities, hooks },
    files: {
      "plugin.js": `import { definePlugin, deny } from "glassine";

export default () =>
  definePlugin({
    name: "egress-guard",
    version: "${version}",
    capabilities: ${JSON.stringify(capabilities)},
    hooks: {
      "cmf.llm_input": (message, context, extensions) =>
        extensions.security.labels.includes("PII") ? deny("PII may not leave") : undefined,
    },
  });
`,
    },
  };
}

it("docs/operate.md: each command prints what the page says", async () => {
  const text = await readFile(page, "utf8");
  const workspace = await newWorkspace();
  const env: Record<string, string> = {};
  const told: string[] = [];
  for (const [given] of text.matchAll(block)) told.push(await replay(given, workspace, env));
  let at = 0;
  const now = text.replace(block, () => told[at++] ?? "");
  if (process.env.GLASSINE_WRITE_DOCS !== undefined) await writeFile(page, now);
  else expect(now).toBe(text);
  expect(told.length).toBeGreaterThan(5);
});

/** A block with the output that its commands have now. */
async function replay(
  given: string,
  workspace: Workspace,
  env: Record<string, string>,
): Promise<string> {
  const commands = given.split("\n").filter((line) => line.startsWith("$ "));
  let out = "";
  for (const line of commands) {
    const output = await outputOf(wordsOf(line.slice(2)), workspace, env);
    out += `${line}\n${output}`;
  }
  return out.replaceAll(workspace.root, folder);
}

async function outputOf(
  [program, ...args]: readonly string[],
  workspace: Workspace,
  env: Record<string, string>,
): Promise<string> {
  switch (program) {
    case "npm": {
      const version = /(\d+\.\d+\.\d+)\.tgz$/.exec(args[1] ?? "")?.[1] ?? "";
      await workspace.install(packages[version] as Fixture);
      return "";
    }
    case "export": {
      const [name = "", value = ""] = (args[0] ?? "").split("=");
      env[name] = value;
      return "";
    }
    case "cat":
      return steady((await workspace.read(args[0] ?? "")) ?? "");
    case "glassine": {
      const { stdout, stderr } = await workspace.run(args, { env });
      return steady(stdout + stderr);
    }
  }
  throw new Error(`The page runs ${program}, which this test does not know.`);
}

/** The words of a line; those in double quotes are one. */
function wordsOf(line: string): readonly string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? "");
}

/** What differs from run to run: times, who ran it, and digests of both. */
function steady(text: string): string {
  let second = 0;
  return text
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, () => {
      second += 1;
      return `2026-05-25T10:15:0${second}.000Z`;
    })
    .replace(/actor=\S+/g, "actor=ops@gateway")
    .replace(/prev=[0-9a-f]{64}/g, (digest) => `${digest.slice(0, 5)}${"0".repeat(64)}`);
}
