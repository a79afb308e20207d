/**
 * The built command as a child process, on packages that npm packed and installed into a folder of
 * their own. `npm test` builds first.
 */
import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
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
 * What is said of each package that is not signed or lists nothing, as most of these are, and of
 * one that is still installed when it is trusted no more.
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
  /** Text by path. Default: a plugin of the package's name and version. */
  readonly files?: { readonly [path: string]: string };
  /** More of package.json. */
  readonly fields?: object;
  /** More of the plugin's manifest, as source of properties: `capabilities: ["read_labels"],`. */
  readonly manifest?: string;
  /** Who signs it, with `glassine plugins sign`. */
  readonly signedBy?: Signer;
}

/** A publisher's own side of `publisher.ts`. */
export interface Signer {
  readonly identity: string;
  /** The path of the private key. */
  readonly key: string;
  readonly keyId: string;
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
  /** A file that modules of fixtures may write, to show that they were run. */
  readonly marker: string;
  /** The folder above the root: what lies there is no part of the application. */
  readonly above: string;
  /** Packs the fixtures and installs what was packed with npm, in one go. */
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
  /** The text of a file in the root; `undefined` where there is none. */
  read(path: string): Promise<string | undefined>;
  write(path: string, text: string): Promise<void>;
}

export interface RunOptions {
  /** Over PATH and HOME alone: nothing of the environment of the tests is handed on. */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly cwd?: string;
  /** Whether stderr has also what is said of most packages. */
  readonly keepsWarnings?: boolean;
  /** Who runs the command, by number: the superuser's tests may act as another. Default: as they. */
  readonly user?: number;
}

/** The source of a plugin, which writes `marker` when its module is run, where there is one. */
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
    if (signedBy !== undefined) await sign(folder, signedBy);
    return folder;
  }

  async function sign(folder: string, { identity, key, keyId }: Signer): Promise<void> {
    const args = ["--key", key, "--identity", identity, "--key-id", keyId];
    const { code, stderr } = await workspace.run(["plugins", "sign", folder, ...args]);
    if (code !== 0) throw new Error(stderr);
  }

  const environment = { PATH: process.env.PATH ?? "", HOME: home };

  const workspace: Workspace = {
    root,
    above,
    marker: join(above, "ran"),
    install: async (...fixtures) => {
      const folders = await Promise.all(fixtures.map(make));
      // As npm installs what is published: each is packed, and what was packed is unpacked.
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
 * The command, or the command as another user. It becomes that user once its code is loaded: the
 * repository may lie where that user cannot read, as below the home of the superuser.
 */
function programFor(user: number | undefined): readonly string[] {
  if (user === undefined) return [command];
  const entry = pathToFileURL(join(repository, "dist/node/index.js")).href;
  const source = `import { createCommand } from ${JSON.stringify(entry)};
process.setgroups([]);
process.setgid(${user});
process.setuid(${user});
await createCommand({ bin: "glassine", hostName: "glassine", prefix: "GLASSINE_" }).main();
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
    // A command that reads nothing may end before it is written to.
    child.stdin.on("error", () => {}).end(input);
  });
}
