/** Secrets are read late, and an error message names the source of a missing one. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { folderWith } from "../../support/folder.ts";
import { run } from "../command/support.ts";
import { configFile, configure, runningIn } from "./support.ts";

const env = { TOKEN: "t0", EMPTY: "" };

/** How a gateway reads a secret; the files are in the folder of its configuration. */
async function readerWith(files: Readonly<Record<string, string | Uint8Array>> = {}) {
  const folder = await folderWith(files);
  await configure(folder, {});
  const { parts } = await runningIn(folder, { env });
  return { read: parts.secrets, at: (name: string) => ({ file: join(folder, name) }) };
}

it("reads a variable, a file without its line end, and a string as it is", async () => {
  const { read, at } = await readerWith({ lf: "a\n", crlf: "b\r\n", inner: "c\nd\n\n" });
  expect(read("plain")).toBe("plain");
  expect(read({ env: "TOKEN" })).toBe("t0");
  expect(["lf", "crlf", "inner"].map((name) => read(at(name)))).toEqual(["a", "b", "c\nd\n"]);
});

it("reads anew each time", async () => {
  const { read, at } = await readerWith({ key: "one" });
  const secret = at("key");
  expect(read(secret)).toBe("one");
  await writeFile(secret.file, "two");
  expect(read(secret)).toBe("two");
});

it.each([
  [{ env: "NOBODY" }, 'the environment variable "NOBODY" is not set'],
  [{ env: "EMPTY" }, 'the environment variable "EMPTY" is empty'],
  [{ env: "constructor" }, "is not set"],
  [{ file: "/nowhere/key" }, 'the file "/nowhere/key" does not exist'],
  [{ file: "/" }, "is not a regular file"],
])("%o is missing", async (secret, text) => {
  const { read } = await readerWith();
  expect(() => read(secret)).toThrow(
    expect.objectContaining({ code: "secret_missing", message: expect.stringContaining(text) }),
  );
});

it("refuses a file that is empty or large, without a word of it", async () => {
  const { read, at } = await readerWith({ empty: "\n", large: "sk-live".repeat(10_000) });
  expect(() => read(at("empty"))).toThrow("is empty");
  expect(() => read(at("large"))).toThrow(/larger than 64 KiB$/);
});

it("refuses a file that is not UTF-8, without a word of it, and drops a byte order mark", async () => {
  const { read, at } = await readerWith({
    latin: Buffer.from("sk-l\u00efve", "latin1"),
    wide: Buffer.from("sk-live", "utf16le"),
    marked: "\ufeffsk-live",
  });
  for (const name of ["latin", "wide"])
    expect(() => read(at(name))).toThrow(/is not text in UTF-8$/);
  expect(read(at("marked"))).toBe("sk-live");
});

it("finds every secret that a configuration names", async () => {
  const cwd = await folderWith({
    [configFile]: {
      servers: {
        a: { command: process.execPath, env: { T: { env: "A" }, U: "u" } },
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
      labels: { store: { redis: { env: "D" } } },
    },
  });
  const { document } = await run(["gateway", "--check", "--json"], { cwd });
  const isMissing = (name: string) => `the environment variable "${name}" is not set`;
  expect(document().warnings).toEqual([
    expect.stringContaining(`servers.a.env.T: ${isMissing("A")}`),
    expect.stringContaining(`servers.b.headers.k: ${isMissing("B")}`),
    expect.stringContaining(`models.m.headers.k: ${isMissing("C")}`),
    expect.stringContaining(`labels.store.redis: ${isMissing("D")}`),
  ]);
});

/** A gateway whose server has secrets, and how its log shows a text that quotes them. */
async function loggingWith(
  secrets: Readonly<Record<string, object>>,
  vars: Readonly<Record<string, string>>,
) {
  const cwd = await folderWith({});
  await configure(cwd, { servers: { own: { command: process.execPath, env: secrets } } });
  const { parts, events } = await runningIn(cwd, { env: vars });
  const logged = (text: string) => {
    parts.log.warn("server_stderr", { text });
    return events().at(-1)?.text;
  };
  return { read: parts.secrets, cwd, logged };
}

it("knows the token in a header's value and the password in a URL as secrets", async () => {
  const vars = {
    A: "Bearer kv-777",
    B: "redis://ada:p%40ss:w@host:6379/0",
    C: "https://host/a:b@c",
    D: "mongodb+srv://:secret@host",
    E: "open sesame, again",
    F: "token abc",
  };
  const secrets = Object.fromEntries(Object.keys(vars).map((name) => [name, { env: name }]));
  const { logged } = await loggingWith(secrets, vars);
  for (const each of ["kv-777", "p%40ss:w", "p@ss:w", "secret", vars.C, vars.E])
    expect(logged(`got ${each}.`)).toBe("got [REDACTED].");
  for (const each of ["ada", "b@c", "open sesame", "abc"])
    expect(logged(`got ${each}.`)).toBe(`got ${each}.`);
});

it("remembers the latest values of each secret, and forgets those of long ago", async () => {
  const { cwd, read, logged } = await loggingWith({ FIXED: { env: "FIXED" } }, { FIXED: "fixed" });
  const token = { file: join(cwd, "token") };
  for (let at = 0; at < 30; at++) {
    await writeFile(token.file, `value-${at}`);
    for (const secret of [token, token, { env: "FIXED" }, "a string"]) read(secret);
  }
  expect(logged("a string, fixed, value-19, value-20, value-29")).toBe(
    "a string, [REDACTED], value-19, [REDACTED], [REDACTED]",
  );
  await writeFile(token.file, "value-6");
  read(token);
  expect(logged("fixed, value-6, value-20, value-21")).toBe(
    "[REDACTED], [REDACTED], value-20, [REDACTED]",
  );
});
