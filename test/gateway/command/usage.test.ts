/** How the arguments of `glassine gateway` are read. */
import { describe, expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";
import "../../discovery/support.ts";
import { folderWith } from "../../support/folder.ts";
import { double, run, start } from "./support.ts";

describe("the command of a server", () => {
  it.each([
    [["npx", "-y", "server", "--port", "1"]],
    [["reload", "x"]],
    [["--help"]],
    [["a", "--", "b"]],
    [["plugins", "list"]],
  ])("is data behind --: %j", async (words) => {
    verifies("cli:rest");
    const { state, openGateway } = double();
    const running = start(["gateway", "--", ...words], { openGateway });
    await running.seen("ready");
    const [command, ...args] = words;
    expect(state.parts[0]?.config.servers.server).toMatchObject({ command, args });
    state.end({});
    expect(await running.code).toBe(0);
    expect(running.texts.out).toBe("");
  });

  it.each([
    [["gateway", "npx"], "unknown command 'npx'; put the command of another program after --"],
    [["gateway", "relaod"], "unknown command 'relaod'; did you mean reload?"],
    [["gateway", "--prot", "8080"], "unknown option '--prot' (Did you mean --port?)"],
    [["gateway", "--"], "a command is missing after --"],
    [["gateway", "--", ""], "the command after -- is empty"],
    [["gateway", "reload", "--", "x"], "too many arguments"],
    [["gateway", "--port"], "needs a value"],
    [["gateway", "reload", "--port", "1"], "unknown option '--port'"],
    [["gateway", "--config", "x.json", "reload"], "options go after all words of a command"],
    [["gateway", "--port", "1", "--port", "2", "--", "x"], "given twice"],
    [["gateway", "--json", "--", "x"], "--json needs --check"],
    [["gateway", "--host", "localhost", "--", "x"], "--host needs --port"],
  ])("is not guessed: %j", async (argv, text) => {
    verifies("cli:rest");
    const { code, stderr } = await run(argv);
    expect([code, stderr]).toEqual([2, expect.stringContaining(text)]);
    expect(stderr).toContain("Usage: glassine gateway");
  });
});

it("plugins and stock plugins may be given several times", async () => {
  verifies("cli:option-once");
  const plugin = (name: string) =>
    `export default globalThis.testDefinePlugin({ name: "${name}", version: "1.0.0" });`;
  const cwd = await folderWith({ "a.mjs": plugin("first"), "b.mjs": plugin("second") });
  const argv = ["--plugin", "a.mjs", "--use", "quiet", "--plugin", "./b.mjs", "--use", "foreign"];
  const running = start(["gateway", ...argv, "--", "x"], { cwd });
  const { plugins } = (await running.seen("ready")) ?? {};
  expect([...(plugins as string[])].sort()).toEqual(["first", "foreign", "quiet", "second"]);
  running.signals.emit("SIGTERM");
  await running.code;
});

it("--help shows the gateway, and what is behind --", async () => {
  expect((await run(["gateway", "--help"])).stdout).toContain("[-- COMMAND ARGS…]");
  expect((await run(["help", "gateway"])).stdout).toContain("reload");
  expect((await run(["gateway", "help", "reload"])).stdout).toContain("gateway reload [options]");
  expect((await run(["--help"])).stdout).toContain("gateway");
  const { stdout } = await run(["completion", "bash"]);
  expect(stdout).toMatch(/"gateway"\|"gateway "\*\) words=".*--plugin.* reload"/);
});

it.each([
  [["--port", "99999"], "setting_invalid", "--port: expected a port from 0 to 65535"],
  [["--plugin-mode", "prod"], "setting_invalid", "expected dev or production"],
  [["--use", "quit"], "plugin_missing", 'Did you mean "quiet"?'],
])("a wrong value is refused: %j", async (options, _, text) => {
  const { code, stderr } = await run(["gateway", ...options, "--", "x"]);
  expect([code, stderr]).toEqual([2, expect.stringContaining(text)]);
});

it.each([
  [["explain", "x"], "there is no audit trail"],
  [["gateway", "pin", "--check"], "notes: could not be asked"],
  [["gateway", "trust", "--check"], "the configuration names no guests"],
])("needs no `listen`, since it serves no caller: %j", async (argv, text) => {
  const gpt = { provider: "openai", url: "https://model.example", path: "/gpt" };
  const trustedHeaders = { from: ["10.0.0.1"], subject: "x-user" };
  const cwd = await folderWith({
    "glassine.config.json": {
      servers: { notes: { url: "http://127.0.0.1:1/mcp" } },
      models: { gpt },
      identity: { trustedHeaders },
      audit: { file: "audit.jsonl" },
    },
  });
  const { stdout, stderr } = await run(argv, { cwd });
  expect(stdout + stderr).toContain(text);
});
