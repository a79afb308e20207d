/**
 * Runs the built command as a child process, on packages that npm packed and installed into a
 * folder of their own. `npm test` builds first.
 */
import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { signPackage } from "glassine/node";
import { afterFile } from "../../support/cleanup.ts";
import { expectDocument } from "../support/expect-document.ts";

const repository = fileURLToPath(new URL("../../..", import.meta.url));
const command = join(repository, "dist/gateway/command/main.js");
const run = promisify(execFile);

/** Settings under which unsigned packages are loaded. */
export const unsigned = {
  GLASSINE_PLUGIN_SIGNING_REQUIRED: "false",
  GLASSINE_PLUGIN_UNSIGNED_ACK: "i-understand-plugins-are-unsigned",
};

/**
 * Warnings about each package that is unsigned or lists nothing, as most of these are, and about
 * one that is still installed when trust in it is revoked.
 */
const ofMost =
  /^warning: (?:SECURITY WARNING: unsigned plugin |nothing limits the |plugin '\S+' is still installed at ).*\n/gm;

/** A package to make. */
export interface Fixture {
  readonly name: string;
  readonly version?: string;
  /** The host's name: the field, and the first word of the keyword. Default: `glassine`. */
  readonly field?: string;
  /** The host's field. Default: one plugin, `./plugin.js`. */
  readonly glassine?: unknown;
  /** Contents by path. Default: a plugin with the package's name and version. */
  readonly files?: { readonly [path: string]: string };
  /** More fields of package.json. */
  readonly fields?: object;
  /** More properties of the plugin's manifest, as source: `capabilities: ["read_labels"],`. */
  readonly manifest?: string;
  /** Who signs it. */
  readonly signedBy?: Signer;
}

/** What signing needs to know about a publisher of `publisher.ts`. */
export interface Signer {
  readonly identity: string;
  /** The path of the private key. */
  readonly key: string;
  readonly keyId: string;
}

/** Signs the package in a folder. */
export async function signFolder(path: string, { identity, key, keyId }: Signer): Promise<void> {
  await signPackage({ path, key: await readFile(key, "utf8"), identity, keyId });
}

/** What a command printed, and how it ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder with a node_modules. `glassine` is found in the folder above it. */
export interface Workspace {
  readonly root: string;
  /** A file that fixture modules can write, to show that they ran. */
  readonly marker: string;
  /** The folder above the root, which is not part of the application. */
  readonly above: string;
  /** Packs the fixtures and installs the packed files with npm, in one run. */
  install(...fixtures: readonly Fixture[]): Promise<void>;
  uninstall(name: string): Promise<void>;
  /** The folder of an installed package. */
  packageAt(name: string): string;
  /** Runs the command in the root. */
  run(args: readonly string[], options?: RunOptions): Promise<Ended>;
  /** Runs a program with node in the root. */
  node(args: readonly string[], options?: RunOptions): Promise<Ended>;
  /** Runs the command with `--json` and reads stdout. */
  json(
    args: readonly string[],
    options?: RunOptions,
  ): Promise<{ readonly code: number | null; readonly data: never }>;
  /** The contents of a file in the root; `undefined` if there is none. */
  read(path: string): Promise<string | undefined>;
  write(path: string, text: string): Promise<void>;
}

export interface RunOptions {
  /** Added to PATH and HOME; nothing else of the tests' environment is passed on. */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly cwd?: string;
  /** Keeps the warnings about most packages in stderr. */
  readonly keepsWarnings?: boolean;
  /** The user id to run as, which only the superuser's tests can set. Default: the tests' own. */
  readonly user?: number;
}

