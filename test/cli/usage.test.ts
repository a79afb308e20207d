/** How a command line is parsed, before a command runs. */
import { readFile } from "node:fs/promises";
import { GlassineError } from "glassine";
import { describe, expect, it, vi } from "vitest";
import { allCommands, ofGateway } from "../../tools/scripts/all-commands.ts";
import { verifies } from "../support/verifies.ts";
import { locked, report, trusted, verified } from "./support/facts.ts";
import { fixtures, run, runJson } from "./support/run.ts";

const commands = allCommands.filter((each) => !ofGateway.commands.includes(each));
const named = commands.map((spec) => [spec.path.join(" "), spec] as const);

describe("usage errors", () => {
  const wrong: readonly (readonly [string, readonly string[], string])[] = [
    ["an unknown option", ["plugins", "list", "--rot"], "unknown option '--rot'"],
    ["an unknown short option", ["plugins", "list", "-x"], "unknown option '-x'"],
    ["an option of another command", ["plugins", "search", "a", "--root", "."], "unknown option"],
    [
      "help with another option",
      ["help", "plugins", "list", "--strict"],
      "--help cannot be combined",
    ],
    [
      "-h beside another option",
      ["plugins", "trust", "-h", "--reason=r"],
      "--help cannot be combined",
    ],
    ["an unknown sub-command", ["plugins", "lst"], "unknown command 'lst'"],
    ["an unknown command", ["plugin"], "unknown command 'plugin'"],
    ["a missing id", ["plugins", "trust"], "missing required argument 'ID'"],
    ["a missing name", ["plugins", "describe"], "missing required argument 'NAME'"],
    ["a missing query", ["plugins", "search"], "missing required argument 'QUERY'"],
    ["an empty id", ["plugins", "trust", ""], "argument 'ID' is empty"],
    ["a blank query", ["plugins", "search", " "], "argument 'QUERY' is empty"],
    ["two ids", ["plugins", "describe", "a", "b"], "too many arguments"],
    ["an argument too many", ["plugins", "list", "a"], "too many arguments"],
    ["a missing value", ["plugins", "list", "--root"], "'--root PATH' needs a value"],
    ["an empty path", ["plugins", "list", "--root="], "'--root PATH' needs a value"],
    ["a switch with a value", ["plugins", "list", "--verbose=1"], "unknown option '--verbose=1'"],
    ["two ways to lock", ["plugins", "lock", "--all", "--prune"], "only one of --all, --prune"],
    ["a reason for nothing", ["plugins", "lock", "--reason", "r"], "--reason needs"],
    ["a missing key", ["plugins", "sign", ".", "--identity", "a"], "'--key' is not given"],
    ["a missing identity", ["plugins", "sign", ".", "--key", "-"], "'--identity' is not given"],
  ];

  it.each(wrong)("CLI-010: %s ends with 2 and the usage on stderr", async (_, argv, message) => {
    verifies("cli:usage", "cli:streams");
    const { code, stdout, stderr } = await run(argv);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^error: /);
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/^Usage: glassine( plugins)?( \w+)? /m);
  });

  it.each(wrong)("say %s as one document too, with --json", async (_, argv, message) => {
    verifies("cli:json-document", "cli:error-document");
    const { code, document, stderr } = await runJson(argv);
    expect(code).toBe(2);
    expect(document).toEqual({ error: { code: "usage", message: expect.any(String) } });
    expect(document.error.message).toContain(message);
    expect(stderr).toContain(document.error.message);
  });

  it.each([
    [[], ["plugins", "list"]],
    [["plugins"], ["list"]],
    [["plugins"], []],
    [[], []],
    [[], ["doctor"]],
  ])("-h and help, after %j about %j, answer as --help does", async (before, after) => {
    verifies("cli:help");
    const asked = await run([...before, ...after, "--help"]);
    expect([asked.code, asked.stderr, asked.stdout]).toEqual([
      0,
      "",
      expect.stringMatching(/^Usage/),
    ]);
    expect(await run([...before, ...after, "-h"])).toEqual(asked);
    expect(await run([...before, "help", ...after])).toEqual(asked);
  });

  it.each([[["help", "lst"]], [["plugins", "help", "lst"]], [["plugins", "lst", "-h"]]])(
    "help for the unknown command %j is a usage error",
    async (argv) => {
      verifies("cli:help");
      const { code, stdout, stderr } = await run(argv);
      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr).toMatch(/^error: unknown command 'lst'\n/);
    },
  );

  it("CLI-010: no service is called", async () => {
    const discover = vi.fn();
    await run(["plugins", "list", "--rot"], { services: { discover } });
    expect(discover).not.toHaveBeenCalled();
  });

  it("suggest a similar option", async () => {
    expect((await run(["plugins", "verfy"])).stderr).toContain("Did you mean verify?");
    expect((await run(["plugins", "verify", "--jsno"])).stderr).toContain("Did you mean --json?");
  });
});

