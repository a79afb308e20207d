/** From a key to a tarball that an operator can check, with commands alone. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { platform } from "node:process";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import { commandServices, run, runJson } from "./support/run.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "keygen-"));
});
afterAll(() => rm(folder, { recursive: true }));

it("a key made by `keygen` signs a tarball that verifies with the printed entry", async () => {
  verifies("signing:key-made", "signing:tarball");
  const options = { services: commandServices, cwd: folder };
  const who = ["--identity", "builder@example.com"];
  const made = await runJson(["plugins", "keygen", "signing.pem", ...who], options);
  const key = join(folder, "signing.pem");
  expect(made).toMatchObject({ code: 0, document: { action: "keygen", key } });
  if (platform !== "win32") expect((await stat(key)).mode & 0o077).toBe(0);
  const source = join(folder, "guard");
  await mkdir(source);
  await writeFile(join(source, "package.json"), '{"name":"guard","version":"1.0.0"}');
  await promisify(execFile)("npm", ["pack", "--silent", "--pack-destination", folder], {
    cwd: source,
  });
  const sign = ["plugins", "sign", "guard-1.0.0.tgz", "--key", "signing.pem", ...who];
  const signed = await runJson(sign, options);
  expect([signed.code, signed.document.publisher, signed.document.warnings]).toEqual([
    0,
    made.document.publisher,
    [],
  ]);
  const secret = (await readFile(key, "utf8")).split("\n")[1] as string;
  expect(JSON.stringify([made, signed])).not.toContain(secret);
});

it("warns of a key that would be published with a package", async () => {
  verifies("cli:keygen-folder");
  const cwd = join(folder, "warned");
  await mkdir(join(cwd, "keys"), { recursive: true });
  const options = { services: commandServices, cwd };
  const warningsFor = async (manifest: object, name: string) => {
    await writeFile(join(cwd, "package.json"), JSON.stringify(manifest));
    const keygen = ["plugins", "keygen", `keys/${name}`, "--identity", "a@example.com"];
    return (await runJson(keygen, options)).document.warnings;
  };
  expect(await warningsFor({ name: "guard", version: "1.0.0" }, "one.pem")).toEqual([
    `the key file is in the package at ${cwd}: it would be published with it; keep it elsewhere`,
  ]);
  expect(await warningsFor({ name: "workspace", private: true }, "two.pem")).toEqual([]);
});

it("overwrites no file and requires a valid identity", async () => {
  verifies("signing:key-made");
  await writeFile(join(folder, "there.pem"), "mine");
  const options = { services: commandServices, cwd: folder };
  const keygen = ["plugins", "keygen", "there.pem"];
  const there = await run([...keygen, "--identity", "a@example.com"], options);
  expect([there.code, there.stderr]).toEqual([
    2,
    "keygen: the file already exists and is not overwritten: choose another name\n",
  ]);
  expect(await readFile(join(folder, "there.pem"), "utf8")).toBe("mine");
  const nowhere = ["plugins", "keygen", "no/k.pem", "--identity", "a@example.com"];
  expect(await run(nowhere, options)).toMatchObject({
    code: 2,
    stderr: `keygen: the folder ${join(folder, "no")} does not exist\n`,
  });
  const below = ["plugins", "keygen", "there.pem/k.pem", "--identity", "a@example.com"];
  expect((await run(below, options)).stderr).toBe(
    `keygen: ${join(folder, "there.pem", "k.pem")} cannot be written: ENOTDIR\n`,
  );
  expect((await run(keygen, options)).code).toBe(2);
  expect(await run([...keygen, "--identity", "a,b"], options)).toMatchObject({
    code: 2,
    stderr: `keygen: The signer's identity "a,b" contains a comma.\n`,
  });
  const fresh = ["plugins", "keygen", "new.pem", "--identity"];
  for (const wrong of [["a,b"], ["a@example.com", "--key-id", "a b"]])
    expect((await run([...fresh, ...wrong], options)).code).toBe(2);
  await expect(stat(join(folder, "new.pem"))).rejects.toMatchObject({ code: "ENOENT" });
});
