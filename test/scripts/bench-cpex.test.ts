/** How `npm run bench` finds and uses CPEX, shown with fake programs. */
// Only in test:all: it runs scripts of the repository.
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, expect, it } from "vitest";
import { cratePath, findCrate, findPython, pythonPath } from "../../tools/bench/cpex/find-peer.ts";
import { cpexHere } from "../../tools/bench/cpex/groups.ts";
import { startLineServer } from "../../tools/bench/cpex/line-server.ts";
import { root } from "../docs/support/pages.ts";
import { afterTest } from "../support/cleanup.ts";
import { folderWith } from "./run-script.ts";

/** Creates a shell script that stands in for Python or the peer. */
function program(lines: string): string {
  const path = join(folderWith({ python: `#!/bin/sh\n${lines}\n` }), "python");
  chmodSync(path, 0o755);
  return path;
}

describe("the Python of the comparisons with CPEX", () => {
  it("is the one in CPEX_PYTHON, else the one that bench:peers made, else none", () => {
    const folder = folderWith({ "build/cpex/bin/python": "" });
    const made = join(folder, "build/cpex/bin/python");
    expect(pythonPath({ CPEX_PYTHON: "python3.12" }, folder)).toBe("python3.12");
    expect(pythonPath({}, folder)).toBe(made);
    expect(pythonPath({ CPEX_PYTHON: "" }, folder)).toBe(made);
    expect(pythonPath({}, folderWith({}))).toBeUndefined();
  });

  it("is asked for its CPEX", () => {
    expect(findPython(program("echo a line of its own; echo 0.1.4 2.14.3 3.11.7"))).toEqual({
      found: true,
      versions: "CPEX 0.1.4, pydantic 2.14.3, Python 3.11.7",
    });
  });

  it("is reported if it is missing, or has no CPEX, or a version that the goals are not for", () => {
    const none = program("echo Traceback >&2; echo No module named cpex >&2; exit 1");
    const later = program("echo 0.2.0 2.14.3 3.11.7");
    const absent = join(folderWith({}), "python");
    expect(findPython(none)).toEqual({
      found: false,
      reason: `${none} has none: No module named cpex`,
    });
    expect(findPython(later)).toEqual({
      found: false,
      reason: `the goals are for CPEX 0.1, and ${later} has 0.2.0`,
    });
    expect(findPython(absent)).toEqual({ found: false, reason: `${absent} did not start` });
    expect(findPython(undefined)).toMatchObject({ found: false });
  });
});

describe("the program of the comparisons with CPEX in Rust", () => {
  it("is the one in CPEX_RUST, else the one that bench:peers built, else none", () => {
    const folder = folderWith({ "build/cpex-rust/release/cpex-peer": "" });
    const built = join(folder, "build/cpex-rust/release/cpex-peer");
    expect(cratePath({ CPEX_RUST: "/opt/peer" }, folder)).toBe("/opt/peer");
    expect(cratePath({ CPEX_PYTHON: "python3" }, folder)).toBe(built);
    expect(cratePath({}, folderWith({}))).toBeUndefined();
  });

  it("is asked for its versions", () => {
    const asked = program('test "$*" = --version && echo 0.2.3 1.95.0');
    expect(findCrate(asked)).toEqual({ found: true, versions: "cpex-core 0.2.3, Rust 1.95.0" });
  });

  it("is reported if it is missing, fails, or has a version that the goals are not for", () => {
    const fails = program("echo cannot open shared object >&2; exit 127");
    const later = program("echo 0.3.0 1.95.0");
    expect(findCrate(fails)).toEqual({
      found: false,
      reason: `${fails} has none: cannot open shared object`,
    });
    expect(findCrate(later)).toEqual({
      found: false,
      reason: `the goals are for CPEX 0.2, and ${later} has 0.3.0`,
    });
    expect(findCrate(undefined)).toMatchObject({
      found: false,
      reason: expect.stringContaining("where there is cargo"),
    });
  });
});

