// A process of its own: it starts processes, and replaces a function of Node.
/** What the command of a sandbox mounts, and the probe for one. */
import { spawnSync } from "node:child_process";
import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { confined, platformOf, sandboxed } from "../../../src/operate/isolate/sandbox.ts";
import { folderWith } from "../../support/folder.ts";
import { verifies } from "../../support/verifies.ts";

const { execFile } = vi.hoisted(() => ({ execFile: vi.fn() }));
vi.mock("node:child_process", async (original) => ({ ...(await original<object>()), execFile }));

const packages = new Map([["glassine", "/srv/lib/glassine"]]);
const entry = "/srv/lib/glassine/dist/far-side.js";

const asUser =
  process.getuid?.() === 0
    ? ["setpriv", "--reuid", "65532", "--regid", "65532", "--clear-groups", "--"]
    : ["env"];

function run(command: readonly string[]) {
  const [program = "", ...args] = command;
  return spawnSync(program, args, { encoding: "utf8" });
}

/** Runs a program as somebody other than root. */
const runAsUser = (...command: readonly string[]) => run([...asUser, ...command]);

const noNamespaces = runAsUser("unshare", "-rnpmiu", "--fork", "true").status !== 0;

/** The places that are mounted in the new root. */
function mounts(args: readonly string[]): readonly string[] {
  // After the script come its name, the place of the root, and a limit.
  const at = args.indexOf("-c") + 5;
  const end = at + 2 + 2 * Number(args[at]);
  return args.slice(at + 2, end).filter((_, index) => index % 2 === 1);
}

it("mounts nothing inside of what it has mounted, because that could empty a file", () => {
  verifies("isolation:kinds");
  const scope = "/usr/lib/app/package.json";
  const readable = ["/usr/lib/app/plugins", "/srv/data", "/srv/data/more"];
  const { args } = sandboxed({
    packages,
    entry,
    readable,
    files: [scope],
    links: new Map(),
    memoryMb: 64,
  });
  const found = mounts(args);
  expect(found).toEqual(
    expect.arrayContaining(["/usr/lib", "/node_modules/glassine", "/srv/data"]),
  );
  expect(found.filter((path) => found.some((each) => path.startsWith(`${each}/`)))).toEqual([]);
  // Both are in the root with /usr/lib.
  for (const path of ["/usr/lib/app/plugins/*", scope, "/srv/data/*"])
    expect(args).toContain(`--allow-fs-read=${path}`);
});

it("mounts no folder of the system in which a host may have its own files", () => {
  verifies("cpex:confined");
  const { args } = confined({ argv: ["python"], readable: [], network: true, memoryMb: 64 });
  const found = mounts(args);
  expect(found).toContain("/usr/lib");
  for (const path of ["/usr/src/app/.env", "/usr/local/etc/app.json", "/usr/local/app/key.pem"])
    expect(found.filter((each) => path.startsWith(`${each}/`))).toEqual([]);
});

it("refuses to hide the library behind a folder of packages that the plugin may read", () => {
  verifies("isolation:kinds");
  const options = { entry, readable: ["/node_modules"], files: [], links: new Map(), memoryMb: 64 };
  expect(() => sandboxed({ ...options, packages })).toThrow(/cannot read \/node_modules, because/);
  const own = new Map([["glassine", "/node_modules/glassine"]]);
  const { args } = sandboxed({ ...options, packages: own, entry: "/node_modules/glassine/a.js" });
  expect(args).toContain("/node_modules/glassine/a.js");
});

it("refuses to mount everything, which would leave no place for the new root", () => {
  verifies("isolation:kinds");
  const files = ["/srv/app/package.json"];
  const options = { packages, entry, readable: ["/"], files, links: new Map(), memoryMb: 64 };
  const message = /needs one of \/mnt, .* for its new root, and none is left/;
  expect(() => sandboxed(options)).toThrow(message);
  const program = { argv: ["python"], readable: ["/"], network: false, memoryMb: 64 };
  expect(() => confined(program)).toThrow(message);
});

it("mounts what the library imports beside it, even if the plugin may read that", () => {
  verifies("isolation:kinds");
  const options = { entry, files: [], links: new Map(), memoryMb: 64 };
  for (const folder of ["/srv/lib", "/node_modules"]) {
    const zod = `${folder}/zod`;
    const given = new Map([...packages, ["zod", zod]]);
    const { args } = sandboxed({ ...options, packages: given, readable: [zod, "/srv/data"] });
    const found = mounts(args).filter((path) => !path.startsWith("/usr"));
    expect(found).toEqual(
      expect.arrayContaining(["/node_modules/glassine", "/node_modules/zod", "/srv/data"]),
    );
    expect(found).not.toContain("/srv/lib/zod");
  }
  const { args } = sandboxed({ ...options, packages, readable: ["/srv/lib/glassine"] });
  expect(args).toContain(entry);
});

it("mounts a folder for a program once, although it is named twice", () => {
  const readable = ["/srv/venv", "/usr/lib/python3", "/srv/venv", "/srv/venv/lib"];
  const { args } = confined({ argv: ["python"], readable, network: false, memoryMb: 64 });
  const found = mounts(args);
  expect(found.filter((path) => path.startsWith("/srv"))).toEqual(["/srv/venv"]);
  expect(found).not.toContain("/usr/lib/python3");
});

it.skipIf(noNamespaces)("makes the new root for a user who is not root", () => {
  verifies("isolation:platform");
  const argv = ["touch", "/written"];
  const { command, args } = confined({ argv, readable: [], network: false, memoryMb: 64 });
  expect(runAsUser(command, ...args).stderr).toMatch(/^touch: .*Read-only file system\s*$/);
});

it.skipIf(noNamespaces)("what is mounted inside of a folder is read-only, too", async () => {
  verifies("isolation:platform");
  const folder = await folderWith();
  const inner = join(folder, "a b/inner");
  await mkdir(inner, { recursive: true });
  const argv = ["touch", join(inner, "written")];
  const { command, args } = confined({ argv, readable: [folder], network: false, memoryMb: 64 });
  const mounted = 'mount -t tmpfs none "$1" && shift && exec "$@"';
  const within = ["unshare", "-rm", "sh", "-c", mounted, "sh", inner];
  const { stderr } = run([...within, command, ...args]);
  expect(stderr).toMatch(/^touch: .*Read-only file system\s*$/);
});

it("makes the new root where it hides nothing that a link leads to", async () => {
  verifies("isolation:kinds");
  const folder = await folderWith();
  const placeFor = (readable: readonly string[]) => {
    const { args } = confined({ argv: ["python"], readable, network: false, memoryMb: 64 });
    return args[args.indexOf("-c") + 3] ?? "";
  };
  const link = join(folder, "link");
  await symlink(placeFor([]), link);
  expect(placeFor([link])).not.toBe(placeFor([]));
});

it.skipIf(process.platform !== "linux")(
  "a probe that throws is reported, and tried again",
  async () => {
    execFile.mockImplementationOnce(() => {
      throw new Error("spawn ENOMEM");
    });
    expect(await platformOf()).toEqual({ open: ["network", "signals"], why: "spawn ENOMEM" });
    execFile.mockImplementationOnce((_command, _args, _options, done) => done(null, "", ""));
    expect(await platformOf()).toEqual({ open: [], why: undefined });
  },
);
