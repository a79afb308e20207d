// Only in test:all: it starts processes.
// A process of its own: it starts processes.
/** Plugins of CPEX that a configuration names, and what plugins.lock trusts of them. */
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createExtensions } from "glassine";
import { describe, expect, it } from "vitest";
import { install, unsigned } from "../../discovery/support.ts";
import { accept, type FakeVenv, fakeVenv, memoryMb } from "../../isolate/cpex/support/fake-venv.ts";
import { hasCpex, python as realPython } from "../../isolate/cpex/support/real-venv.ts";
import { afterTest } from "../../support/cleanup.ts";
import { folderWith } from "../../support/folder.ts";
import { verifies } from "../../support/verifies.ts";
import { run } from "../command/support.ts";
import { configFile, configure, files, problemsOf, refusalIn, runningIn } from "./support.ts";

const kind = "cpex_guard.guard.Guard";
const site = "lib/python3.11/site-packages";
const off = "include-system-site-packages = false\n";
/** JSON is YAML. */
const guard = { name: "Guard", kind, hooks: ["tool_pre_invoke"], capabilities: ["read_labels"] };

/** A fake environment in which `cpex` is installed too, as in a real one. */
async function environment() {
  const venv = await fakeVenv();
  afterTest(() => venv.remove());
  await venv.write("cpex/__init__.py", "");
  const record = "cpex/__init__.py,,\ncpex-0.1.4.dist-info/RECORD,,\n";
  await venv.write("cpex-0.1.4.dist-info/RECORD", record);
  return venv;
}

const audit = { file: "audit.jsonl" };

interface Scene {
  readonly mode?: "dev" | "production";
  readonly plugins?: readonly object[];
  readonly entry?: object;
}

async function scene({ mode = "dev", plugins = [guard], entry = {} }: Scene = {}) {
  const venv = await environment();
  const folder = await folderWith({ "cpex.yaml": { plugins } });
  const { python } = venv;
  const guests = { kind: "cpex", file: "cpex.yaml", python, accept, memoryMb, ...entry };
  const write = (now: object) =>
    configure(folder, { mode, audit, plugins: [{ ...guests, ...now }] });
  await write({});
  const lock = join(folder, "plugins.lock");
  return {
    venv,
    folder,
    lock,
    write,
    trust: (...flags: readonly string[]) =>
      run(["gateway", "trust", "--json", "--plugins-lock", lock, ...flags], { cwd: folder }),
    check: async () => (await run(["gateway", "--check", "--json"], { cwd: folder })).document(),
    start: () => runningIn(folder),
    refusal: (env = {}) => refusalIn(folder, { env }),
  };
}

const reasoned = ["--reason", "reviewed"];

describe("guests of a configuration", () => {
  it("run behind the filter, with what the file says", async () => {
    const { start } = await scene({ entry: { timeoutMs: 5_000 } });
    const { manager } = await start();
    const [handler] = manager.handlersFor("tool_pre_invoke");
    expect(handler).toMatchObject({ plugin: "guard", isolate: "process" });
    const extensions = createExtensions({
      security: { labels: ["PII"], subject: { id: "ada", type: "user" } },
    });
    const { payload } = await manager.invoke(
      "tool_pre_invoke",
      { name: "add", args: {} },
      { extensions },
    );
    const { args } = payload as unknown as { args: { extensions: { security: object } } };
    expect(args.extensions.security).toMatchObject({ labels: ["PII"] });
    expect(args.extensions.security).not.toHaveProperty("subject.id");
  });

  it("are shown by --check as what may start programs", async () => {
    verifies("cli:gateway-check");
    const { check } = await scene();
    const { plugins } = await check();
    expect(plugins).toMatchObject([{ name: "guard", from: "cpex" }]);
    const [place] = plugins[0].runs_in;
    expect(place).toMatch(/^Its code runs isolated, in "process"\. .*It can start these programs/);
    expect(place).not.toContain("no programs");
  });

  it("get variables and secrets that the configuration names, and nothing else", async () => {
    const problems = await problemsOf({
      servers: { files },
      plugins: [{ kind: "cpex", file: "a.yaml", python: "p", isolate: "worker" }],
    });
    expect(Object.keys(problems)).toEqual(["plugins[0].isolate"]);
    const { refusal } = await scene({ entry: { env: { KEY: { env: "NOT_SET" } } } });
    expect(await refusal()).toMatchObject({ code: "secret_missing" });
  });

  it("say what has no effect, and warn once of what is not acted on", async () => {
    const hooks = ["tool_pre_invoke", "http_pre_request"];
    const { start, check } = await scene({ plugins: [{ ...guard, hooks }] });
    expect((await check()).warnings).toEqual([
      "the plugin guard: its hook http_pre_request has no effect: This host has no such hook.",
    ]);
    const { manager, events } = await start();
    const requests = () => events().filter(({ text }) => String(text).includes("does not support"));
    await manager.invoke("tool_pre_invoke", { name: "add", args: {} });
    expect(requests()).toEqual([]);
    for (let call = 0; call < 2; call++)
      await manager.invoke("tool_pre_invoke", { name: "add", args: { behave: "answer" } });
    expect(requests()).toHaveLength(2);
  });

  it("are refused with the place in the configuration", async () => {
    const { refusal } = await scene({ plugins: [{ ...guard, hooks: ["http_pre_request"] }] });
    expect((await refusal()).message).toMatch(
      /^plugins\[0\] \(.*cpex\.yaml\) of .*: This host has none of the hooks of /,
    );
  });
});

