/** Trust: forged lockfiles, and names that inject syntax. */

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LockEntry } from "glassine/node";
import { readLockfile, trustPlugins } from "glassine/node";
import { afterAll, expect, it } from "vitest";
import { attack } from "../attacks/attack.ts";
import { badLockfiles, goodLockfile } from "./bad-lockfiles.ts";

const folder = mkdtempSync(join(tmpdir(), "glassine-lock-attacks-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const entry: LockEntry = {
  id: "pii-scan",
  package: "pii-scan",
  version: "1.0.0",
  entryPoint: "a.js:default",
  hash: `sha256:${"0".repeat(64)}`,
};
let count = 0;
const freshPath = () => {
  const own = join(folder, `lock-${count++}`);
  mkdirSync(own);
  return join(own, "plugins.lock");
};

/** The entries of a lock that trusts these plugins, in this order. */
async function trusting(...entries: readonly LockEntry[]) {
  const path = freshPath();
  for (const each of entries) await trustPlugins(path, [each], "reviewed");
  return (await readLockfile(path))?.entries;
}

/** The entries of a lockfile of these bytes. */
async function entriesOf(bytes: string | Uint8Array) {
  const path = freshPath();
  writeFileSync(path, bytes);
  return (await readLockfile(path))?.entries;
}

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "taken",
    ({ code }: { code: string }) => code,
  );

/** Characters that end a string, a line or a table in TOML, or a line of the journal. */
const control = [
  "\t",
  "\n",
  "\r\n",
  '"',
  "'",
  "]",
  "=",
  "#",
  "\\",
  '"\n[[plugins]]\nid = "evil',
  '"""',
  "'''",
  "\0",
  "\u2028",
  "\u202e",
  "\ud800",
];

attack(
  "A-200",
  "Trust a plugin whose id is not a plain name: tabs, line feeds, quotes, brackets, dots of other scripts, `__proto__`",
  "refused with `trust_refused`, and in a lockfile with `lockfile_invalid`; only valid names are ever written",
  () => {
    const ids = [
      ...control.map((text) => `pii${text}scan`),
      "__proto__",
      "acme․scan",
      "acme。scan",
      "ａcme.scan",
      "-a.b",
      ".",
      "acme.",
      "A.b",
    ];
    it.each(ids)("%j", async (id) => {
      expect(await codeOf(trusting({ ...entry, id }))).toBe("trust_refused");
      const forged = goodLockfile.replace('"pii-scan"', JSON.stringify(id).replace("\ud800", "x"));
      expect(await codeOf(entriesOf(forged))).toBe("lockfile_invalid");
    });

    it("names of built-in properties are ordinary names", async () => {
      for (const id of ["constructor", "plugins", "version"]) {
        const same = { ...entry, id };
        expect(await trusting(same, same)).toEqual([same]);
      }
    });
  },
);

attack(
  "A-201",
  "Inject TOML syntax through a plugin's version, hash, package or entry point",
  "refused with `trust_refused`; what an entry point may contain is quoted and cannot close its quotes",
  () => {
    it.each(control)("%j", async (text) => {
      for (const field of ["version", "hash", "package"] as const) {
        for (const value of [`${entry[field]}${text}`, text])
          expect(await codeOf(trusting({ ...entry, [field]: value }))).toBe("trust_refused");
      }
      const capabilities = [`read_labels${text}`];
      expect(await codeOf(trusting({ ...entry, capabilities }))).toBe("trust_refused");
    });

    it.each(control)("an entry point with %j", async (text) => {
      const hostile = { ...entry, entryPoint: `a${text}b.js:x` };
      if (/[\p{C}\p{Zl}\p{Zp}]/u.test(text))
        expect(await codeOf(trusting(hostile))).toBe("trust_refused");
      else expect(await trusting(hostile)).toEqual([hostile]);
    });
  },
);

attack(
  "A-211",
  "Supply a lockfile with another schema, duplicate tables or keys, no hash, or a meaningless hash",
  "refused as a whole with `lockfile_invalid` or `lockfile_newer`, naming lines and columns",
  () => {
    const kinds = [
      "version 2",
      "the same table twice",
      "the same key twice",
      "the same id twice",
      "no hash",
      "md5",
      "an algorithm in upper case",
      "digits in upper case",
      "63 digits",
      "an empty digest",
      "the placeholder unknown",
    ];

    it.each(kinds)("%s", async (kind) => {
      const [bad] = badLockfiles.filter(({ name }) => name === kind);
      expect(bad?.bytes).toBeDefined();
      expect(await codeOf(entriesOf(bad!.bytes!))).toBe(bad!.code);
    });
  },
);

attack(
  "A-212",
  "Replace the lockfile with an empty file, a directory, 100 MB, or a dangling link",
  "refused with `lockfile_invalid`, system errors with `lockfile_failed`; a link to a file is followed; an empty lockfile does not lift restrictions",
  () => {
    const read = (path: string) => codeOf(readLockfile(path));
    const at = (name: string) => join(folder, name);

    it("an empty file, and one of 100 MB", async () => {
      writeFileSync(at("empty"), "");
      writeFileSync(at("large"), "");
      truncateSync(at("large"), 100_000_000);
      expect(await read(at("empty"))).toBe("lockfile_invalid");
      expect(await read(at("large"))).toBe("lockfile_invalid");
    });

    it("a directory, and links", async () => {
      mkdirSync(at("directory"));
      symlinkSync(at("directory"), at("link-to-directory"));
      symlinkSync(at("gone"), at("link-to-nowhere"));
      symlinkSync("/dev/zero", at("link-to-device"));
      symlinkSync(at("link-to-itself"), at("link-to-itself"));
      for (const name of ["directory", "link-to-directory", "link-to-nowhere", "link-to-device"])
        expect([name, await read(at(name))]).toEqual([name, "lockfile_invalid"]);
      expect(await read(at("link-to-itself"))).toBe("lockfile_failed");
    });
  },
);
