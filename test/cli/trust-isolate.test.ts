// Only in test:all: it starts processes.
/** Where a plugin's code runs, by what the operator says when trusting it. */
import { appendFileSync, readFileSync } from "node:fs";
import { appendFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { install, newRoot, unsigned } from "../discovery/support.ts";
import { afterTest } from "../support/cleanup.ts";
import { farSides, guarded } from "../support/far-sides.ts";
import { verifies } from "../support/verifies.ts";
import { commandServices, linesOf, run, runJson } from "./support/run.ts";

const services = commandServices;
const trust = ["plugins", "trust", "guard", "--reason", "OPS-1"];
/** Accepts whatever protection the test machine lacks. */
const accept = ["memory", "network", "signals"].flatMap((name) => ["--accept", name]);
const isolated = [...trust, "--isolate", "process", ...accept];

async function installed(code = guarded("guard"), more: object = {}) {
  const cwd = await newRoot();
  await install(cwd, "guard", { code, ...more });
  const at = (argv: readonly string[]) => run(argv, { services, cwd, env: unsigned });
  const json = (argv: readonly string[]) => runJson(argv, { services, cwd, env: unsigned });
  const said = async () =>
    (await readFile(join(cwd, "plugins.lock"), "utf8"))
      .split("\n")
      .filter((line) => /^(?:isolate|accept)/.test(line));
  return { cwd, at, json, said };
}

afterEach(async () => {
  await expect.poll(farSides).toEqual([]);
  expect((globalThis as { ranInHost?: boolean }).ranInHost).toBeUndefined();
});

describe("trust --isolate", () => {
  it("writes where the code runs, and says what that promises", async () => {
    verifies("cli:trust-isolate");
    const { at, said } = await installed();
    const { code, stdout } = await at([...trust, "--isolate", "process", "--accept", "network"]);
    expect(code).toBe(0);
    expect(linesOf(stdout).filter((line) => /^ {2}(?:isolate|accepts):/.test(line))).toEqual([
      expect.stringMatching(/^ {2}isolate: process: A process of its own\. /),
      expect.stringMatching(/^ {2}accepts: network \(open network connections/),
    ]);
    expect(await said()).toEqual(['isolate = "process"', 'accept = ["network"]']);
  });

  it("warns while another plugin of the package runs in the host, as does each command that looks", async () => {
    verifies("cli:trust-isolate-all");
    const plugins = { guard: "./plugin.js", other: "./plugin.js:other" };
    const { at } = await installed(undefined, { glassine: { plugins } });
    const partly =
      "warning: the package 'guard' is isolated only for guard: the host imports it for other, so its code runs in the host too";
    const warned = async (argv: readonly string[]) =>
      linesOf((await at(argv)).stderr).filter((line) => line.includes("isolated only"));
    expect(await warned(isolated)).toEqual([partly]);
    for (const argv of [
      ["plugins", "lock", "--all", "--reason", "OPS-2"],
      ["plugins", "list", "--no-load"],
      ["plugins", "verify"],
      ["doctor", "--no-load"],
    ])
      expect(await warned(argv)).toEqual([partly]);
    expect(await warned(["plugins", "trust", "other", "--reason", "OPS-3"])).toEqual([partly]);
    const other = isolated.map((word) => (word === "guard" ? "other" : word));
    expect(await warned(other)).toEqual([]);
    expect(await warned(["plugins", "list", "--no-load"])).toEqual([]);
  });

  it("warns without advice if another plugin of the package cannot be isolated", async () => {
    verifies("cli:trust-isolate-all");
    const glassine = { plugin: "./plugin.js", procedures: { "acme.clean": "./plugin.js:Clean" } };
    const { at } = await installed(undefined, { glassine });
    expect(linesOf((await at(isolated)).stderr)).toContain(
      "warning: the package 'guard' is isolated only for guard: the host imports it for acme.clean, so its code runs in the host too",
    );
  });

  it("changes nothing where it is not given, and takes both away for the host", async () => {
    verifies("cli:trust-isolate");
    const { at, said } = await installed();
    await at(isolated);
    const before = await said();
    const again = await at(trust);
    expect([again.code, await said()]).toEqual([0, before]);
    expect(again.stdout).not.toContain("isolate");
    const weaker = await at([...trust, "--isolate", "worker"]);
    expect(linesOf(weaker.stdout)).toContain('  weaker:  its code ran in "process" before');
    expect(await said()).toEqual(['isolate = "worker"']);
    const host = await at([...trust, "--isolate", "host"]);
    expect(linesOf(host.stdout)).toContain(
      "  gone:    isolate worker: its code runs in the host now",
    );
    expect(await said()).toEqual([]);
  });

  it("holds where plugins.lock cannot be read: nothing is loaded, in the host least of all", async () => {
    verifies("cli:trust-isolate");
    const { cwd, json } = await installed();
    await json(isolated);
    await appendFile(join(cwd, "plugins.lock"), "\nbroken\n");
    const { document } = await json(["plugins", "doctor"]);
    expect(JSON.stringify(document)).toContain("plugins.lock cannot be read");
  });

  it("is kept by lock --all", async () => {
    verifies("cli:trust-isolate");
    const { cwd, at, said } = await installed();
    await at(isolated);
    const before = await said();
    await appendFile(join(cwd, "node_modules", "guard", "plugin.js"), "// changed\n");
    const all = await at(["plugins", "lock", "--all", "--reason", "OPS-2"]);
    expect([all.code, await said()]).toEqual([0, before]);
  });

  it.each([
    ["trust", trust],
    ["lock --all", ["plugins", "lock", "--all", "--reason", "OPS-2"]],
  ])("is kept by %s if it was given while that looked at files", async (_, argv) => {
    verifies("cli:trust-isolate");
    const { cwd, at, said } = await installed();
    await at(trust);
    await appendFile(join(cwd, "node_modules", "guard", "plugin.js"), "// changed\n");
    const path = join(cwd, "plugins.lock");
    const isolate = () => {
      if (!readFileSync(path, "utf8").includes("isolate")) appendFileSync(path, withIsolate);
    };
    const withIsolate = 'isolate = "process"\naccept = ["network"]\n';
    // The lockfile has been read when the packages are.
    const between = <Request extends { readonly progress: unknown }>(request: Request) => ({
      ...request,
      progress: isolate,
    });
    const meanwhile = {
      trust: (request: Parameters<typeof services.trust>[0]) => services.trust(between(request)),
      lock: (request: Parameters<typeof services.lock>[0]) => services.lock(between(request)),
    };
    const ended = await run(argv, { services: meanwhile, cwd, env: unsigned });
    expect([ended.code, ended.stdout]).toEqual([0, expect.stringContaining("trusted: guard")]);
    expect(await said()).toEqual(withIsolate.trimEnd().split("\n"));
  });

  it("loads the plugin there with --check", async () => {
    const { at } = await installed();
    expect(await at([...isolated, "--check"])).toMatchObject({ code: 0 });
  });

  it.each<[string, readonly string[], RegExp]>([
    [
      "no kind",
      ["--isolate", "vm"],
      /--isolate expects worker, process, quickjs or host, got 'vm'/,
    ],
    ["no opening", ["--isolate", "process", "--accept", "net"], /--accept expects network, /],
    ["an opening alone", ["--accept", "network"], /--accept needs --isolate process: /],
    ["an opening in the host", ["--isolate", "host", "--accept", "network"], /--accept needs/],
    ["an opening in a thread", ["--isolate", "worker", "--accept", "files"], /--accept needs/],
    ["an opening in QuickJS", ["--isolate", "quickjs", "--accept", "network"], /--accept needs/],
  ])("is refused: %s", async (_, argv, text) => {
    const { at } = await installed();
    const { code, stderr } = await at([...trust, ...argv]);
    expect([code, stderr]).toEqual([2, expect.stringMatching(text)]);
  });

  it("is wrong usage to accept something without a kind", async () => {
    verifies("cli:usage", "cli:trust-accept");
    const { json } = await installed();
    const { document } = await json([...trust, "--accept", "network"]);
    expect(document).toMatchObject({ error: { code: "usage" } });
  });

  it("warns where QuickJS is not installed", async () => {
    verifies("cli:trust-quickjs", "discovery:isolated-gates");
    const { cwd, at } = await installed();
    const quickJs = [...trust, "--isolate", "quickjs"];
    expect((await at(quickJs)).stderr).not.toContain("quickjs-emscripten");
    vi.doMock("quickjs-emscripten", () => {
      throw Object.assign(new Error("Cannot find package"), { code: "ERR_MODULE_NOT_FOUND" });
    });
    afterTest(() => vi.doUnmock("quickjs-emscripten"));
    const warned = [
      0,
      expect.arrayContaining([
        expect.stringMatching(
          /^warning: 'guard' cannot run in quickjs here: The package quickjs-emscripten .*Run `npm install quickjs-emscripten@0\.32` where glassine is installed, and start again\.$/,
        ),
      ]),
    ];
    const { code, stderr } = await at(quickJs);
    expect([code, linesOf(stderr)]).toEqual(warned);
    expect((await at(["plugins", "list"])).stdout).toMatch(
      /\n {2}isolation_refused: Do what the reason says/,
    );
    await appendFile(join(cwd, "node_modules/guard/plugin.js"), "\n");
    const all = await at(["plugins", "lock", "--all", "--reason", "OPS-2"]);
    expect([all.code, linesOf(all.stderr)]).toEqual(warned);
  });

  it("is refused for what cannot be isolated", async () => {
    verifies("cli:trust-isolate");
    const glassine = { procedures: { "acme.clean": "./plugin.js" } };
    const { at } = await installed("export default 1;", { glassine });
    const argv = ["plugins", "trust", "acme.clean", "--reason", "OPS-1", "--isolate", "process"];
    expect(await at(argv)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /'acme\.clean' cannot be isolated: a procedure runs in the host only; give --isolate host/,
      ),
    });
  });
});

