/** A change that was begun and not finished: what reports it, and which way out is named. */
import { createHash } from "node:crypto";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { describe, expect, it } from "vitest";
import { install, newRoot, unsigned } from "../discovery/support.ts";
import { verifies } from "../support/verifies.ts";
import { commandServices, run, runJson } from "./support/run.ts";

const services = commandServices;
const reason = ["--reason", "reviewed"];
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const other = "0".repeat(64);
const line = `2026-05-25T10:15:30.123Z\ttrust\tother-guard\t1.0.0\tsha256:${other}\tr`;

/** A folder with a trusted plugin, and functions that run commands in it. */
async function newPlace() {
  const cwd = await newRoot();
  await install(cwd, "guard");
  const lock = join(cwd, "plugins.lock");
  const options = { services, cwd, env: unsigned };
  const at = (argv: readonly string[]) => run(argv, options);
  const findings = async () => {
    const { document } = await runJson(["doctor"], options);
    return [document.status, document.findings] as const;
  };
  const leave = (record: object | string) =>
    writeFile(`${lock}.pending`, typeof record === "string" ? record : JSON.stringify(record));
  const names = async () => (await readdir(cwd)).filter((name) => name.startsWith("plugins.lock"));
  return { cwd, lock, at, findings, leave, names };
}

const pending = {
  about: "pending",
  severity: "warning",
  recommendation:
    "Run any command that writes, such as `plugins lock`: it completes or undoes the change.",
};

describe("CLI-079: an unfinished change beside a lock", () => {
  const commands = ["lock", "lock --prune --reason r", "trust guard --reason r"];

  it.each(commands)("is finished by %s", async (words) => {
    verifies("journal:unfinished-reported", "cli:lock-settles");
    const { lock, at, findings, leave, names } = await newPlace();
    await at(["plugins", "trust", "guard", ...reason]);
    const text = await readFile(lock, "utf8");
    await leave({ version: 1, old: sha256(text), new: other, journal: 0, lines: [line] });
    expect(await findings()).toMatchObject(["warning", [pending]]);
    const { code, stderr } = await at(["plugins", ...words.split(" ")]);
    const warning = `An unfinished change of ${lock} was discarded. The file had not been changed.`;
    expect([code, stderr]).toEqual([0, `warning: ${warning}\n`]);
    expect(await findings()).toEqual(["ok", []]);
    expect(await names()).toEqual(["plugins.lock", "plugins.lock.journal"]);
  });

  it("is finished by `lock --all` even if nothing can be trusted", async () => {
    verifies("cli:lock-settles");
    const { lock, cwd, leave, names } = await newPlace();
    await writeFile(lock, "version = 1\n");
    await leave("{}");
    const all = ["plugins", "lock", "--all", ...reason];
    const { code, stderr } = await run(all, { services, cwd, env: {} });
    expect([code, stderr]).toEqual([1, expect.stringContaining("is kept as ")]);
    expect(await names()).toEqual([
      "plugins.lock",
      expect.stringMatching(/^plugins\.lock\.pending\.conflict-/),
    ]);
  });

  it("gets its journal lines if the lock has it", async () => {
    verifies("journal:recovery");
    const { lock, at, leave } = await newPlace();
    await at(["plugins", "trust", "guard", ...reason]);
    const text = await readFile(lock, "utf8");
    const before = await readFile(`${lock}.journal`, "utf8");
    await leave({
      version: 1,
      old: other,
      new: sha256(text),
      journal: before.length,
      lines: [line],
    });
    expect((await at(["plugins", "lock"])).code).toBe(0);
    expect(await readFile(`${lock}.journal`, "utf8")).toBe(`${before}${line}\n`);
  });

  it("is reported with the refusal of the change that found it", async () => {
    verifies("journal:unfinished-reported");
    const { lock, at, leave, names } = await newPlace();
    await writeFile(lock, "version = 1\n");
    await leave("{}");
    const { code, stderr } = await at(["plugins", "untrust", "nobody", ...reason]);
    const [, kept] = await names();
    expect(kept).toMatch(/^plugins\.lock\.pending\.conflict-/);
    expect([code, stderr]).toEqual([
      2,
      `untrust: plugin 'nobody' is not in ${lock}. Locked: <none>. ${lock} does not match an unfinished change. The record of that change is kept as ${join(dirname(lock), `${kept}`)}, and nothing was added to the journal.\n`,
    ]);
  });

  it("is reported with the refusal of a plugin that it isolates and that cannot be", async () => {
    verifies("journal:unfinished-reported", "cli:trust-isolate");
    const { cwd, lock, at } = await newPlace();
    const glassine = { procedures: { "acme.clean": "./plugin.js" } };
    await install(cwd, "clean", { code: "export default 1;", glassine });
    const argv = ["plugins", "trust", "acme.clean", ...reason];
    await at(argv);
    const isolated = `${await readFile(lock, "utf8")}isolate = "process"\n`;
    const progress = () => {
      writeFileSync(lock, isolated);
      writeFileSync(`${lock}.pending`, "{}");
    };
    const trust: typeof services.trust = (request) => services.trust({ ...request, progress });
    const options = { services: { ...services, trust }, cwd, env: unsigned };
    const { code, stderr } = await run(argv, options);
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(
        /^trust: plugin 'acme\.clean' cannot be isolated: a procedure runs in the host only; give --isolate host\. .* does not match an unfinished change\./,
      ),
    ]);
  });

  it("is not finished by `lock --check`, which only reads", async () => {
    const { lock, at, leave, names } = await newPlace();
    await writeFile(lock, "version = 1\n");
    await leave("{}");
    expect(await at(["plugins", "lock", "--check"])).toMatchObject({ code: 0 });
    expect(await names()).toEqual(["plugins.lock", "plugins.lock.pending"]);
  });

  it("is not looked for with a claim: a read-only folder can be read", async () => {
    const { lock, at, names } = await newPlace();
    await writeFile(lock, "version = 1\n");
    await mkdir(`${lock}.lck`);
    expect(await at(["plugins", "lock"])).toMatchObject({ code: 0, stderr: "" });
    expect(await names()).toEqual(["plugins.lock", "plugins.lock.lck"]);
  });
});