/** The source of a plugin. If `marker` is given, its module writes that file when it runs. */
export function pluginSource(
  { name, version = "1.0.0", manifest = "" }: Fixture,
  marker?: string,
): string {
  const id = name.replace(/^@[^/]*\//, "");
  const mark =
    marker === undefined
      ? ""
      : `import { writeFileSync } from "node:fs";\nwriteFileSync(${JSON.stringify(marker)}, "ran");\n`;
  return `import { definePlugin } from "glassine";
${mark}export default () => definePlugin({ name: ${JSON.stringify(id)}, version: ${JSON.stringify(version)}, ${manifest} });
`;
}

export async function newWorkspace(): Promise<Workspace> {
  if (!existsSync(command)) throw new Error("dist is missing: run `npm run build` first.");
  const above = await realpath(await mkdtemp(join(tmpdir(), "glassine-cli-")));
  afterFile(() => rm(above, { recursive: true, force: true }));
  const root = join(above, "app");
  const home = join(above, "home");
  await mkdir(join(above, "node_modules"));
  await mkdir(root);
  await mkdir(home);
  await symlink(repository, join(above, "node_modules/glassine"));
  await symlink(join(repository, "node_modules/zod"), join(above, "node_modules/zod"));
  await writeFile(join(root, "package.json"), '{"name":"app","version":"1.0.0","private":true}\n');
  const npm = (args: readonly string[], cwd: string) =>
    run("npm", [...args, "--offline", "--no-audit", "--no-fund", "--ignore-scripts"], {
      cwd,
      env: {
        ...process.env,
        npm_config_cache: join(above, "cache"),
        npm_config_update_notifier: "false",
      },
    });
  let made = 0;

  async function make(fixture: Fixture): Promise<string> {
    made += 1;
    const folder = join(above, `source-${made}`);
    const { name, version = "1.0.0", field = "glassine", fields, signedBy } = fixture;
    const manifest = {
      name,
      version,
      type: "module",
      keywords: [`${field}-plugin`],
      [field]: fixture.glassine ?? { plugin: "./plugin.js" },
      ...fields,
    };
    const files = {
      "package.json": `${JSON.stringify(manifest, null, 2)}\n`,
      ...(fixture.files ?? { "plugin.js": pluginSource(fixture) }),
    };
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    }
    if (signedBy !== undefined) await signFolder(folder, signedBy);
    return folder;
  }

  const environment = { PATH: process.env.PATH ?? "", HOME: home };

  const workspace: Workspace = {
    root,
    above,
    marker: join(above, "ran"),
    install: async (...fixtures) => {
      const folders = await Promise.all(fixtures.map(make));
      // As npm installs published packages: it packs each folder and unpacks the result.
      await npm(["install", "--install-links", ...folders], root);
    },
    uninstall: async (name) => {
      await npm(["uninstall", name], root);
    },
    packageAt: (name) => join(root, "node_modules", ...name.split("/")),
    run: (args, options) => workspace.node([...programFor(options?.user), ...args], options),
    node: (args, { env = {}, input = "", cwd = root, keepsWarnings = false } = {}) =>
      ended(args, { cwd, input, keepsWarnings, env: { ...environment, ...env } }),
    json: async (args, options) => {
      const { code, stdout } = await workspace.run([...args, "--json"], options);
      const data: unknown = JSON.parse(stdout);
      expectDocument(args, data);
      return { code, data: data as never };
    },
    read: async (path) => {
      try {
        return await readFile(join(root, path), "utf8");
      } catch {
        return undefined;
      }
    },
    write: (path, text) => writeFile(join(root, path), text),
  };
  return workspace;
}

interface Start {
  readonly cwd: string;
  readonly env: Record<string, string>;
  readonly input: string;
  readonly keepsWarnings: boolean;
}

/**
 * Arguments that start the command, as another user if one is given. It switches users once its
 * code is loaded, because that user might be unable to read the repository, as below root's home.
 */
function programFor(user: number | undefined): readonly string[] {
  if (user === undefined) return [command];
  const entry = pathToFileURL(join(repository, "dist/node/index.js")).href;
  const source = `import { createCommand } from ${JSON.stringify(entry)};
process.setgroups([]);
process.setgid(${user});
process.setuid(${user});
await createCommand({ bin: "glassine" }).main();
`;
  return ["--input-type=module", "--eval", source, "--", "glassine"];
}

function ended(args: readonly string[], { cwd, env, input, keepsWarnings }: Start): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd, env });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.on("error", reject);
    child.on("close", (code, signal) =>
      resolve({
        code,
        signal,
        stdout,
        stderr: keepsWarnings ? stderr : stderr.replaceAll(ofMost, ""),
      }),
    );
    // A command that does not read stdin may end before this write.
    child.stdin.on("error", () => {}).end(input);
  });
}