describe("help", () => {
  it("is printed for a group without a command, with exit 2", async () => {
    verifies("cli:help");
    for (const argv of [[], ["plugins"]]) {
      const { code, stdout, stderr } = await run(argv);
      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr).toContain("Commands:");
    }
  });

  it.each<readonly (readonly string[])[]>([
    [[]],
    [["plugins"]],
    ...commands.map(({ path }): [readonly string[]] => [path]),
  ])("is printed by %j --help, with exit 0", async (path) => {
    verifies("cli:help");
    const { code, stdout, stderr } = await run([...path, "--help"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(new RegExp(`^Usage: glassine ${[...path, ""].join(" ")}`));
    expect(stdout).not.toMatch(/\{(bin|hostName|prefix)\}/);
    // The parser's own help command, which knows only one level.
    expect(stdout).not.toContain("help [command]");
  });

  it.each(named)("of %s names every option, argument, example and exit code", async (_, spec) => {
    const { stdout } = await run([...spec.path, "--help"]);
    for (const { flag } of Object.values(spec.options)) expect(stdout).toContain(flag);
    for (const argument of spec.arguments) expect(stdout).toContain(argument.what);
    for (const { line } of spec.examples) expect(stdout).toContain(`  glassine ${line}\n`);
    for (const what of Object.values(spec.exits)) expect(stdout).toContain(what);
    expect(stdout).toContain("a usage error or a refusal; nothing was changed");
  });

  it("has examples that parse", async () => {
    const services = {
      discover: () => Promise.resolve(report()),
      trust: () => Promise.resolve(trusted()),
      untrust: () => Promise.reject(new GlassineError("trust_refused", "it is not locked")),
      verify: () => Promise.resolve(verified()),
      lock: () => Promise.resolve(locked()),
      sign: () => Promise.reject(new Error("not reached: the key is not there")),
    };
    for (const { examples } of commands) {
      for (const { line } of examples) {
        const [words = ""] = line.split(/ [<>] /);
        const argv = [...words.matchAll(/"([^"]*)"|(\S+)/g)].map(
          ([, quoted, word]) => quoted ?? word ?? "",
        );
        const { stderr } = await run(argv, { services, cwd: fixtures });
        expect([line, stderr]).toEqual([line, expect.not.stringContaining("Usage:")]);
      }
    }
  });

  it("prints the version", async () => {
    const file = await readFile(new URL("../../package.json", import.meta.url), "utf8");
    expect(await run(["--version"])).toEqual({
      code: 0,
      stdout: `${JSON.parse(file).version}\n`,
      stderr: "",
    });
    const { stdout } = await run(["--version"], { host: { version: "7.1.0" } });
    expect(stdout).toBe("7.1.0\n");
  });
});