describe("commands that look at an isolated plugin", () => {
  it("load it there, and show the promise of its kind", async () => {
    verifies("cli:isolation-shown");
    const { at, json } = await installed();
    await at(isolated);
    const production = ["--plugin-mode", "production"];
    const described = await at(["plugins", "describe", "guard", ...production]);
    expect(linesOf(described.stdout)).toEqual(
      expect.arrayContaining([
        "status: loaded",
        expect.stringMatching(/^isolate: process: A process of its own\. /),
        expect.stringMatching(/^accepts: memory \(take more memory than its limit\), network \(/),
      ]),
    );
    const listed = await json(["plugins", "list", ...production]);
    expect(listed.document.loaded).toMatchObject([
      {
        id: "guard",
        isolation: {
          isolate: "process",
          accept: ["memory", "network", "signals"],
          says: expect.stringMatching(/^A process of its own\./),
          open: expect.any(Array),
        },
      },
    ]);
    const { stdout } = await at(["plugins", "list"]);
    expect(stdout).toMatch(/^guard 1\.0\.0 hooks=1 .* isolate=process$/m);
    const doctor = await json(["plugins", "doctor"]);
    expect(doctor.document).toMatchObject([
      { status: "installed-enabled" },
      { status: "isolated", reason: expect.stringMatching(/^process: A process of its own\./) },
    ]);
  });

  it("say that its configuration is read where its code runs", async () => {
    verifies("cli:describe-config");
    const { at } = await installed();
    await at(isolated);
    for (const more of [[], ["--no-load"]])
      expect(linesOf((await at(["plugins", "describe", "guard", ...more])).stdout)).toContain(
        "config: read where its code runs, so its keys are not known here",
      );
  });

  it("show without loading where it would run", async () => {
    verifies("cli:isolation-shown");
    const { at, json } = await installed();
    await at(isolated);
    const { document } = await json(["plugins", "describe", "guard", "--no-load"]);
    expect(document.isolation).toMatchObject({ isolate: "process", open: null });
  });
});
