/** `verify`, `trust` and `lock` inspect what is installed, whatever the settings for loading it. */
import { appendFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { defineHost } from "glassine/host";
import { describe, expect, it } from "vitest";
import { discover, install, newRoot, ran, source, unsigned } from "../discovery/support.ts";
import { verifies } from "../support/verifies.ts";
import { commandServices, linesOf, run, runJson } from "./support/run.ts";

const services = commandServices;
const reason = ["--reason", "reviewed"];

describe("a package that no lockfile makes acceptable", () => {
  const broken = {
    entry_point_missing: { keywords: ["glassine-plugin"] },
    invalid_entry_point: { glassine: { plugin: "./nope.js" } },
    invalid_metadata: { glassine: "plugin.js" },
  };

  it.each(Object.entries(broken))(
    "is a problem for `verify`, as for a start: %s",
    async (...row) => {
      verifies("cli:verify-refused");
      const [expected, fields] = row;
      const cwd = await newRoot();
      const env = unsigned;
      await install(cwd, "guard");
      await run(["plugins", "lock", "--all", ...reason], { services, cwd, env });
      const folder = join(cwd, "node_modules", "zzz");
      await mkdir(folder);
      const manifest = JSON.stringify({ name: "zzz", version: "1.0.0", ...fields });
      await writeFile(join(folder, "package.json"), manifest);
      const { rejected } = await discover(cwd, { mode: "production" });
      expect(rejected).toMatchObject([{ package: "zzz", code: expected }]);
      const { code, document } = await runJson(["plugins", "verify"], { services, cwd, env });
      const found = [...document.rejected, ...document.drift];
      expect([code, found.length > 0]).toEqual([1, true]);
      const { stdout } = await run(["plugins", "verify"], { services, cwd, env });
      expect(linesOf(stdout)).toContain("verify failed: 1 problem(s)");
    },
  );
});

it("a trusted package whose package.json cannot be used any more is refused for that reason", async () => {
  verifies("cli:verify-refused");
  const cwd = await newRoot();
  const options = { services, cwd, env: unsigned };
  const path = await install(cwd, "guard");
  await run(["plugins", "lock", "--all", ...reason], options);
  const manifest = { name: "guard", version: "1.0.0", glassine: "plugin.js" };
  await writeFile(join(path, "package.json"), JSON.stringify(manifest));
  const { code, stdout } = await run(["plugins", "verify"], options);
  expect([code, linesOf(stdout)]).toEqual([
    1,
    expect.arrayContaining([
      expect.stringMatching(/^ {2}guard: hash \(expected=/),
      expect.stringMatching(/^ {2}guard: invalid_metadata: /),
      "verify failed: 2 problem(s)",
    ]),
  ]);
});

describe("with discovery switched off", () => {
  const env = { ...unsigned, GLASSINE_PLUGIN_AUTO_DISCOVERY_ENABLED: "false" };
  const off =
    "warning: GLASSINE_PLUGIN_AUTO_DISCOVERY_ENABLED=false: a host loads none of what is installed\n";

  it("`verify` finds what was changed", async () => {
    verifies("cli:static-looks");
    const cwd = await newRoot();
    const path = await install(cwd, "guard");
    const at = (argv: readonly string[]) => run(["plugins", ...argv], { services, cwd, env });
    expect(await at(["trust", "guard", ...reason])).toMatchObject({ code: 0, stderr: off });
    expect(await at(["verify"])).toMatchObject({ code: 0, stderr: off });
    await appendFile(join(path, "plugin.js"), "// changed\n");
    const { code, stdout } = await at(["verify"]);
    expect([code, linesOf(stdout)]).toEqual([
      1,
      expect.arrayContaining(["verify failed: 1 problem(s)"]),
    ]);
  });

  it("`lock` trusts what is installed and removes only what is gone", async () => {
    verifies("cli:static-looks");
    const cwd = await newRoot();
    await install(cwd, "guard");
    const at = (argv: readonly string[]) => run(["plugins", ...argv], { services, cwd, env });
    expect((await at(["lock", "--all", ...reason])).stdout).toContain("guard");
    const lock = await readFile(join(cwd, "plugins.lock"), "utf8");
    expect(lock).toContain('id = "guard"');
    expect(await at(["lock", "--prune", ...reason])).toMatchObject({ code: 0, stderr: off });
    expect(await readFile(join(cwd, "plugins.lock"), "utf8")).toBe(lock);
  });

  it("`list` and `doctor` load nothing, as the host does", async () => {
    const cwd = await newRoot();
    const marker = join(cwd, "ran");
    await install(cwd, "guard", { code: source("guard", {}, marker) });
    for (const argv of [["plugins", "list"], ["doctor"]])
      expect(await run(argv, { services, cwd, env })).toMatchObject({ code: 0 });
    expect(ran(marker)).toBe(false);
  });

  it.each(["dev", "production"])("`doctor` says that nothing was looked at: %s", async (mode) => {
    verifies("cli:doctor-off");
    const cwd = await newRoot();
    await install(cwd, "guard");
    await run(["plugins", "trust", "guard", ...reason], { services, cwd, env });
    const options = { services, cwd, env: { ...env, GLASSINE_PLUGIN_MODE: mode } };
    const said =
      "GLASSINE_PLUGIN_AUTO_DISCOVERY_ENABLED=false: no installed plugin was looked at, and a host loads none, not even one that plugins.lock trusts";
    const { code, document } = await runJson(["doctor", "--strict"], options);
    expect([code, document.status, document.findings]).toEqual([
      1,
      "warning",
      [
        {
          about: "setting",
          severity: "warning",
          message: said,
          recommendation: expect.any(String),
        },
      ],
    ]);
    for (const argv of [["doctor"], ["plugins", "doctor"]]) {
      const { code: strict, stdout } = await run([...argv, "--strict"], options);
      expect([strict, stdout]).toEqual([1, expect.not.stringContaining("looks consistent")]);
      expect(await run(argv, options)).toMatchObject({ code: 0 });
    }
  });
});

it("a plugin of another host is neither missing nor pruned, nor counted as verified", async () => {
  verifies("lockfile:drift-other-hosts", "cli:verify-counts");
  const cwd = await newRoot();
  const file = join(await install(cwd, "theirs"), "package.json");
  const { glassine, ...fields } = JSON.parse(await readFile(file, "utf8"));
  const keywords = ["stigmem-plugin"];
  await writeFile(file, JSON.stringify({ ...fields, keywords, stigmem: glassine }));
  const profile = { hostName: "stigmem", envPrefix: "STIGMEM_" };
  const other = { host: defineHost({ profile }) };
  const env = {
    ...unsigned,
    STIGMEM_PLUGIN_SIGNING_REQUIRED: "false",
    STIGMEM_PLUGIN_UNSIGNED_ACK: unsigned.GLASSINE_PLUGIN_UNSIGNED_ACK,
  };
  const trusted = ["plugins", "trust", "theirs", ...reason];
  expect(await run(trusted, { services, cwd, env, host: other })).toMatchObject({ code: 0 });
  const lock = await readFile(join(cwd, "plugins.lock"), "utf8");
  const at = (argv: readonly string[]) => run(["plugins", ...argv], { services, cwd, env });
  const verified = await at(["verify"]);
  expect([verified.code, verified.stderr, linesOf(verified.stdout).slice(1)]).toEqual([
    0,
    "",
    [
      "1 entry of another host was not looked at: `verify --host MODULE` compares it.",
      "",
      "plugins.lock verified: 0 entries; signatures were not checked: GLASSINE_PLUGIN_SIGNING_REQUIRED=false",
    ],
  ]);
  const { document } = await runJson(["plugins", "verify"], { services, cwd, env });
  expect(document).toMatchObject({ ok: true, other_host_count: 1, lock: { entries: 1 } });
  expect(await at(["lock", "--prune", ...reason])).toMatchObject({ code: 0 });
  expect(await readFile(join(cwd, "plugins.lock"), "utf8")).toBe(lock);
});
