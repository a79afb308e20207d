/** Secrets are read late, and an error message names the source of a missing one. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { knownSecrets, secretReader, secretsIn } from "../../../../src/gateway/config/index.ts";
import { folderWith } from "../../../support/folder.ts";
import { load } from "./support.ts";

const env: Record<string, string | undefined> = { TOKEN: "t0", EMPTY: "" };
const read = secretReader(env);

it("reads a variable, a file without its line end, and a string as it is", async () => {
  const folder = await folderWith({ lf: "a\n", crlf: "b\r\n", inner: "c\nd\n\n" });
  expect(read("plain")).toBe("plain");
  expect(read({ env: "TOKEN" })).toBe("t0");
  expect(["lf", "crlf", "inner"].map((name) => read({ file: join(folder, name) }))).toEqual([
    "a",
    "b",
    "c\nd\n",
  ]);
});

it("reads anew each time", async () => {
  const folder = await folderWith({ key: "one" });
  const secret = { file: join(folder, "key") };
  expect(read(secret)).toBe("one");
  await writeFile(secret.file, "two");
  env.TOKEN = "t1";
  expect([read(secret), read({ env: "TOKEN" })]).toEqual(["two", "t1"]);
});

it.each([
  [{ env: "NOBODY" }, 'the environment variable "NOBODY" is not set'],
  [{ env: "EMPTY" }, 'the environment variable "EMPTY" is empty'],
  [{ env: "constructor" }, "is not set"],
  [{ file: "/nowhere/key" }, 'the file "/nowhere/key" does not exist'],
  [{ file: "/" }, "is not a regular file"],
])("%o is missing", (secret, text) => {
  expect(() => read(secret)).toThrow(
    expect.objectContaining({ code: "secret_missing", message: expect.stringContaining(text) }),
  );
});

it("refuses a file that is empty or large, without a word of it", async () => {
  const folder = await folderWith({ empty: "\n", large: "sk-live".repeat(10_000) });
  expect(() => read({ file: join(folder, "empty") })).toThrow("is empty");
  expect(() => read({ file: join(folder, "large") })).toThrow(/larger than 64 KiB$/);
});

it("refuses a file that is not UTF-8, without a word of it, and drops a byte order mark", async () => {
  const folder = await folderWith({ latin: "", wide: "", marked: "\ufeffsk-live" });
  const wide = Buffer.from("sk-live", "utf16le");
  await writeFile(join(folder, "latin"), Buffer.from("sk-l\u00efve", "latin1"));
  await writeFile(join(folder, "wide"), wide);
  for (const name of ["latin", "wide"])
    expect(() => read({ file: join(folder, name) })).toThrow(/is not text in UTF-8$/);
  expect(read({ file: join(folder, "marked") })).toBe("sk-live");
});

it("finds every secret that a configuration names", async () => {
  const { config } = await load({
    servers: {
      a: { command: "x", env: { T: { env: "A" }, U: "u" } },
      b: { url: "https://x.example", headers: { k: { env: "B" } } },
    },
    models: {
      m: {
        provider: "openai",
        url: "https://x.example",
        path: "/v1",
        headers: { k: { env: "C" } },
      },
    },
    listen: {},
    identity: { anonymous: true },
    labels: { store: { redis: { env: "D" } } },
  });
  expect(secretsIn(config)).toEqual([
    { path: ["servers", "a", "env", "T"], secret: { env: "A" } },
    { path: ["servers", "b", "headers", "k"], secret: { env: "B" } },
    { path: ["models", "m", "headers", "k"], secret: { env: "C" } },
    { path: ["labels", "store", "redis"], secret: { env: "D" } },
  ]);
});

it("knows the token in a header's value and the password in a URL as secrets", () => {
  const vars = {
    A: "Bearer kv-777",
    B: "redis://ada:p%40ss:w@host:6379/0",
    C: "https://host/a:b@c",
    D: "mongodb+srv://:secret@host",
    E: "open sesame, again",
    F: "token abc",
  };
  const { read: readKnown, values, redact } = knownSecrets(secretReader(vars));
  for (const env of Object.keys(vars)) readKnown({ env });
  expect(values()).toEqual([
    vars.A,
    "kv-777",
    vars.B,
    "p%40ss:w",
    "p@ss:w",
    vars.C,
    vars.D,
    "secret",
    vars.E,
    vars.F,
  ]);
  expect(redact("got kv-777 and p@ss:w")).toBe("got [REDACTED] and [REDACTED]");
});

it("remembers the latest values of each secret, and forgets those of long ago", () => {
  const vars: Record<string, string> = { FIXED: "fixed" };
  const { read: readKnown, values, follow } = knownSecrets(secretReader(vars));
  const seen: number[] = [];
  const unfollow = follow((all) => seen.push(all.length));
  readKnown({ env: "FIXED" });
  for (let at = 0; at < 150; at++) {
    vars.TOKEN = `value-${at}`;
    readKnown({ env: "TOKEN" });
    readKnown({ env: "TOKEN" });
    readKnown({ env: "FIXED" });
    readKnown("a string");
  }
  expect([values()[0], values()[1], values().at(-1), values().length]).toEqual([
    "fixed",
    "value-140",
    "value-149",
    11,
  ]);
  unfollow();
  vars.TOKEN = "value-60";
  readKnown({ env: "TOKEN" });
  expect([values().at(-1), values().length]).toEqual(["value-60", 11]);
  expect(seen).toHaveLength(152);
});
