/** Which changes to an installed package the command notices. */
// Only in test:all: it runs whole commands in processes of their own.
import { execFile } from "node:child_process";
import {
  appendFile,
  chmod,
  chown,
  cp,
  lstat,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";
import { documentOf } from "./documents.ts";
import { hostProgram, installTime } from "./fixtures.ts";
import { type Fixture, newWorkspace, pluginSource, unsigned, type Workspace } from "./support.ts";

const dev = { env: unsigned };
const production = { env: { ...unsigned, GLASSINE_PLUGIN_MODE: "production" } };
const name = "acme-guard";

const guard: Fixture = {
  name,
  files: {
    "dist/plugin.js": pluginSource({ name }),
    "dist/plugin.js.map": '{"version":3,"sources":[]}\n',
    "dist/a.js": "export const a = 1;\n",
    "dist/b.js": "export const b = 2;\n",
    "dist/twin.js": "export const b = 2;\n",
    ".hidden": "hidden\n",
    "README.md": "# Guard\n",
    "node_modules/bundled-dep/package.json": '{"name":"bundled-dep","version":"1.0.0"}\n',
    "node_modules/bundled-dep/index.js": "export {};\n",
  },
  glassine: { plugin: "./dist/plugin.js" },
  fields: { dependencies: { "bundled-dep": "1.0.0" }, bundleDependencies: ["bundled-dep"] },
};

let workspace: Workspace;
let at = "";
let kept = "";
beforeAll(async () => {
  workspace = await newWorkspace();
  await workspace.install(guard);
  at = workspace.packageAt(name);
  kept = join(workspace.above, "kept");
  await cp(at, kept, { recursive: true });
  await workspace.run(["plugins", "trust", name, "--reason", "reviewed"], dev);
}, installTime);

afterEach(async () => {
  await rm(at, { recursive: true });
  await cp(kept, at, { recursive: true });
});

/** The exit code of `verify`, and the kinds of drift it reports. */
async function verified(options = dev) {
  const { code, data } = await documentOf(workspace, ["plugins", "verify"], options);
  return [code, data.drift.map(({ kind }: { kind: string }) => kind), data.unhashable];
}
const changed = [1, ["hash_mismatch"], []];
const changedDependency = [1, ["hash_mismatch", "dependency_mismatch"], []];
const foreign = [1, ["foreign_package"], []];
const same = [0, [], []];
const unsignedLoaded =
  "SECURITY WARNING: unsigned plugin 'acme-guard' loaded because GLASSINE_PLUGIN_SIGNING_REQUIRED=false; do not use this setting in production";

describe("CLI-070: a change that is detected", () => {
  const changes: Readonly<Record<string, () => Promise<unknown>>> = {
    "an edit": () => writeFile(join(at, "dist/a.js"), "export const a = 9;\n"),
    "what is appended": () => appendFile(join(at, "dist/a.js"), "\n"),
    "a file cut and filled to its size": async () => {
      await truncate(join(at, "dist/a.js"), 0);
      await truncate(join(at, "dist/a.js"), "export const a = 1;\n".length);
    },
    "a file more": () => writeFile(join(at, "dist/late.js"), ""),
    "a file less": () => rm(join(at, "README.md")),
    "another name": () => rename(join(at, "dist/a.js"), join(at, "dist/c.js")),
    "two files that swap contents": async () => {
      const [a, b] = await Promise.all(
        ["a", "b"].map((file) => readFile(join(at, `dist/${file}.js`))),
      );
      await writeFile(join(at, "dist/a.js"), b ?? "");
      await writeFile(join(at, "dist/b.js"), a ?? "");
    },
    "a dotfile": () => appendFile(join(at, ".hidden"), "x"),
    "a source map": () => appendFile(join(at, "dist/plugin.js.map"), " "),
    "a blank in package.json": () => appendFile(join(at, "package.json"), " "),
    "a link to a file with the same text": async () => {
      await rm(join(at, "dist/b.js"));
      await symlink("twin.js", join(at, "dist/b.js"));
    },
  };

  it.each(Object.entries(changes))("CLI-070: %s", async (_, change) => {
    await change();
    expect(await verified()).toEqual(changed);
  });
});

describe("CLI-071: what is not a change", () => {
  const run = promisify(execFile);
  const things: Readonly<Record<string, () => Promise<unknown>>> = {
    "other times": () => utimes(join(at, "dist/plugin.js"), 0, 0),
    "other permissions": () => chmod(join(at, "dist/plugin.js"), 0o755),
    "another order of the folder": async () => {
      const names = (await readdir(join(at, "dist"))).toReversed();
      for (const file of names) {
        await rename(join(at, "dist", file), join(at, "dist", `${file}~`));
        await rename(join(at, "dist", `${file}~`), join(at, "dist", file));
      }
    },
    "what another umask unpacked": async () => {
      await rm(at, { recursive: true });
      await run("sh", [
        "-c",
        'umask 077 && mkdir "$2" && cd "$1" && tar cf - . | (cd "$2" && tar xf -)',
        "sh",
        kept,
        at,
      ]);
    },
  };

  it.each(Object.entries(things))("CLI-071: %s", async (_, change) => {
    await change();
    expect(await verified()).toEqual(same);
  });

  it.runIf(process.getuid?.() === 0)("CLI-071: another owner", async () => {
    await chown(join(at, "dist/plugin.js"), 65_534, 65_534);
    expect((await lstat(join(at, "dist/plugin.js"))).uid).toBe(65_534);
    expect(await verified()).toEqual(same);
  });

  it("CLI-071: another language of the system", async () => {
    const env = { ...unsigned, LC_ALL: "tr_TR.UTF-8", LANG: "tr_TR.UTF-8", TZ: "Asia/Tokyo" };
    expect(await verified({ env })).toEqual(same);
  });

  // Only npm is available, so the layouts of other installers are written by hand. pnpm keeps the
  // files in its own store below node_modules and links to them; yarn with node_modules puts them
  // where npm does, and adds a file of its own.
  it("PH-080, CLI-071: the layout of pnpm, in which each package is a link", async () => {
    verifies("discovery:places", "discovery:linked");
    const store = join(workspace.root, "node_modules/.pnpm/acme-guard@1.0.0/node_modules");
    const app = join(workspace.root, "packages/app");
    await mkdir(store, { recursive: true });
    await mkdir(join(app, "node_modules"), { recursive: true });
    await rm(at, { recursive: true });
    await cp(kept, join(store, name), { recursive: true });
    await symlink(".pnpm/acme-guard@1.0.0/node_modules/acme-guard", at);
    await symlink(
      "../../../node_modules/.pnpm/acme-guard@1.0.0/node_modules/acme-guard",
      join(app, "node_modules", name),
    );
    for (const root of [workspace.root, app]) {
      const args = ["plugins", "list", "--root", root];
      const { code, data } = await documentOf(workspace, args, production);
      expect([code, data.loaded.length, data.rejected, data.drift]).toEqual([0, 1, [], []]);
      expect(data.loaded[0]).toMatchObject({ id: name, package: name });
      expect(data.warnings).toEqual([unsignedLoaded]);
    }
    expect(await verified()).toEqual(same);
    await rm(at);
    await cp(kept, at, { recursive: true });
    await rm(join(workspace.root, "node_modules/.pnpm"), { recursive: true });
    await rm(join(workspace.root, "packages"), { recursive: true });
  });

  it("PH-080, CLI-071: the layout of yarn, and a member of a workspace, which is a link", async () => {
    verifies("discovery:linked");
    await writeFile(join(workspace.root, "node_modules/.yarn-integrity"), "{}\n");
    expect(await verified()).toEqual(same);
    const member = join(workspace.root, "packages/acme-guard");
    await cp(kept, member, { recursive: true });
    await rm(at, { recursive: true });
    await symlink("../packages/acme-guard", at);
    const listed = await documentOf(workspace, ["plugins", "list"], dev);
    expect(listed.data).toMatchObject({ loaded: [{ id: name }], rejected: [], drift: [] });
    expect(listed.data.warnings).toEqual([
      `the package 'acme-guard' is a link to ${member}: production does not load it`,
      unsignedLoaded,
    ]);
    const refused = await documentOf(workspace, ["plugins", "list"], production);
    expect(refused.data).toMatchObject({
      loaded: [],
      rejected: [{ id: name, code: "linked_package" }],
      warnings: [],
    });
    await rm(at);
    await cp(kept, at, { recursive: true });
    await rm(join(workspace.root, "packages"), { recursive: true });
  });
});

describe("CLI-072: folders of dependencies and of version control", () => {
  const planted = async (path: string) => {
    await mkdir(join(at, path, ".."), { recursive: true });
    await writeFile(join(at, path), "export {};\n");
  };

  it("CLI-072: .git at the root has no effect", async () => {
    await planted(".git/config");
    expect(await verified()).toEqual(same);
  });

  it.each(["dist/node_modules/x.js", "dist/.git/hook.js"])(
    "CLI-072: %s is a change",
    async (path) => {
      await planted(path);
      expect(await verified()).toEqual(changed);
    },
  );

  it.each(["node_modules/bundled-dep/index.js", "node_modules/bundled-dep/late.js"])(
    "CLI-072: %s is a change of the plugin and of a dependency",
    async (path) => {
      await planted(path);
      if (path.endsWith("index.js")) await appendFile(join(at, path), "// changed\n");
      expect(await verified()).toEqual(changedDependency);
    },
  );

  it.each(["node_modules/dep", "node_modules/glassine"])(
    "CLI-072: %s, which nothing asks for, is refused in every mode",
    async (path) => {
      await planted(`${path}/index.js`);
      expect(await verified()).toEqual(foreign);
      for (const options of [dev, production]) {
        const { data } = await documentOf(workspace, ["plugins", "list"], options);
        expect(data).toMatchObject({
          loaded: [],
          rejected: [{ id: name, code: "foreign_package" }],
        });
      }
    },
  );
});

// The constant was computed by a second implementation of spec/package-hash.md.
it("CLI-077: a golden package has its hash, however it was installed", async () => {
  const golden = await newWorkspace();
  await golden.install({
    name: "golden-guard",
    files: {
      "plugin.js": 'export const golden = "guard";\n',
      "README.md": "# Golden\r\n",
      "docs/a b.txt": "",
      "docs/B.txt": "B\n",
    },
  });
  const { data } = await documentOf(golden, ["plugins", "describe", "golden-guard"], dev);
  expect(data.distribution_hash).toBe(
    "sha256:3c5ce8311399cff2ef7c9b1423ec27b62ed24b8cee163760b3de03fb9ba215a6",
  );
});

it("CLI-078: a package that is edited while the host runs is refused at the next start", async () => {
  await workspace.write(
    "running.mjs",
    `import { appendFile } from "node:fs/promises";
import { createPluginManager } from "glassine";
import { discoverPlugins } from "glassine/node";

const discovered = await discoverPlugins();
const manager = await createPluginManager({ plugins: [], discovered, audit: { sink() {} }, logger: {} });
await appendFile(process.argv[2], 'throw new Error("edited");\\n');
const { continueProcessing } = await manager.invoke("tool_pre_invoke", { name: "ls" });
console.log(manager.plugins.length, continueProcessing, (await manager.checkHealth()).length);
await manager.close();
`,
  );
  await workspace.write("host.mjs", hostProgram);
  const entry = join(at, "dist/plugin.js");
  const running = await workspace.node(["running.mjs", entry], production);
  expect(running).toMatchObject({ code: 0, stdout: "1 true 1\n", stderr: "" });
  const next = await workspace.node(["host.mjs"], production);
  expect(next).toMatchObject({ code: 2, stdout: "" });
  expect(next.stderr).toContain(
    "plugin 'acme-guard' of package 'acme-guard' is rejected: hash_mismatch",
  );
});
