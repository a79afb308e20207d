/** `doctor` when the operator's own files and settings are broken. */
import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { install, newRoot, publisher } from "../discovery/support.ts";
import { verifies } from "../support/verifies.ts";
import { commandServices, run, runJson } from "./support/run.ts";

const services = commandServices;

/** A folder with a signed, trusted plugin, and the settings under which it loads. */
async function newPlace() {
  const cwd = await newRoot();
  const builder = await publisher(cwd, "builder@example.com");
  await builder.sign(await install(cwd, "guard"));
  const { env } = builder;
  const trust = ["plugins", "trust", "guard", "--reason", "r"];
  expect(await run(trust, { services, cwd, env })).toMatchObject({ code: 0, stderr: "" });
  return { cwd, env };
}

it("a journal that cannot be read is a finding", async () => {
  verifies("cli:doctor-goes-on");
  const { cwd, env } = await newPlace();
  await rm(join(cwd, "plugins.lock.journal"));
  await mkdir(join(cwd, "plugins.lock.journal"));
  const { code, document } = await runJson(["doctor"], { services, cwd, env });
  expect([code, document.status, document.findings]).toMatchObject([
    0,
    "error",
    [{ about: "journal", severity: "error" }],
  ]);
  expect(document.plugins).toMatchObject([{ id: "guard", status: "installed-enabled" }]);
  expect((await run(["plugins", "verify"], { services, cwd, env })).code).toBe(2);
});

it.each([
  ["a file of keys that is not there", undefined, "does not exist."],
  ["a file of keys that is none", "{", "it is not JSON"],
  ["a file of keys with a fault", '{"schema":2,"publishers":[]}', "schema is not 1"],
])("%s is a finding, with the name of its variable and its form", async (_, text, fault) => {
  verifies("cli:doctor-goes-on", "signing:keys-refused");
  const { cwd, env } = await newPlace();
  const path = join(cwd, "others.json");
  if (text !== undefined) await writeFile(path, text);
  const broken = { ...env, GLASSINE_PLUGIN_PUBLISHER_KEYS: path };
  const { code, document } = await runJson(["doctor"], { services, cwd, env: broken });
  expect([code, document.findings]).toMatchObject([0, [{ about: "setting", severity: "error" }]]);
  const [{ message }] = document.findings;
  expect(message).toContain(fault);
  expect(message).toMatch(/^GLASSINE_PLUGIN_PUBLISHER_KEYS: The file of publisher keys "/);
  expect(message).toContain('{"schema": 1, "publishers": [{"identity": ');
  // Without keys no signature verifies, so the plugin is rejected.
  expect(document.plugins).toMatchObject([{ id: "guard", status: "rejected" }]);
  const listed = await run(["plugins", "list"], { services, cwd, env: broken });
  expect([listed.code, listed.stderr]).toEqual([2, `${message}\n`]);
});

it("a relative path of the key file is reported with its base folder", async () => {
  verifies("signing:keys-refused");
  const cwd = await newRoot();
  const env = { GLASSINE_PLUGIN_PUBLISHER_KEYS: "nowhere.json" };
  const { stderr } = await run(["plugins", "list"], { services, cwd, env });
  expect(stderr).toContain(
    `"nowhere.json" does not exist. The path is relative to ${process.cwd()}. `,
  );
});

it("a file of keys that the system refuses to read is reported without its form", async () => {
  verifies("signing:keys-refused");
  const cwd = await newRoot();
  await symlink("loop", join(cwd, "loop"));
  const env = { GLASSINE_PLUGIN_PUBLISHER_KEYS: join(cwd, "loop") };
  const { stderr } = await run(["plugins", "list"], { services, cwd, env });
  expect(stderr).toMatch(/ cannot be read: ELOOP\.\n$/);
});

it("a setting that needs an invalid one is not a finding of its own", async () => {
  verifies("cli:doctor-goes-on");
  const cwd = await newRoot();
  const env = {
    GLASSINE_PLUGIN_SIGSTORE_TRUSTED_ROOT: " ",
    GLASSINE_PLUGIN_SIGSTORE_ISSUER: "https://issuer.example",
  };
  const { code, document } = await runJson(["doctor"], { services, cwd, env });
  const message = "GLASSINE_PLUGIN_SIGSTORE_TRUSTED_ROOT is ' '; it takes the path of a file";
  expect([code, document.findings]).toMatchObject([0, [{ about: "setting", message }]]);
});

it("invalid settings are a finding and count as unset", async () => {
  verifies("cli:doctor-goes-on");
  const cwd = await newRoot();
  await install(cwd, "guard");
  const env = {
    GLASSINE_PLUGIN_SIGNING_REQUIRED: "nope",
    GLASSINE_PLUGINS_MODE: "production",
    GLASSINE_PLUGIN_UNSIGNED_ACK: "i-understand-plugins-are-unsigned",
  };
  const { code, document } = await runJson(["doctor"], { services, cwd, env });
  expect([code, document.status, document.mode]).toEqual([0, "error", "dev"]);
  expect(document.findings).toMatchObject([
    {
      about: "setting",
      message: expect.stringMatching(/SIGNING_REQUIRED is 'nope'.*PLUGINS_MODE/),
    },
  ]);
  expect(document.plugins[0].recommendation).toMatch(/^unsigned: /);
  const refused = await run(["doctor", "--plugin-mode", "prod"], { services, cwd });
  expect(refused.code).toBe(2);
});
