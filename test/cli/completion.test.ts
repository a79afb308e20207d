/** `completion SHELL`: a script that completes all commands and options. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { allCommands, ofGateway } from "../../tools/scripts/all-commands.ts";
import { verifies } from "../support/verifies.ts";
import { run } from "./support/run.ts";

const commands = allCommands.filter((each) => !ofGateway.commands.includes(each));

const flagsOf = ({ options }: (typeof allCommands)[number]) =>
  Object.values(options)
    .map(({ flag }) => flag)
    .sort();

describe("the script for bash", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "glassine-completion-"));
    await writeFile(join(folder, "script"), (await run(["completion", "bash"])).stdout);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** What bash offers for the last of these words. */
  async function offered(...words: readonly string[]): Promise<readonly string[]> {
    const script = `source "$1"; shift; COMP_WORDS=(glassine "$@"); COMP_CWORD=$#; _glassine; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const args = ["--norc", "-c", script, "bash", join(folder, "script"), ...words];
    const { stdout } = await promisify(execFile)("bash", args);
    return stdout.split("\n").filter((each) => each !== "");
  }

  it("offers every command at its place", async () => {
    verifies("cli:completion");
    const top = commands.filter(({ path }) => path.length === 1).map(({ path }) => path[0]);
    expect([...(await offered(""))].sort()).toEqual(["plugins", ...top].sort());
    const nested = commands.filter(({ path }) => path.length > 1).map(({ path }) => path[1]);
    expect([...(await offered("plugins", ""))].sort()).toEqual([...nested].sort());
    expect(await offered("plugins", "des")).toEqual(["describe"]);
  });

  it("is not in the way of values and of the words of another command", async () => {
    verifies("cli:completion-values");
    expect(await offered("plugins", "list", "--root", "")).toEqual([]);
    expect(await offered("plugins", "list", "--root", "a", "--j")).toEqual(["--json"]);
    expect(await offered("plugins", "list", "--root", "=", "")).toEqual([]);
    expect(await offered("plugins", "trust", "--", "--c")).toEqual([]);
    expect(await offered("plugins", "trust", "a", "--isolate", "")).toEqual([
      ...["worker", "process", "quickjs"],
      "host",
    ]);
    expect(await offered("plugins", "trust", "a", "--accept", "n")).toEqual(["network"]);
    expect(await offered("plugins", "list", "--plugin-mode", "")).toEqual(["dev", "production"]);
    expect(await offered("completion", "")).toEqual(
      expect.arrayContaining(["bash", "zsh", "fish"]),
    );
  });

  it.each(commands.map((spec) => [spec.path.join(" "), spec] as const))(
    "offers the options of %s and no others",
    async (_, spec) => {
      verifies("cli:completion");
      expect([...(await offered(...spec.path, "--"))].sort()).toEqual(flagsOf(spec));
      expect([...(await offered(...spec.path, "pii-scan", "--"))].sort()).toEqual(flagsOf(spec));
    },
  );
});

it.each(["zsh", "fish"])("the script for %s has every command and option", async (shell) => {
  verifies("cli:completion");
  const { code, stdout, stderr } = await run(["completion", shell]);
  expect([code, stderr]).toEqual([0, ""]);
  const words = new Set(stdout.split(/[\s"]+/));
  for (const spec of commands) {
    expect(words).toContain(spec.path.at(-1));
    for (const flag of flagsOf(spec))
      expect(words).toContain(shell === "fish" ? flag.slice(2) : flag);
  }
});

it("the script for zsh completes from $fpath at once, and after compinit", async () => {
  const { stdout } = await run(["completion", "zsh"]);
  const last =
    "if [[ $funcstack[1] == _glassine ]]; then _glassine; else compdef _glassine glassine; fi";
  expect(stdout.trimEnd().split("\n").at(-1)).toBe(last);
});

it("the script for zsh offers files only where one can stand", async () => {
  const { stdout } = await run(["completion", "zsh"]);
  expect(stdout).toMatch(/^ {4}plugins\) compadd -- list .* && return ;;$/m);
  expect(stdout).toMatch(/^ {4}"plugins sign"\|"plugins sign "\*\) compadd -- --key .*[a-z] ;;$/m);
});

describe("the script for fish", () => {
  /** The options that fish offers after these words, as its two functions read the conditions. */
  async function offered(...words: readonly string[]): Promise<readonly string[]> {
    const { stdout } = await run(["completion", "fish"], { further: ofGateway });
    const holds = (condition: string) => {
      const [, not, some = ""] = /^(not )?__fish_seen_subcommand_from (.*)$/.exec(condition) ?? [];
      return some.split(" ").some((each) => words.includes(each)) === (not === undefined);
    };
    return stdout.split("\n").flatMap((line) => {
      const [, conditions = "", flag] = / -n '([^']*)' .* -l ([a-z-]+)/.exec(line) ?? [];
      return flag !== undefined && conditions.split("; and ").every(holds) ? [`--${flag}`] : [];
    });
  }

  it.each(allCommands.map((spec) => [spec.path.join(" "), spec] as const))(
    "offers the options of %s and no others",
    async (_, spec) => {
      verifies("cli:completion");
      expect([...new Set(await offered(...spec.path))].sort()).toEqual(flagsOf(spec));
    },
  );

  it("is not in the way of the words of another command", async () => {
    verifies("cli:completion-values");
    expect(await offered("gateway", "--plugin", "./p.js", "--", "node")).toEqual([]);
  });
});

it("uses the name of the command and quotes descriptions", async () => {
  const host = { bin: "memory-node" };
  const { stdout } = await run(["completion", "bash"], { host });
  expect(stdout).toContain("complete -o default -F _memory_node memory-node\n");
});

it("another shell is a usage error", async () => {
  verifies("cli:completion");
  const { code, stdout, stderr } = await run(["completion", "tcsh"]);
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toContain("error: completion: 'tcsh' is not one of bash, zsh and fish\n");
});
