/** A missing or older lockfile, and a completely broken installation. */

import { existsSync } from "node:fs";
import {
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { hashPackage, trustPlugins } from "glassine/node";
import { expect, it } from "vitest";
import { attack } from "../attacks/attack.ts";
import { commandServices, documentOf, run, runJson } from "../cli/support/run.ts";
import { rejection } from "../operations/support.ts";
import {
  codesOf,
  discover,
  install,
  newRoot,
  publisher,
  ran,
  source,
  trust,
  unsigned,
} from "./support.ts";

attack(
  "A-213",
  "Remove the lockfile, so that production has nothing to check plugins against",
  "no host starts: `lockfile_missing`; a read-only command lists each plugin as `lock_missing`, and runs none",
  () => {
    it("after plugins were trusted", async () => {
      const root = await newRoot();
      const marker = join(root, "ran");
      const path = await install(root, "guard", { code: source("guard", {}, marker) });
      await trust(root, path, "guard");
      await rm(join(root, "plugins.lock"));
      for (const given of [
        { mode: "production" },
        { env: { ...unsigned, GLASSINE_PLUGIN_MODE: "production" } },
      ])
        expect(await rejection(discover(root, given))).toMatchObject({ code: "lockfile_missing" });
      const lock = join(root, "elsewhere.lock");
      expect(await rejection(discover(root, { mode: "production", lock }))).toMatchObject({
        code: "lockfile_missing",
      });
      const { document } = await runJson(["plugins", "list", "--plugin-mode", "production"], {
        services: commandServices,
        cwd: root,
        env: unsigned,
      });
      const { loaded, rejected } = document;
      expect(loaded).toEqual([]);
      expect(rejected).toMatchObject([{ code: "lock_missing" }]);
      expect([ran(marker), existsSync(lock), existsSync(join(root, "plugins.lock"))]).toEqual([
        false,
        false,
        false,
      ]);
    });

    it("so that an empty one counts as unrestricted", async () => {
      const root = await newRoot();
      const marker = join(root, "ran");
      await install(root, "guard", { code: source("guard", {}, marker) });
      for (const text of ["", "\ufeffversion = 1\n"]) {
        await writeFile(join(root, "plugins.lock"), text);
        expect(await rejection(discover(root, { mode: "production" }))).toMatchObject({
          code: "lockfile_invalid",
        });
      }
      await rm(join(root, "plugins.lock"));
      await mkdir(join(root, "plugins.lock"));
      expect(await rejection(discover(root))).toMatchObject({ code: "lockfile_invalid" });
      expect(ran(marker)).toBe(false);
    });
  },
);

attack(
  "A-223",
  "Roll back to an older version that was once signed and trusted, to reopen a closed hole",
  "refused as `version_mismatch`, until somebody trusts it again with a reason",
  () => {
    it("with its signature and its line in the journal", async () => {
      const root = await newRoot();
      const marker = join(root, "ran");
      const { sign, env } = await publisher(root, "builder@example.com");
      const older = { code: source("guard", {}, marker), sign };
      const path = await install(root, "guard", older);
      await trust(root, path, "guard");
      await rm(path, { recursive: true });
      await install(root, "guard", { version: "1.1.0", manifest: { version: "1.1.0" }, sign });
      await trust(root, path, "guard");
      await rm(path, { recursive: true });
      await install(root, "guard", older);
      const downgraded = await discover(root, { mode: "production", env });
      expect(downgraded.rejected).toMatchObject([
        { code: "version_mismatch", reason: "expected '1.1.0', actual '1.0.0'" },
      ]);
      expect(ran(marker)).toBe(false);
      const entry = {
        id: "guard",
        package: "guard",
        version: "1.0.0",
        entryPoint: "plugin.js:default",
      };
      const { hash } = await hashPackage(path);
      const lock = join(root, "plugins.lock");
      expect(await rejection(trustPlugins(lock, [{ ...entry, hash }], " "))).toMatchObject({
        code: "reason_invalid",
      });
      expect(codesOf(await discover(root, { mode: "production", env }))).toEqual([
        "guard: version_mismatch",
      ]);
      await trust(root, path, "guard");
      const { plugins } = await discover(root, { mode: "production", env });
      expect(plugins.map(({ version }) => version)).toEqual(["1.0.0"]);
      expect(ran(marker)).toBe(true);
    });
  },
);

/** Everything below a folder: type, time and content. */
async function contentOf(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const lines = await Promise.all(
    entries.map(async (entry) => {
      const path = join(folder, entry.name);
      const { mode, ino, mtimeMs } = await lstat(path);
      const text = entry.isFile()
        ? await readFile(path, "base64")
        : entry.isSymbolicLink() && (await readlink(path));
      // Links are not followed: some are cyclic.
      const below = entry.isDirectory() ? await contentOf(path) : [];
      return [[path, mode, ino, mtimeMs, text].join(" "), ...below];
    }),
  );
  return lines.flat().sort();
}

attack(
  "A-228",
  "Run `list` where everything is broken: folders that are files, cyclic links, unreadable packages, settings and locks",
  "exit 0 with each fault reported, or exit 2 for settings and lockfiles; one document with `--json`; nothing is written",
  () => {
    type Break = (root: string) => Promise<unknown>;
    const modules = (root: string) => join(root, "node_modules");
    const outputs: Readonly<Record<string, readonly [Break, string]>> = {
      "no packages at all": [async () => {}, "No plugins registered."],
      "packages that are a file": [
        (root) => writeFile(modules(root), ""),
        "No plugins registered.",
      ],
      "links that lead nowhere, or in a circle": [
        async (root) => {
          await mkdir(modules(root));
          await symlink("nowhere", join(modules(root), "gone"));
          await symlink("circle", join(modules(root), "circle"));
          await symlink("../..", join(modules(root), "above"));
        },
        "No plugins registered.",
      ],
      "a package.json that is a folder": [
        (root) => mkdir(join(modules(root), "bad/package.json"), { recursive: true }),
        "bad: invalid_metadata: its package.json is not a regular file",
      ],
      "a package.json that is no JSON": [
        async (root) => {
          await mkdir(join(modules(root), "bad"), { recursive: true });
          await writeFile(join(modules(root), "bad/package.json"), '{"glassine":');
        },
        "bad: invalid_metadata: its package.json cannot be read",
      ],
      "a module that throws": [
        (root) => install(root, "guard", { code: "throw new Error('broken');" }),
        "guard: import_failed: broken",
      ],
      "a factory that gives nothing": [
        (root) => install(root, "guard", { code: "export default () => {};" }),
        "guard: factory_failed: it returned undefined; expected what definePlugin made",
      ],
    };

    it.each(Object.keys(outputs))("ends with 0: %s", async (what) => {
      const root = await newRoot();
      const [spoil, text] = outputs[what] as readonly [Break, string];
      await spoil(root);
      const before = await contentOf(root);
      for (const env of [unsigned, { ...unsigned, HOME: "not/absolute", XDG_CONFIG_HOME: "\0" }]) {
        const options = { services: commandServices, cwd: root, env };
        const { code, stdout } = await run(["plugins", "list"], options);
        expect([code, stdout]).toEqual([0, expect.stringContaining(text)]);
        documentOf((await run(["plugins", "list", "--json"], options)).stdout);
      }
      expect(await contentOf(root)).toEqual(before);
    });

    const refused: Readonly<Record<string, readonly [Break, readonly string[], object, string]>> = {
      "a lock that is a folder": [
        (root) => mkdir(join(root, "plugins.lock")),
        ...([[], {}, "lockfile_invalid"] as const),
      ],
      "a lock that is a link to itself": [
        (root) => symlink("plugins.lock", join(root, "plugins.lock")),
        ...([[], {}, "lockfile_failed"] as const),
      ],
      "a lock of no bytes": [
        (root) => writeFile(join(root, "plugins.lock"), ""),
        ...([[], {}, "lockfile_invalid"] as const),
      ],
      "a mode that there is not": [
        async () => {},
        ...([[], { GLASSINE_PLUGIN_MODE: "prod" }, "setting_invalid"] as const),
      ],
      "a setting that means nothing": [
        async () => {},
        ...([[], { GLASSINE_PLUGIN_SIGNING_REQUIRED: "maybe" }, "setting_invalid"] as const),
      ],
      "keys of publishers that are not there": [
        async () => {},
        ...([
          [],
          { GLASSINE_PLUGIN_PUBLISHER_KEYS: "/nowhere/keys.json" },
          "setting_invalid",
        ] as const),
      ],
      "a root that is not there": [
        async () => {},
        ...([["--root", "nowhere"], {}, "options_invalid"] as const),
      ],
      "a catalogue that is not there": [
        async () => {},
        ...([["--catalog", "nowhere.json"], {}, "options_invalid"] as const),
      ],
    };

    it.each(Object.keys(refused))("ends with 2: %s", async (what) => {
      const root = await newRoot();
      const marker = join(root, "ran");
      await install(root, "guard", { code: source("guard", {}, marker) });
      const [spoil, argv, env, code] = refused[what] as (typeof refused)[string];
      await spoil(root);
      const before = await contentOf(root);
      const options = { services: commandServices, cwd: root, env: { ...unsigned, ...env } };
      const ended = await run(["plugins", "list", ...argv], options);
      expect([ended.code, ended.stdout]).toEqual([2, ""]);
      expect(ended.stderr).toMatch(/^[^\n]+\n(?:It is the value of GLASSINE_PLUGIN_MODE\.\n)?$/);
      const { stdout } = await run(["plugins", "list", ...argv, "--json"], options);
      expect(documentOf(stdout)).toEqual({ error: { code, message: expect.any(String) } });
      expect(await contentOf(root)).toEqual(before);
      expect(ran(marker)).toBe(false);
    });
  },
);
