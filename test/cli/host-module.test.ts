/** `--host`: plugins are checked against the operator's own host. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { memoryNode } from "glassine/memory-node";
import { describe, expect, it, vi } from "vitest";
import { folderWith } from "../support/folder.ts";
import { verifies } from "../support/verifies.ts";
import { host, other } from "./fixtures/host.ts";
import { report } from "./support/facts.ts";
import { catalogPath, fixtures, linesOf, run, runJson } from "./support/run.ts";

describe("--host", () => {
  it.each([
    ["host.ts", "STIGMEM_", host],
    ["./host.ts:other", "OTHER_", other],
    [`${fixtures}host.ts:host`, "STIGMEM_", host],
  ])("accepts %s and uses its names", async (module, prefix, imported) => {
    verifies("cli:host-module");
    const discover = vi.fn(({ mode }) => Promise.resolve(report({ mode })));
    const env = { [`${prefix}PLUGIN_MODE`]: "production", GLASSINE_PLUGIN_MODE: "prod" };
    const ended = await run(["plugins", "list", "--host", module], { services: { discover }, env });
    expect([ended.code, linesOf(ended.stdout)[0]]).toEqual([0, "plugin mode: production"]);
    expect(discover).toHaveBeenCalledWith(expect.objectContaining({ host: imported, prefix }));
  });

  it("accepts an entry of this package with only one host in it", async () => {
    verifies("cli:host-module");
    const discover = vi.fn(({ mode }) => Promise.resolve(report({ mode })));
    const env = { STIGMEM_PLUGIN_MODE: "production" };
    for (const module of ["glassine/memory-node", "glassine/memory-node:memoryNode"]) {
      const argv = ["plugins", "list", "--host", module];
      const { code, stdout } = await run(argv, { services: { discover }, env });
      expect([code, linesOf(stdout)[0]]).toEqual([0, "plugin mode: production"]);
      const expected = expect.objectContaining({ host: memoryNode, prefix: "STIGMEM_" });
      expect(discover).toHaveBeenLastCalledWith(expected);
    }
    const none = await run(["plugins", "list", "--host", "glassine/mcp"], {
      services: { discover },
    });
    expect(none.code).toBe(2);
    expect(none.stderr).toContain("its export default is not a host");
  });

  it.each([
    ["host.mjs", "export default { port: 80 }; export const host = globalThis.testHost;"],
    ["host.cjs", "exports.host = globalThis.testHost;"],
    // As Node imports CommonJS that a compiler made; the test runner would unwrap it.
    ["compiled.mjs", "export default { __esModule: true, default: globalThis.testHost };"],
  ])("accepts a host beside a default that is none: %s", async (name, text) => {
    verifies("cli:host-module");
    (globalThis as { testHost?: object }).testHost = other;
    const discover = vi.fn(() => Promise.resolve(report({})));
    const given = { services: { discover }, cwd: await folderWith({ [name]: text }) };
    const { code } = await run(["plugins", "list", "--host", name], given);
    expect(code).toBe(0);
    expect(discover).toHaveBeenCalledWith(expect.objectContaining({ host: other }));
  });

  it("asks for the file of a package that is for import alone", async () => {
    verifies("cli:host-module");
    const exports = { import: "./index.js" };
    const manifest = JSON.stringify({ name: "esm-host", exports });
    const cwd = await folderWith();
    const path = join(cwd, "node_modules/esm-host");
    await mkdir(path, { recursive: true });
    await writeFile(join(path, "package.json"), manifest);
    const { code, stderr } = await run(["plugins", "list", "--host", "esm-host"], { cwd });
    expect([code, linesOf(stderr)]).toEqual([
      2,
      [
        "--host: cannot use the module 'esm-host': the package exports this only to `import`, or not at all: name its file",
      ],
    ]);
  });

  it("names the host in what is printed", async () => {
    verifies("cli:host-module");
    const argv = ["plugins", "disable", "tombstones", "--catalog", catalogPath];
    const { stdout } = await run([...argv, "--host", "host.ts:other"]);
    expect(stdout).toContain("Restart the other node after");
  });

  it.each([
    ["nowhere.ts", "cannot use the module 'nowhere.ts'"],
    ["host.ts:absent", "its export absent is not a host"],
    ["../support/facts.ts:lockAt", "its export lockAt is not a host"],
    ["catalog.json", "cannot use the module 'catalog.json'"],
    ["no-such-package", "cannot use the module 'no-such-package'"],
    ["data:text/javascript,export default 1", "cannot use the module"],
  ])("refuses %s", async (module, message) => {
    verifies("cli:host-module");
    const discover = vi.fn();
    const { code, document } = await runJson(["plugins", "list", "--host", module], {
      services: { discover },
    });
    expect([code, document.error.code]).toEqual([2, "options_invalid"]);
    expect(document.error.message).toContain(message);
    expect(discover).not.toHaveBeenCalled();
  });

  it("reports a missing package without a stack", async () => {
    const { code, stderr } = await run(["plugins", "list", "--host", "no-such-package"]);
    expect([code, linesOf(stderr)]).toEqual([
      2,
      ["--host: cannot use the module 'no-such-package': Cannot find module 'no-such-package'"],
    ]);
  });

  it("reports what a module throws on one line", async () => {
    const folder = await folderWith({ "throws.mjs": 'throw new Error("first\\nsecond");' });
    const path = join(folder, "throws.mjs");
    const { code, stderr } = await run(["plugins", "list", "--host", path]);
    expect([code, linesOf(stderr)]).toEqual([
      2,
      [`--host: cannot use the module '${path}': first\\u{a}second`],
    ]);
  });
});