describe("an unfinished change without a lock", () => {
  it("is found by `doctor` and finished by the remedy that it names", async () => {
    verifies("cli:doctor-status");
    const { at, findings, leave, names } = await newPlace();
    await leave({ version: 1, old: null, new: other, journal: 0, lines: [line] });
    expect(await findings()).toMatchObject(["warning", [pending]]);
    const { code, stderr } = await at(["plugins", "lock"]);
    expect([code, stderr]).toEqual([0, expect.stringContaining("was discarded")]);
    expect(await names()).toEqual(["plugins.lock"]);
    expect(await findings()).toMatchObject(["warning", []]);
  });
});

describe("an unreadable record of a change", () => {
  it.each(["with a lock", "without one"])("is a finding of `doctor`: %s", async (which) => {
    verifies("cli:doctor-goes-on");
    const { lock, at, findings } = await newPlace();
    if (which === "with a lock") await at(["plugins", "trust", "guard", ...reason]);
    await mkdir(`${lock}.pending`);
    expect(await findings()).toMatchObject([
      "error",
      [{ about: "journal", severity: "error", message: expect.stringContaining(".pending") }],
    ]);
    const refused = await at(["plugins", "lock"]);
    expect([refused.code, refused.stdout]).toEqual([2, ""]);
    await rm(`${lock}.pending`, { recursive: true });
    expect((await at(["plugins", "lock"])).code).toBe(0);
  });

  it("is reported beside journal problems; neither hides the other", async () => {
    verifies("cli:doctor-goes-on");
    const { lock, at, findings, leave } = await newPlace();
    await at(["plugins", "trust", "guard", ...reason]);
    await rm(`${lock}.journal`);
    await mkdir(`${lock}.journal`);
    await leave("{}");
    const [status, found] = await findings();
    expect([status, found.map(({ about }: { about: string }) => about)]).toEqual([
      "error",
      ["journal", "pending"],
    ]);
  });
});

describe("the journal, while another process changes the lock", () => {
  const strict = ["plugins", "verify", "--strict-journal"];

  /** A place before and after a second grant, as text of the lock and of the journal. */
  async function changedPlace() {
    const place = await newPlace();
    const { lock, at } = place;
    const both = async () => ({
      [lock]: await readFile(lock, "utf8"),
      [`${lock}.journal`]: await readFile(`${lock}.journal`, "utf8"),
    });
    await at(["plugins", "trust", "guard", ...reason]);
    const before = await both();
    await at(["plugins", "trust", "guard", ...reason, "--until", "2099-01-31"]);
    const after = await both();
    /** Replaces each file at once, as nobody may read half of it. */
    const put = (texts: Readonly<Record<string, string>>) => {
      for (const [path, text] of Object.entries(texts)) {
        writeFileSync(`${path}.new`, text);
        renameSync(`${path}.new`, path);
      }
    };
    return { ...place, before, after, put };
  }

  it("agrees with it if the change came while packages were hashed", async () => {
    verifies("journal:read-together");
    const { cwd, before, after, put } = await changedPlace();
    put(before);
    const verify = (request: Parameters<typeof services.verify>[0]) =>
      services.verify({ ...request, progress: () => put(after) });
    const { code, stdout } = await run(strict, { services: { verify }, cwd, env: unsigned });
    expect([code, stdout]).toEqual([
      0,
      expect.stringContaining("plugins.lock verified: 1 entries"),
    ]);
  });

  it.each([
    ["verify", strict],
    ["journal", ["plugins", "journal"]],
  ])("is read when the change is done, by %s", async (_, argv) => {
    verifies("journal:read-together");
    const { lock, at, before, after, put } = await changedPlace();
    const journal = `${lock}.journal`;
    // The lock has been replaced, and the journal does not have the line yet.
    put({ ...after, [journal]: before[journal] ?? "" });
    const record = { version: 1, old: other, new: sha256(after[lock] ?? ""), journal: 0 };
    await writeFile(`${lock}.pending`, JSON.stringify({ ...record, lines: [line] }));
    await writeFile(`${lock}.lck`, JSON.stringify({ pid: process.pid, host: hostname() }));
    const done = setTimeout(() => {
      put(after);
      rmSync(`${lock}.pending`);
      rmSync(`${lock}.lck`);
    }, 200);
    const { code, stdout } = await at(argv);
    clearTimeout(done);
    expect([code, stdout]).toEqual([0, expect.not.stringContaining("lock_edited")]);
  });
});
