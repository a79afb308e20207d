/** What a lockfile says, and how an invalid one is refused. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { GlassineError } from "glassine";
import { type Lockfile, readLockfile } from "glassine/node";
import { afterAll, describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import { badLockfiles, goodLockfile } from "./bad-lockfiles.ts";

/** An invalid part of a lockfile. */
interface Problem {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

const folder = mkdtempSync(join(tmpdir(), "glassine-lockfile-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, "plugins.lock");
const bytesOf = (text: string) => new TextEncoder().encode(text);

/** What a lockfile with this text says. */
async function parsed(text: string): Promise<Lockfile> {
  writeFileSync(path, text);
  const lock = await readLockfile(path);
  if (lock === undefined) throw new Error("There is no lockfile.");
  return lock;
}

async function refusalOf(bytes: Uint8Array, at = path): Promise<GlassineError> {
  writeFileSync(at, bytes);
  try {
    await readLockfile(at);
  } catch (error) {
    if (error instanceof GlassineError) return error;
    throw error;
  }
  throw new Error("The lockfile was taken.");
}

const hash = `sha256:${"0a".repeat(32)}`;
const entry = {
  id: "pii-scan",
  package: "@acme/pii-scan",
  version: "1.2.0",
  entryPoint: "dist/plugin.js:default",
  hash,
};

describe("a lockfile", () => {
  it("has its entries frozen, in the order of the file", async () => {
    verifies("lockfile:schema", "lockfile:exact");
    const other = `\n[[plugins]]\nversion = "2.0"\nid = "acme.a_b"\npackage = "a"\nentry_point = "x:y:z"\ndistribution_hash = "sha512:${"f".repeat(128)}"\n`;
    const lock = await parsed(goodLockfile + other);
    expect(lock).toEqual({
      path,
      text: goodLockfile + other,
      entries: [
        entry,
        {
          id: "acme.a_b",
          package: "a",
          version: "2.0",
          entryPoint: "x:y:z",
          hash: `sha512:${"f".repeat(128)}`,
        },
      ],
      warnings: [],
    });
    expect(Object.isFrozen(lock) && Object.isFrozen(lock.entries)).toBe(true);
    expect(lock.entries.every((each) => Object.isFrozen(each))).toBe(true);
  });

  it("treats a grant as a set", async () => {
    verifies("lockfile:grant-set");
    const [first] = (await parsed(`${goodLockfile}capabilities = ["b.c", 'a_b', "b.c"]\n`)).entries;
    expect(first).toEqual({ ...entry, capabilities: ["a_b", "b.c"] });
    const [none] = (await parsed(`${goodLockfile}capabilities = []\n`)).entries;
    expect(none).toEqual({ ...entry, capabilities: [] });
    expect((await parsed(goodLockfile)).entries[0]).not.toHaveProperty("capabilities");
  });

  it("may have no entries, and no version, with a warning", async () => {
    verifies("lockfile:version-absent");
    expect(await parsed("version = 1\n")).toMatchObject({ entries: [], warnings: [] });
    expect((await parsed("version = 1\nplugins = []\n")).entries).toEqual([]);
    for (const text of ["# nothing\n", "\n", " "]) {
      expect(await parsed(text)).toMatchObject({
        entries: [],
        warnings: ["plugins.lock has no version; it is read as schema version 1"],
      });
    }
  });
});

describe("an invalid lockfile", () => {
  const withBytes = badLockfiles.flatMap(({ bytes, ...rest }) =>
    bytes === undefined ? [] : [{ ...rest, bytes }],
  );

  it.each(withBytes)("CLI-041: $name", async ({ bytes, code, problem }) => {
    verifies("lockfile:strict", "lockfile:ids");
    const error = await refusalOf(bytes);
    expect(error.code).toBe(code);
    expect(error.message).toContain(problem);
    if (code === "lockfile_invalid")
      expect(error.message.startsWith(`${path} is not a valid plugins.lock: `)).toBe(true);
    expect(error.message).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
  });

  it("CLI-041: has a distinct message for each kind of problem", async () => {
    verifies("lockfile:file", "lockfile:empty");
    expect(withBytes.length).toBeGreaterThan(20);
    const ofFile = ["no bytes", "a byte order mark", "invalid UTF-8", "more than 5 MiB"];
    const problems = badLockfiles
      .filter(({ name }) => [...ofFile, "a directory"].includes(name))
      .map(({ problem: each }) => each.replace(/^line .*?: /, ""));
    expect(new Set(problems).size).toBe(5);
  });

  it("CLI-042: is refused as newer with these exact words, whatever else is wrong", async () => {
    verifies("lockfile:version-newer");
    const error = await refusalOf(bytesOf("plugin = 1\nversion = 2\n"));
    expect(error.code).toBe("lockfile_newer");
    expect(error.message).toBe("plugins.lock schema version 2 is newer than supported version 1");
    expect(error.data).toEqual({ path, version: "2", supported: 1 });
  });

  it("is reported with all its problems at once, in line order", async () => {
    const text = [
      "plugin = 1",
      "version = '1'",
      "[[plugins]]",
      "id = 'a b'",
      "distribution_hash = 'md5:0'",
      "",
      "  [[plugins]] # two",
      "  id = 'acme'",
      "  hash = 1",
      "  capabilities = [1]",
      "",
    ].join("\r\n");
    const error = await refusalOf(bytesOf(text));
    expect(
      (error.data.lockProblems as Problem[]).map(({ line, column }) => [line, column]),
    ).toEqual([
      [1, 1],
      [2, 1],
      [3, 1],
      [3, 1],
      [3, 1],
      [4, 1],
      [5, 1],
      [7, 3],
      [7, 3],
      [7, 3],
      [7, 3],
      [9, 3],
      [10, 3],
    ]);
    const problems = (error.data.lockProblems as Problem[]).map(
      ({ line, column, message }) => `line ${line}, column ${column}: ${message}`,
    );
    expect(error.message).toBe(`${path} is not a valid plugins.lock: ${problems.join("; ")}`);
    expect(problems.slice(0, 3)).toEqual([
      "line 1, column 1: unknown key 'plugin'; did you mean 'plugins'?",
      "line 2, column 1: version must be the integer 1, got the string '1'",
      "line 3, column 1: package is missing",
    ]);
  });

  it("names every duplicate id, also in entries with other problems", async () => {
    const all = ["b", "aa", "cc", "aa", "bbb", "bbb", "aa"]
      .map((id) => `[[plugins]]\nid = "${id.padEnd(3, "x")}"\n`)
      .join("");
    const { message } = await refusalOf(bytesOf(all));
    expect(message).toContain("line 8, column 1: plugins.lock contains duplicate ids: aax, bbb");
  });

  it("is reported with its first hundred problems only", async () => {
    for (const part of ["[a$]\n", "a$ = 1\n", "[[plugins]]\n", "[[plugins]]\n[plugins.x]\n"]) {
      const text = Array.from({ length: 30_000 }, (_, n) => part.replace("$", `${n}`)).join("");
      const { lockProblems } = (await refusalOf(bytesOf(text))).data;
      expect((lockProblems as unknown[]).length).toBeGreaterThanOrEqual(100);
      expect((lockProblems as unknown[]).length).toBeLessThan(300);
    }
  });

  it.skipIf(process.platform === "win32")(
    "is named by its path on one line, including backslashes",
    async () => {
      const { message } = await refusalOf(
        new Uint8Array(),
        join(folder, "C:\\a\nb\u202e\\plugins.lock"),
      );
      expect(message).toMatch(/^\/[^\n]*\/C:\\a\\u\{a\}b\\u\{202e\}\\plugins\.lock is not a valid/);
    },
  );

  it("points at the first byte that is not UTF-8", async () => {
    const good = "version = 1\n# ä🔒\n# ";
    for (const rest of [[0xff], [0xe2, 0x82], [0xed, 0xa0, 0x80], [0xc0, 0xaf, 0x61, 0x62]]) {
      const { message } = await refusalOf(new Uint8Array([...bytesOf(good), ...rest]));
      expect(message).toContain("line 3, column 3: it is not valid UTF-8");
    }
  });
});