describe("the comparisons with CPEX", () => {
  const wants = (...ids: readonly string[]) => {
    return ({ id }: { readonly id: string }) => ids.includes(id);
  };
  const here = (versions: string) => () => ({ found: true, versions }) as const;
  const none = (reason: string) => () => ({ found: false, reason }) as const;
  const unasked = () => expect.unreachable();

  it("run if it is installed, and only with it", () => {
    const python = cpexHere(wants("E1"), { Python: here("CPEX 0.1.4"), Rust: unasked });
    expect(Object.keys(python.groups)).toContain("cpex-executor");
    expect(python).toMatchObject({ versions: "CPEX 0.1.4", skipped: [] });
    const rust = cpexHere(wants("R3"), { Python: unasked, Rust: here("cpex-core 0.2.3") });
    expect(Object.keys(rust.groups)).toEqual(["crate-filter", "crate-hook"]);
    expect(rust).toMatchObject({ versions: "cpex-core 0.2.3", skipped: [] });
  });

  it("are skipped if it is missing, each id once, with the reason", () => {
    const reason = "there is no Python";
    const skipped = "Skipped: F2, T2. They compare with CPEX in Python, and there is no Python.";
    const find = { Python: none(reason), Rust: unasked };
    expect(cpexHere(wants("F2", "T2", "D10"), find)).toEqual({
      groups: {},
      versions: null,
      skipped: [skipped],
    });
    const one = cpexHere(wants("F2", "T2", "R1", "R3"), { ...find, Rust: here("cpex-core 0.2.3") });
    expect(Object.keys(one.groups)).toEqual(["crate-filter", "crate-hook"]);
    expect(one).toMatchObject({ versions: "cpex-core 0.2.3", skipped: [skipped] });
    expect(cpexHere(wants("R1", "R3"), { Python: unasked, Rust: none("it is away") })).toEqual({
      groups: {},
      versions: null,
      skipped: ["Skipped: R1, R3. They compare with CPEX in Rust, and it is away."],
    });
  });

  it("report both versions, if both are installed", () => {
    const find = { Python: here("CPEX 0.1.4"), Rust: here("cpex-core 0.2.3") };
    expect(cpexHere(wants("F1", "R1"), find).versions).toBe("CPEX 0.1.4, cpex-core 0.2.3");
  });

  it("start nothing if none is selected", () => {
    expect(cpexHere(wants("D10", "W1"), { Python: unasked, Rust: unasked })).toEqual({
      groups: {},
      versions: null,
      skipped: [],
    });
  });

  it("are all that the goals name", () => {
    const { groups } = cpexHere(() => true, { Python: here(""), Rust: here("") });
    const ids = Object.values(groups).flatMap(({ comparisons }) => comparisons.map(({ id }) => id));
    expect([...new Set(ids)].sort().join(" ")).toBe(
      "E1 E2 E3 F1 F2 F3 F4 R1 R3 R4 R5 T1 T2 T3 V1 V2 V3 W3 W4",
    );
  });

  it("hold the filter to half of the crate's time, and hooks of 1, 5 and 20 plugins to all of it", () => {
    const { groups } = cpexHere(wants("R1"), { Python: unasked, Rust: here("") });
    const all = Object.values(groups).flatMap(({ comparisons }) => comparisons);
    const hooks = all.filter(({ workload }) => workload.startsWith("hook, "));
    const filters = all.filter((each) => !hooks.includes(each));
    expect(new Set(filters.map(({ id, goal }) => `${id} ${goal}`))).toEqual(new Set(["R1 0.5"]));
    expect(new Set(hooks.map(({ goal }) => goal))).toEqual(new Set([1]));
    for (const id of ["R3", "R4", "R5"]) {
      const of = hooks.filter((each) => each.id === id);
      expect(of.map(({ workload }) => /n = (\d+)/.exec(workload)?.[1])).toEqual(["1", "5", "20"]);
    }
  });
});

describe("a program that answers lines with lines", () => {
  const started = (source: string) => {
    const server = startLineServer(process.execPath, ["-e", source]);
    afterTest(server.end);
    return server;
  };
  const echo = `require("node:readline").createInterface({ input: process.stdin })
    .on("line", (line) => {`;

  it("takes several questions at once, and answers in pieces", async () => {
    const { ask } = started(`${echo}
      const answer = JSON.stringify({ again: JSON.parse(line) }) + "\\n";
      for (const part of [answer.slice(0, 7), answer.slice(7)]) process.stdout.write(part);
    })`);
    const answers = await Promise.all([ask({ case: "é\n1" }), ask({ case: 2, times: 3 })]);
    expect(answers).toEqual([{ again: { case: "é\n1" } }, { again: { case: 2, times: 3 } }]);
  });

  it("fails one question, and continues", async () => {
    const { ask } = started(`${echo}
      const { say } = JSON.parse(line);
      console.log(say);
    })`);
    await expect(ask({ say: '{"error":"AssertionError: no"}' })).rejects.toThrow(
      /^AssertionError: no$/,
    );
    for (const say of ["cpex says hello", "1", "null", "[]"]) {
      await expect(ask({ say })).rejects.toThrow(
        `Expected a line with a JSON object, got ${JSON.stringify(say)}.`,
      );
    }
    await expect(ask({ say: '{"cpuNs":7}' })).resolves.toEqual({ cpuNs: 7 });
  });

  it("fails pending and later questions once it has ended", async () => {
    const { ask } = started(`${echo} process.exit(3); })`);
    await expect(ask({})).rejects.toThrow(/ has ended, with 3\.$/);
    await expect(ask({})).rejects.toThrow(/ has ended, with 3\.$/);
  });

  it("fails its questions if it does not start", async () => {
    const { ask, end } = startLineServer(join(folderWith({}), "python"), []);
    await expect(ask({})).rejects.toThrow(/python did not start: /);
    end();
  });
});