describe("in production", () => {
  it("nothing runs without a lockfile, or without an entry", async () => {
    verifies("discovery:guests", "discovery:guest-environment");
    const { refusal, lock } = await scene({ mode: "production" });
    expect(await refusal()).toMatchObject({ code: "lockfile_missing" });
    const noEntry = { message: expect.stringContaining("plugins.lock has no entry for a guest") };
    // Where no installed plugin is read, none of them needs a lockfile.
    const env = { GLASSINE_PLUGIN_AUTO_DISCOVERY_ENABLED: "false" };
    expect(await refusal(env)).toMatchObject({ code: "package_refused", ...noEntry });
    await writeFile(lock, "version = 1\n");
    expect(await refusal()).toMatchObject({ code: "package_refused", ...noEntry });
  });

  it("what was trusted runs, and is no plugin that npm lacks", async () => {
    verifies("discovery:guests", "discovery:guest-entries");
    const { start, trust, folder, lock } = await scene({ mode: "production" });
    expect((await trust("--check")).code).toBe(1);
    const trusted = await trust(...reasoned);
    expect([trusted.code, trusted.document()]).toMatchObject([
      0,
      { written: true, guests: [{ id: "guard", package: "cpex-guard", version: "1.2.0" }] },
    ]);
    const text = await readFile(lock, "utf8");
    for (const line of ['kind = "cpex"', 'entry_point = "cpex_guard.guard:Guard"'])
      expect(text).toContain(line);
    expect((await trust("--check")).code).toBe(0);
    const { manager } = await start();
    expect(manager.plugins.map(({ name }) => name)).toEqual(["guard"]);
    const at = { cwd: folder };
    const verified = await run(["plugins", "verify", "--root", folder, "--plugins-lock", lock], at);
    expect(verified.code).toBe(0);
    expect(verified.stdout).toContain("1 guest was not looked at");
    expect(verified.stdout).toContain("verified: 0 entries");
  });

  it("a guest that ended runs again only if its environment is what was trusted", async () => {
    verifies("discovery:guest-restart");
    const { start, trust, venv } = await scene({ mode: "production" });
    await trust(...reasoned);
    const { manager } = await start();
    const goesOn = async (args: { readonly behave?: string }) =>
      (await manager.invoke("tool_pre_invoke", { name: "add", args })).continueProcessing;
    const trusted = await readFile(join(venv.root, site, "cpex_guard/guard.py"), "utf8");
    expect([await goesOn({}), await goesOn({ behave: "die" })]).toEqual([true, false]);
    await venv.write("cpex_guard/guard.py", "class Guard: x = 1\n");
    expect(await goesOn({})).toBe(false);
    await venv.write("cpex_guard/guard.py", trusted);
    await expect.poll(() => goesOn({}), { timeout: 10_000 }).toBe(true);
  });

  it("the lockfile that a relative path names is in the current folder", async () => {
    verifies("cli:paths");
    const { folder } = await scene();
    const cwd = await folderWith({});
    const config = join(folder, configFile);
    const flags = ["--config", config, "--plugins-lock", "own.lock"];
    const argv = ["gateway", "trust", "--json", ...reasoned, ...flags];
    const { code, document } = await run(argv, { cwd });
    expect([code, document().lock_path]).toEqual([0, join(cwd, "own.lock")]);
  });

  it("a second grant writes what changed, and nothing where nothing did", async () => {
    const { trust, venv, lock } = await scene({ mode: "production" });
    await trust(...reasoned);
    const before = await readFile(lock, "utf8");
    expect((await trust(...reasoned)).document()).toMatchObject({ written: false });
    expect(await readFile(lock, "utf8")).toBe(before);
    await venv.write("cpex_guard/guard.py", "class Guard: x = 1\n");
    const { guests } = (await trust(...reasoned)).document();
    expect(guests[0].changes).toMatchObject([{ kind: "hash" }]);
  });

  const changes: Readonly<
    Record<string, [(scene: Awaited<ReturnType<typeof sceneOf>>) => Promise<unknown>, RegExp]>
  > = {
    "a file of its wheel": [
      ({ venv }) => venv.write("cpex_guard/guard.py", "class Guard: x = 1\n"),
      /cpex-guard@1\.2\.0 sha256:\w+ is not installed, .* is not trusted/,
    ],
    "a file of another wheel": [
      ({ venv }) => venv.write("cpex/__init__.py", "import os\n"),
      /cpex@0\.1\.4 sha256:\w+ is not installed/,
    ],
    "a wheel more": [
      async ({ venv }) => {
        await venv.write("more/__init__.py", "");
        await venv.write(
          "more-1.0.dist-info/RECORD",
          "more/__init__.py,,\nmore-1.0.dist-info/RECORD,,\n",
        );
      },
      /more@1\.0 sha256:\w+ is not trusted/,
    ],
    "a module that belongs to no wheel": [
      ({ venv }) => venv.write("sitecustomize.py", "import os\n"),
      /"sitecustomize\.py" in site-packages belongs to no wheel/,
    ],
    "a file that Python runs at its start": [
      ({ venv }) => venv.write("evil.pth", "import os\n"),
      /"evil\.pth" in site-packages belongs to no wheel/,
    ],
    "a file that a wheel lists only as the folder of bytecode": [
      async ({ venv }) => {
        await venv.write("evil.pth", "import os\n");
        await list(venv, "evil.pth/__pycache__/x.cpython-311.pyc,,");
      },
      /"evil\.pth" in site-packages belongs to no wheel/,
    ],
    "a package of which a wheel lists only bytecode": [
      async ({ venv }) => {
        await venv.write("sitecustomize/__init__.py", "import os\n");
        await list(venv, "sitecustomize/__pycache__/__init__.cpython-311.pyc,,");
      },
      /"sitecustomize" in site-packages belongs to no wheel/,
    ],
    "a module in the folder for bytecode of a package": [
      ({ venv }) => venv.write("cpex_guard/__pycache__/__init__.py", "import os\n"),
      /cpex-guard@1\.2\.0 sha256:\w+ is not installed, .* is not trusted/,
    ],
    "bytecode there that Python takes for a module": [
      ({ venv }) => venv.write("cpex_guard/__pycache__/evil.pyc", "compiled"),
      /cpex-guard@1\.2\.0 sha256:\w+ is not installed, .* is not trusted/,
    ],
    "a module in the folder for bytecode of single modules": [
      ({ venv }) => venv.write("__pycache__/__init__.py", "import os\n"),
      /"__pycache__\/__init__\.py" in site-packages belongs to no wheel/,
    ],
    "a file that a wheel lists as a folder": [
      async ({ venv }) => {
        await venv.write("evil.pth", "import os\n");
        await list(venv, "evil.pth/x,,");
      },
      /its file "evil\.pth" cannot be read \(ENOTDIR\)/,
    ],
    "a file next to the metadata of a wheel that lists none": [
      ({ venv }) => venv.write("cpex-0.1.4.dist-info/entry_points.txt", "[x]\n"),
      /cpex@0\.1\.4 sha256:\w+ is not installed/,
    ],
    "a folder from which Debian's Python imports": [
      ({ venv }) => venv.write("../dist-packages/sitecustomize.py", "import os\n"),
      /"lib\/python3\.11\/dist-packages" in the virtual environment belongs to no wheel/,
    ],
    "folders from which other builds of Python import": [
      ({ venv }) => venv.write("../../../lib64/python3.11/site-packages/a.py", "import os\n"),
      /"lib64" in the virtual environment belongs to no wheel/,
    ],
    "a capability more": [
      ({ folder }) =>
        writeFile(
          join(folder, "cpex.yaml"),
          JSON.stringify({
            plugins: [{ ...guard, capabilities: ["read_labels", "read_subject"] }],
          }),
        ),
      /capabilities: read_labels was trusted, and read_labels, read_subject is there/,
    ],
    "a plugin more": [
      ({ folder }) =>
        writeFile(
          join(folder, "cpex.yaml"),
          JSON.stringify({ plugins: [guard, { ...guard, name: "Other" }] }),
        ),
      /"other" is refused: plugins\.lock does not trust it/,
    ],
    "its end of trust": [
      async ({ lock }) => {
        const text = await readFile(lock, "utf8");
        await writeFile(lock, `${text.trimEnd()}\nuntil = "2020-01-01"\n`);
      },
      /expired: 2020-01-01 was trusted/,
    ],
  };
  const list = async (venv: FakeVenv, line: string) => {
    const path = "cpex_guard-1.2.0.dist-info/RECORD";
    const record = await readFile(join(dirname(venv.python), "..", site, path), "utf8");
    await venv.write(path, `${record}\n${line}\n`);
  };
  const sceneOf = async () => {
    const made = await scene({ mode: "production" });
    await made.trust(...reasoned);
    return made;
  };
  it.each(Object.entries(changes))("refuses %s", async (_, [change, text]) => {
    verifies("discovery:guests", "discovery:guest-environment");
    const made = await sceneOf();
    await change(made);
    expect(await made.refusal()).toEqual({
      code: "package_refused",
      message: expect.stringMatching(text),
    });
  });

  it.each([
    ["a key in other cases, after a space", " Include-System-Site-Packages=TRUE \n"],
    ["the last of several lines", `${off}${off.replace("false", "true")}`],
    ["a line after another kind of line end", `${off}a = b\r${off.replace("false", "true")}`],
    ["a separator that Python strips", `${off}\u001c${off.replace("false", "true")}`],
    ["no line that says otherwise", "home = /usr/bin\n"],
    ["only a line that Python does not read as one", `\ufeff${off}`],
  ])("refuses an environment that includes the system's packages: %s", async (_, settings) => {
    verifies("discovery:guest-environment");
    for (const folder of ["bin", "."]) {
      const made = await sceneOf();
      await writeFile(join(made.venv.root, folder, "pyvenv.cfg"), settings);
      expect(await made.refusal()).toEqual({
        code: "package_refused",
        message: expect.stringContaining("pyvenv.cfg has include-system-site-packages = true"),
      });
    }
  });

  it("refuses an environment for several versions of Python: it could read the wrong one", async () => {
    verifies("discovery:guest-environment");
    const made = await sceneOf();
    await made.venv.write("../../python3.12/site-packages/sitecustomize.py", "import os\n");
    expect(await made.refusal()).toEqual({
      code: "options_invalid",
      message: expect.stringContaining("has more than one lib/python3.X/site-packages"),
    });
  });

  it("refuses a guest whose code is in no wheel, next to one that is trusted", async () => {
    verifies("discovery:guests");
    const made = await sceneOf();
    const loose = { ...guard, name: "Loose", kind: "elsewhere.Guard" };
    await writeFile(join(made.folder, "cpex.yaml"), JSON.stringify({ plugins: [guard, loose] }));
    expect(await made.refusal()).toEqual({
      code: "package_refused",
      message: expect.stringContaining('the guest "loose" is refused: its code is in no wheel'),
    });
  });

  it("refuses an opening that was not accepted", async () => {
    const made = await scene({
      mode: "production",
      entry: { accept: ["files", "memory", "signals"] },
    });
    await made.trust(...reasoned);
    await made.write({ network: true });
    expect((await made.refusal()).message).toContain("network was not accepted for it");
    const changes = async () => (await made.trust("--check")).document().guests[0].changes;
    expect(await changes()).toMatchObject([{ kind: "accept" }]);
    await made.venv.write("cpex_guard/guard.py", "class Guard: x = 1\n");
    expect(await changes()).toMatchObject([{ kind: "hash" }, { kind: "accept" }]);
  });

  it("trusts no environment with more than wheels, and no code outside of them", async () => {
    const loose = await scene();
    await loose.venv.write("evil.pth", "import os\n");
    expect((await loose.trust(...reasoned)).stdout).toContain("belongs to no wheel");
    const bare = await scene({ plugins: [{ ...guard, kind: "elsewhere.Guard" }] });
    expect((await bare.trust(...reasoned)).stdout).toContain("its code is in no wheel");
  });

  it("replaces no plugin of npm with the same id, and is not replaced by one", async () => {
    verifies("journal:same-kind");
    const { trust, folder, lock } = await scene();
    await install(folder, "guard");
    const plugins = (...argv: readonly string[]) =>
      run(["plugins", ...argv, "--reason", "OPS-1", "--plugins-lock", lock], {
        cwd: folder,
        env: unsigned,
      });
    await plugins("trust", "guard");
    const before = await readFile(lock, "utf8");
    const guest = await trust(...reasoned);
    expect([guest.code, guest.stdout]).toEqual([2, expect.stringContaining("untrust it first")]);
    expect(await readFile(lock, "utf8")).toBe(before);
    await plugins("untrust", "guard");
    await trust(...reasoned);
    const plugin = await plugins("trust", "guard");
    expect([plugin.code, plugin.stderr]).toEqual([
      2,
      expect.stringContaining("trusted from the wheel cpex-guard, and this one is from the npm"),
    ]);
    const all = await plugins("lock", "--all");
    expect([all.code, all.stdout]).toEqual([
      1,
      expect.stringContaining("skipped: guard: duplicate_id"),
    ]);
    expect(await readFile(lock, "utf8")).toContain('kind = "cpex"');
  });

  it("has nothing to trust if the file selects no plugin", async () => {
    const { trust, lock, folder } = await scene({ plugins: [{ ...guard, mode: "disabled" }] });
    for (const flags of [reasoned, ["--check"]]) {
      const { code, document } = await trust(...flags);
      expect([code, document()]).toMatchObject([
        0,
        { lock_path: lock, written: false, guests: [] },
      ]);
    }
    const { stdout } = await run(["gateway", "trust", "--check"], { cwd: folder });
    expect(stdout).toBe("nothing to trust: the configuration selects no plugin of CPEX\n");
    await expect(readFile(lock)).rejects.toThrow("ENOENT");
  });

  it("needs a reason, and guests", async () => {
    const { trust, folder } = await scene();
    expect((await trust()).stdout).toContain("reason");
    await configure(folder, {});
    // It asks for no reason, because there is nothing to trust.
    for (const flags of [["--check"], []])
      expect((await trust(...flags)).stdout).toContain("names no guests");
  });
});

it.skipIf(!hasCpex)(
  "published plugins in real CPEX: trusted, checked and run",
  async () => {
    const folder = await folderWith({
      "cpex.yaml": `plugins:\n  - name: PIIFilter\n    kind: cpex_pii_filter.pii_filter.PIIFilterPlugin\n`,
    });
    const plugins = [{ kind: "cpex", file: "cpex.yaml", python: realPython, accept }];
    await configure(folder, { mode: "production", audit, plugins });
    const lock = join(folder, "plugins.lock");
    const flags = ["--reason", "reviewed", "--plugins-lock", lock];
    expect(await run(["gateway", "trust", ...flags], { cwd: folder })).toMatchObject({ code: 0 });
    const { manager, texts } = await runningIn(folder);
    const args = { note: "Her number is 078-05-1120." };
    const { payload } = await manager.invoke("tool_pre_invoke", { name: "send", args });
    expect(payload.args).toEqual({ note: "Her number is [REDACTED]." });
    expect(texts.log).not.toMatch(/ERROR/);
  },
  120_000,
);
