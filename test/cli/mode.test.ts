/** The mode, and what it forbids. */
import { defineHost } from "glassine/host";
import { rejectionCodes } from "glassine/node";
import { describe, expect, it, vi } from "vitest";
import { verifies } from "../support/verifies.ts";
import { rejected, report, verified } from "./support/facts.ts";
import { run, runJson } from "./support/run.ts";

const capa = defineHost({ profile: { envPrefix: "CAPA_" } });
const message = (mode: string) => `invalid plugin mode '${mode}': expected dev or production\n`;

describe("the mode", () => {
  it("CLI-001: --plugin-mode prod is refused", async () => {
    verifies("cli:mode-refused");
    const ended = await run(["plugins", "list", "--plugin-mode", "prod"]);
    expect(ended).toEqual({ code: 2, stdout: "", stderr: message("prod") });
  });

  it("CLI-001: ' Production ' is production", async () => {
    verifies("cli:mode");
    const { code, stdout } = await run(["plugins", "list", "--plugin-mode", " Production "]);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^plugin mode: production\n/)]);
  });

  it("CLI-001: a misspelt variable is refused", async () => {
    verifies("cli:mode-refused");
    const ended = await run(["plugins", "list"], { env: { GLASSINE_PLUGIN_MODE: "prod" } });
    const stderr = `${message("prod")}It is the value of GLASSINE_PLUGIN_MODE.\n`;
    expect(ended).toEqual({ code: 2, stdout: "", stderr });
  });

  it("CLI-001: the option wins over the variable", async () => {
    verifies("cli:mode");
    const env = { GLASSINE_PLUGIN_MODE: "production" };
    const { stdout } = await run(["plugins", "list", "--plugin-mode", "dev"], { env });
    expect(stdout).toMatch(/^plugin mode: dev\n/);
    const misspelt = { GLASSINE_PLUGIN_MODE: "prod" };
    expect((await run(["plugins", "list", "--plugin-mode=dev"], { env: misspelt })).code).toBe(0);
  });

  it.each([
    ["", "dev"],
    ["PRODUCTION", "production"],
    [" dev\t", "dev"],
  ])("CLI-001: the variable %j is %s", async (value, mode) => {
    verifies("cli:mode");
    const { stdout } = await run(["plugins", "list"], { env: { GLASSINE_PLUGIN_MODE: value } });
    expect(stdout).toMatch(new RegExp(`^plugin mode: ${mode}\n`));
  });

  it.each(["", " ", "produktion", "dev,production", "dev\nproduction"])(
    "CLI-001: the option %j is refused, on one line",
    async (value) => {
      const { code, stderr } = await run(["plugins", "list", "--plugin-mode", value]);
      expect([code, stderr]).toEqual([2, expect.stringMatching(/^invalid plugin mode '.*'.*\n$/)]);
    },
  );

  it.each(["list", "doctor"])("holds for %s, and is a document with --json", async (command) => {
    const { code, document } = await runJson(["plugins", command, "--plugin-mode", "prod"]);
    expect(code).toBe(2);
    expect(document.error).toEqual({ code: "setting_invalid", message: message("prod").trim() });
  });

  it("is read under the prefix of the host", async () => {
    verifies("cli:own-names");
    const env = { CAPA_PLUGIN_MODE: "production", GLASSINE_PLUGIN_MODE: "prod" };
    const { stdout } = await run(["plugins", "list"], { env, host: { host: capa } });
    expect(stdout).toMatch(/^plugin mode: production\n/);
  });
});

describe("advice", () => {
  it.each(["list", "describe", "doctor", "verify"])(
    "of %s names variables as the host does",
    async (command) => {
      verifies("cli:own-names");
      const refused = rejected({ id: "guard", code: "unsigned", reason: "no signature" });
      const services = {
        discover: () => Promise.resolve(report({ rejected: [refused] })),
        verify: () => Promise.resolve(verified({ rejected: [refused] })),
      };
      const argv = ["plugins", command, ...(command === "describe" ? ["guard"] : [])];
      const { stdout } = await run(argv, { services, host: { host: capa } });
      expect(stdout).toContain(
        "CAPA_PLUGIN_SIGNING_REQUIRED=false and CAPA_PLUGIN_UNSIGNED_ACK=i-understand-plugins-are-unsigned.",
      );
    },
  );
});

it("rejectionCodes names variables as the standard host does, not by a placeholder", () => {
  for (const { means, todo } of Object.values(rejectionCodes))
    expect(`${means} ${todo}`).not.toMatch(/[{}]|(?<!GLASSINE_)PLUGIN_/);
  expect(rejectionCodes.unsigned.todo).toContain("GLASSINE_PLUGIN_SIGNING_REQUIRED=false");
});

describe("local plugins", () => {
  it("are refused in production, and nothing is asked for", async () => {
    verifies("cli:local-plugins");
    const discover = vi.fn();
    const argv = ["--local-plugins", ".", "--plugin-mode", "production"];
    for (const command of [["plugins", "list"], ["plugins", "doctor"], ["doctor"]]) {
      const ended = await run([...command, ...argv], { services: { discover } });
      const stderr = "local plugins are not allowed in production mode\n";
      expect(ended).toEqual({ code: 2, stdout: "", stderr });
    }
    expect(discover).not.toHaveBeenCalled();
  });

  it("are looked for from the current directory, in a folder that is there", async () => {
    verifies("cli:paths");
    const discover = vi.fn(() => Promise.resolve(report()));
    const cwd = import.meta.dirname;
    const argv = ["plugins", "list", "--local-plugins", "fixtures", "--root", "support"];
    await run(argv, { services: { discover }, cwd });
    expect(discover).toHaveBeenCalledWith(
      expect.objectContaining({ localPlugins: `${cwd}/fixtures`, root: `${cwd}/support` }),
    );
    for (const option of ["--local-plugins", "--root"]) {
      const ended = await run(["plugins", "list", option, "nowhere"], { cwd });
      const stderr = `${option}: there is no folder ${cwd}/nowhere\n`;
      expect(ended).toEqual({ code: 2, stdout: "", stderr });
    }
  });
});