describe("npm run bench:peers", () => {
  const peers = (args: readonly string[], folder: string) =>
    spawnSync(process.execPath, [`${root}tools/scripts/bench-peers.mjs`, ...args], {
      cwd: folder,
      encoding: "utf8",
    });
  /** Prints its arguments. Called with `-m venv`, it creates another such script in the folder. */
  const python = (inside = "") =>
    program(`echo "$@"
      mkdir -p "$4/bin"; printf '#!/bin/sh\\necho "$@"\\n${inside}\\n' > "$4/bin/python"
      chmod +x "$4/bin/python"`);
  const cargo = () => program('echo "$@"');

  it("makes an environment and a program with CPEX, and says how to name them", () => {
    const folder = folderWith({});
    const { status, stdout } = peers(["--python", python(), "--cargo", cargo()], folder);
    expect(status).toBe(0);
    const said = stdout.split("\n");
    expect(said.slice(0, 3)).toEqual([
      "-m venv --clear build/cpex",
      "-m pip install --quiet --disable-pip-version-check cpex==0.1.4",
      "cpex==0.1.4 is in build/cpex, where `npm run bench` finds it.",
    ]);
    expect(said[3]).toMatch(/CPEX_PYTHON=\/.*\/build\/cpex\/bin\/python$/);
    expect(said.slice(4, 6)).toEqual([
      "build --release --ignore-rust-version --quiet --manifest-path tools/bench/cpex-rust/Cargo.toml --target-dir build/cpex-rust",
      "The program with CPEX in Rust is build/cpex-rust/release/cpex-peer, where `npm run bench` finds it.",
    ]);
    expect(said[6]).toMatch(/CPEX_RUST=\/.*\/build\/cpex-rust\/release\/cpex-peer$/);
  });

  it("leaves the program out without cargo, and says so", () => {
    const folder = folderWith({});
    const absent = join(folder, "no-cargo");
    const { status, stdout } = peers(["--python", python(), "--cargo", absent], folder);
    expect(status).toBe(0);
    expect(stdout).toContain("cpex==0.1.4 is in build/cpex, ");
    expect(stdout).toMatch(/no-cargo did not start: .*\. --cargo names another\.\nLeft out: /);
    expect(stdout).not.toContain("CPEX_RUST");
  });

  it("leaves nothing behind if pip or cargo fails, and makes the other", () => {
    const old = "build/cpex-rust/release/cpex-peer";
    const folder = folderWith({ [old]: "" });
    const pip = peers(["--python", python("exit 1"), "--cargo", cargo()], folder);
    expect(pip.status).toBe(1);
    expect(pip.stdout).toMatch(/^The program with CPEX in Rust is /m);
    expect(existsSync(join(folder, "build/cpex"))).toBe(false);
    const fails = program("exit 101");
    expect(peers(["--python", python(), "--cargo", fails], folder).status).toBe(101);
    expect(existsSync(join(folder, old))).toBe(false);
    expect(existsSync(join(folder, "build/cpex"))).toBe(true);
  });

  it("says what is wrong with how it is called", () => {
    const folder = folderWith({});
    const args = ["--python", join(folder, "none"), "--cargo", cargo()];
    const { status, stderr } = peers(args, folder);
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: expect.stringMatching(/ did not start: .* --python names another\.\n$/),
    });
    expect(peers(["now"], folder).stderr).toMatch(/ It takes --python NAME, .* --cargo NAME\.\n$/);
  });
});
