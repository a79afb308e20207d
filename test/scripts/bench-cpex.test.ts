/** What `npm run bench` does about CPEX in Python, shown with programs that only look like it. */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, expect, it, onTestFinished } from "vitest";
import { findPeer, pythonPath } from "../../bench/cpex/find-python.ts";
import { cpexHere } from "../../bench/cpex/groups.ts";
import { startLineServer } from "../../bench/cpex/line-server.ts";
import { root } from "../docs/support/pages.ts";
import { folderWith } from "./run-script.ts";

/** A program that is no Python: a shell script. */
function program(lines: string): string {
  const path = join(folderWith({ python: `#!/bin/sh\n${lines}\n` }), "python");
  chmodSync(path, 0o755);
  return path;
}

describe("the Python of the comparisons with CPEX", () => {
  it("is what CPEX_PYTHON names, else what bench:peers made, else none", () => {
    const folder = folderWith({ "build/cpex/bin/python": "" });
    const made = join(folder, "build/cpex/bin/python");
    expect(pythonPath({ CPEX_PYTHON: "python3.12" }, folder)).toBe("python3.12");
    expect(pythonPath({}, folder)).toBe(made);
    expect(pythonPath({ CPEX_PYTHON: "" }, folder)).toBe(made);
    expect(pythonPath({}, folderWith({}))).toBeUndefined();
  });

  it("is asked for its CPEX", () => {
    expect(findPeer(program("echo a line of its own; echo 0.1.4 2.14.3 3.11.7"))).toEqual({
      found: true,
      versions: "CPEX 0.1.4, pydantic 2.14.3, Python 3.11.7",
    });
  });

  it("is told when it is not there, or has no CPEX, or one that the goals are not for", () => {
    const none = program("echo Traceback >&2; echo No module named cpex >&2; exit 1");
    const later = program("echo 0.2.0 2.14.3 3.11.7");
    const absent = join(folderWith({}), "python");
    expect(findPeer(none)).toEqual({
      found: false,
      reason: `${none} has none: No module named cpex`,
    });
    expect(findPeer(later)).toEqual({
      found: false,
      reason: `the goals are for CPEX 0.1, and ${later} has 0.2.0`,
    });
    expect(findPeer(absent)).toEqual({ found: false, reason: `${absent} did not start` });
    expect(findPeer(undefined)).toMatchObject({ found: false });
  });
});

describe("the comparisons with CPEX", () => {
  const wants = (...ids: readonly string[]) => {
    return ({ id }: { readonly id: string }) => ids.includes(id);
  };

  it("run where there is one", () => {
    const { groups, versions, skipped } = cpexHere(wants("E1"), () => {
      return { found: true, versions: "CPEX 0.1.4" };
    });
    expect(Object.keys(groups)).toContain("cpex-executor");
    expect({ versions, skipped }).toEqual({ versions: "CPEX 0.1.4", skipped: [] });
  });

  it("are skipped where there is none, each id once, with the reason", () => {
    const reason = "there is no Python";
    expect(cpexHere(wants("F2", "M2", "D1"), () => ({ found: false, reason }))).toEqual({
      groups: {},
      versions: null,
      skipped: ["Skipped: F2, M2. They compare with CPEX in Python, and there is no Python."],
    });
  });

  it("start nothing where none is wanted", () => {
    const find = () => expect.unreachable();
    expect(cpexHere(wants("D1", "W1"), find)).toEqual({ groups: {}, versions: null, skipped: [] });
  });

  it("are all that the goals name", () => {
    const { groups } = cpexHere(
      () => true,
      () => ({ found: true, versions: "" }),
    );
    const ids = Object.values(groups).flatMap(({ comparisons }) => comparisons.map(({ id }) => id));
    expect([...new Set(ids)].sort().join(" ")).toBe(
      "E1 E2 E3 F1 F2 F3 F4 M1 M2 M3 M4 M5 M6 T1 T2 T3 V1 V2 V3 W3 W4",
    );
  });
});

describe("a program that answers lines with lines", () => {
  const started = (source: string) => {
    const server = startLineServer(process.execPath, ["-e", source]);
    onTestFinished(server.end);
    return server;
  };
  const echo = `require("node:readline").createInterface({ input: process.stdin })
    .on("line", (line) => {`;

  it("is asked several things at once, and answers in pieces", async () => {
    const { ask } = started(`${echo}
      const answer = JSON.stringify({ again: JSON.parse(line) }) + "\\n";
      for (const part of [answer.slice(0, 7), answer.slice(7)]) process.stdout.write(part);
    })`);
    const answers = await Promise.all([ask({ case: "é\n1" }), ask({ case: 2, times: 3 })]);
    expect(answers).toEqual([{ again: { case: "é\n1" } }, { again: { case: 2, times: 3 } }]);
  });

  it("fails one question, and goes on", async () => {
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

  it("fails what waits, and all that comes after, once it has ended", async () => {
    const { ask } = started(`${echo} process.exit(3); })`);
    await expect(ask({})).rejects.toThrow(/ has ended, with 3\.$/);
    await expect(ask({})).rejects.toThrow(/ has ended, with 3\.$/);
  });

  it("fails what it is asked where it does not start", async () => {
    const { ask, end } = startLineServer(join(folderWith({}), "python"), []);
    await expect(ask({})).rejects.toThrow(/python did not start: /);
    end();
  });
});

describe("npm run bench:peers", () => {
  const peers = (args: readonly string[], folder: string) =>
    spawnSync(process.execPath, [`${root}scripts/bench-peers.mjs`, ...args], {
      cwd: folder,
      encoding: "utf8",
    });
  /** Says what it is called with. As `-m venv` it puts itself into the folder. */
  const python = (inside: string) =>
    program(`echo "$@"
      mkdir -p "$4/bin"; printf '#!/bin/sh\\necho "$@"\\n${inside}\\n' > "$4/bin/python"
      chmod +x "$4/bin/python"`);

  it("makes an environment with CPEX, and says how to name it", () => {
    const folder = folderWith({});
    const { status, stdout } = peers(["--python", python("")], folder);
    expect(status).toBe(0);
    expect(stdout.split("\n").slice(0, 3)).toEqual([
      "-m venv --clear build/cpex",
      "-m pip install --quiet --disable-pip-version-check cpex==0.1.4",
      "cpex==0.1.4 is in build/cpex, where `npm run bench` finds it.",
    ]);
    expect(stdout).toMatch(/CPEX_PYTHON=\/.*\/build\/cpex\/bin\/python\n$/);
  });

  it("leaves nothing behind where pip fails", () => {
    const folder = folderWith({});
    expect(peers(["--python", python("exit 1")], folder).status).toBe(1);
    expect(existsSync(join(folder, "build/cpex"))).toBe(false);
  });

  it("says what is wrong with how it is called", () => {
    const folder = folderWith({});
    const { status, stderr } = peers(["--python", join(folder, "none")], folder);
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: expect.stringMatching(/ did not start: .* --python names another\.\n$/),
    });
    expect(peers(["now"], folder).stderr).toMatch(/ It takes --python NAME, /);
  });
});