describe("words that look like options or data", () => {
  it("are data after --", async () => {
    verifies("cli:data-behind-dashes");
    const trust = vi.fn(() => Promise.resolve(trusted()));
    const { code } = await run(["plugins", "trust", "--reason", "r", "--", "--help"], {
      services: { trust },
    });
    expect(code).toBe(0);
    expect(trust).toHaveBeenCalledWith(expect.objectContaining({ id: "--help", reason: "r" }));
  });

  it.each(["-1", "-", "--", "-h", "--plugin-mode=dev"])("never treat %s as an id", async (id) => {
    verifies("cli:data-behind-dashes");
    const trust = vi.fn(() => Promise.resolve(trusted()));
    const { code } = await run(["plugins", "trust", id, "--reason", "r"], { services: { trust } });
    if (id === "-") expect(trust).toHaveBeenCalledWith(expect.objectContaining({ id: "-" }));
    else expect([code, trust.mock.calls]).toEqual([2, []]);
  });

  it.each(["--json", "-x", "--", "--reason"])(
    "do not make %s the value of an option",
    async (value) => {
      verifies("cli:option-values");
      const { code, stderr } = await run(["plugins", "list", "--root", value, "."]);
      expect([code, stderr]).toEqual([2, expect.stringContaining("'--root PATH' needs a value")]);
    },
  );

  it("accept a value that begins with - after =", async () => {
    verifies("cli:option-values");
    const untrust = vi.fn(() => Promise.reject(new Error("enough")));
    await run(["plugins", "untrust", "a", "--reason=- gone"], { services: { untrust } });
    expect(untrust).toHaveBeenCalledWith(expect.objectContaining({ reason: "- gone" }));
  });

  it("refuse a repeated option", async () => {
    verifies("cli:option-once");
    for (const argv of [
      ["--root", ".", "--root=."],
      ["--json", "--json"],
    ]) {
      const { code, stderr } = await run(["plugins", "list", ...argv]);
      expect([code, stderr]).toEqual([2, expect.stringContaining("is given twice")]);
    }
  });

  it("refuse a value that an option does not take", async () => {
    verifies("cli:option-choices");
    const trust = vi.fn(() => Promise.reject(new Error("enough")));
    const argv = ["plugins", "trust", "a", "--reason", "r", "--json", "--isolate"];
    const { code, stdout, stderr } = await run([...argv, "v\u001bm"], { services: { trust } });
    const message = "--isolate expects worker, process, quickjs or host, got 'v\\u{1b}m'";
    expect([code, JSON.parse(stdout)]).toEqual([2, { error: { code: "usage", message } }]);
    expect(stderr).toContain(`error: ${message}\n\nUsage: glassine plugins trust`);
    expect(trust).not.toHaveBeenCalled();
  });

  it("refuse --help beside other options", async () => {
    verifies("cli:help-alone");
    const { code, stdout, stderr } = await run(["plugins", "trust", "--help", "--reason", "r"]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("--help cannot be combined");
  });

  it.each([
    ["--reasn", ["plugins", "trust", "--reasn", "why", "--", "--help"]],
    ["-x", ["plugins", "trust", "-x", "--", "-h"]],
  ])("refuse %s where only data asks for help", async (option, argv) => {
    verifies("cli:data-behind-dashes");
    const { code, stdout, stderr } = await run(argv);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(`unknown option '${option}'`);
  });

  it.each([["--help"], ["--version"]])("refuse an unknown command beside %s", async (flag) => {
    const { code, stdout } = await run([flag, "plugins", "nope"]);
    expect([code, stdout]).toEqual([2, ""]);
  });

  it("print the version, whatever is beside it", async () => {
    const { code, stdout } = await run(["--verbose", "--version"]);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+/)]);
  });
});

describe("the table of commands", () => {
  it.each(named)("gives %s --json and --verbose", (_, { options }) => {
    const flags = Object.values(options).map(({ flag }) => flag);
    expect(flags).toEqual(expect.arrayContaining(["--json", "--verbose"]));
  });

  it("declares each option under its flag in camel case, which is how the parser names the value", () => {
    const camel = (flag: string) =>
      flag.slice(2).replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
    for (const { options } of allCommands)
      for (const [name, { flag }] of Object.entries(options)) expect(name).toBe(camel(flag));
  });

  it("has one meaning of each flag, except those that two commands take for different things", () => {
    const specs = new Set(allCommands.flatMap(({ options }) => Object.values(options)));
    const flags = [...specs].map(({ flag }) => flag);
    const repeated = flags.filter((flag, at) => flags.indexOf(flag) !== at);
    expect([...new Set(repeated)].sort()).toEqual([
      "--check",
      "--host",
      "--isolate",
      "--plugin-mode",
      "--port",
      "--prune",
    ]);
  });
});
