/** Lockfiles that every command refuses, one for each rule. */
import { mkdirSync, writeFileSync } from "node:fs";
import type { ErrorCode } from "glassine";

export interface BadLockfile {
  readonly name: string;
  /** The contents of the file; `undefined` for a directory in its place. */
  readonly bytes: Uint8Array | undefined;
  readonly code: ErrorCode;
  /** A part of the message, with the place if there is one. */
  readonly problem: string;
}

const header = "version = 1\n\n[[plugins]]\n";
/** The keys of a valid entry, on lines 4 to 8. */
const keys = {
  id: 'id = "pii-scan"',
  package: 'package = "@acme/pii-scan"',
  version: 'version = "1.2.0"',
  entry_point: 'entry_point = "dist/plugin.js:default"',
  distribution_hash: `distribution_hash = "sha256:${"0a".repeat(32)}"`,
};

/** A valid lockfile. */
export const goodLockfile = textWith({});

function textWith(lines: Partial<Record<keyof typeof keys, string>>, further = ""): string {
  return `${header}${Object.values({ ...keys, ...lines }).join("\n")}\n${further}`;
}

const bytesOf = (text: string) => new TextEncoder().encode(text);

function bad(name: string, text: string | Uint8Array, problem: string): BadLockfile {
  const bytes = typeof text === "string" ? bytesOf(text) : text;
  return { name, bytes, code: "lockfile_invalid", problem };
}

function newer(name: string, text: string, version: string): BadLockfile {
  const problem = `plugins.lock schema version ${version} is newer than supported version 1`;
  return { name, bytes: bytesOf(text), code: "lockfile_newer", problem };
}

const hash = (value: string) =>
  textWith({ distribution_hash: `distribution_hash = ${JSON.stringify(value)}` });
const atHash = (problem: string) => `line 8, column 1: distribution_hash ${problem}`;

export const badLockfiles: readonly BadLockfile[] = [
  bad("no bytes", "", "line 1, column 1: it is empty"),
  bad(
    "a byte order mark",
    `\ufeff${goodLockfile}`,
    "line 1, column 1: it begins with a byte order mark",
  ),
  bad(
    "invalid UTF-8",
    new Uint8Array([...bytesOf(`${header}# ä`), 0xc3, 0x28]),
    "line 4, column 4: it is not valid UTF-8",
  ),
  bad(
    "UTF-16",
    new Uint8Array([0xff, 0xfe, 0x76, 0x00]),
    "line 1, column 1: it is not valid UTF-8",
  ),
  bad(
    "more than 5 MiB",
    `${goodLockfile}#${"x".repeat(5 * 1024 * 1024)}\n`,
    "it is larger than 5 MiB",
  ),
  { name: "a directory", bytes: undefined, code: "lockfile_invalid", problem: "it is a directory" },
  bad("no TOML", "version = 1\n[[plugins]\n", "line 2, column 11: it is not TOML: "),
  bad("a header that is not closed", `${header}id = "a`, "line 4, column 6: it is not TOML: "),
  bad(
    "a merge conflict",
    "version = 1\n\n<<<<<<< HEAD\n=======\n>>>>>>> topic\n",
    "line 3, column 1: it has a merge conflict: ",
  ),
  bad("binary data", "version = 1\n\0\0\0", "line 2, column 1: it is not TOML: "),
  bad(
    "arrays in arrays",
    `plugins = ${"[".repeat(100_000)}`,
    "line 1, column 19: it is not TOML: ",
  ),

  newer("version 2", "version = 2\n", "2"),
  newer("version 2 with keys of its own", "version = 2\nplugin = []\n[x]\n", "2"),
  newer("a version beyond numbers", `version = ${"9".repeat(40)}\n`, `${"9".repeat(20)}…`),
  bad(
    "version 0",
    "version = 0\n",
    "line 1, column 1: version must be the integer 1, got an integer below 1",
  ),
  bad(
    "a version that is a text",
    'version = "1"\n',
    "line 1, column 1: version must be the integer 1, got the string '1'",
  ),
  bad(
    "a version that is a float",
    "# x\nversion = 1.0\n",
    "line 2, column 1: version must be the integer 1, got a float",
  ),
  bad(
    "a version that is true",
    "version = true\n",
    "line 1, column 1: version must be the integer 1, got a boolean",
  ),

  bad(
    "an unknown key",
    "version = 1\nplugin = []\n",
    "line 2, column 1: unknown key 'plugin'; did you mean 'plugins'?",
  ),
  bad(
    "an unknown table",
    `${goodLockfile}\n[settings]\nx = 1\n`,
    "line 10, column 1: unknown key 'settings'",
  ),
  bad(
    "a key that objects have",
    "version = 1\n__proto__ = { x = 1 }\n",
    "line 2, column 1: unknown key '__proto__'",
  ),
  bad(
    "an unknown key of an entry",
    textWith({}, "hash = 1\n"),
    "line 9, column 1: unknown key 'hash'",
  ),
  bad(
    "a dotted key of an entry",
    textWith({}, "meta.by = 1\n"),
    "line 9, column 1: unknown key 'meta'",
  ),
  bad(
    "a table below an entry",
    textWith({}, "\n[plugins.meta]\n"),
    "line 10, column 1: unknown key 'meta'",
  ),
  bad(
    "plugins that are one table",
    "version = 1\n[plugins]\n",
    "line 2, column 1: plugins must be an array of tables, got a table",
  ),
  bad(
    "plugins that are texts",
    'version = 1\nplugins = [\n  "a"]\n',
    "line 2, column 1: plugins must be an array of tables, got the string 'a' in it",
  ),
  bad(
    "a date",
    "version = 1\nplugins = 2026-01-31\n",
    "line 2, column 1: plugins must be an array of tables, got a date",
  ),
  bad("the same key twice", textWith({}, 'id = "b"\n'), "line 9, column 1: it is not TOML: "),
  bad(
    "the same table twice",
    "version = 1\n[plugins]\n[plugins]\n",
    "line 3, column 2: it is not TOML: ",
  ),
  bad(
    "the same id twice",
    `${goodLockfile}\n${goodLockfile.replace("version = 1\n\n", "")}`,
    "line 11, column 1: plugins.lock contains duplicate ids: pii-scan",
  ),

  bad("no id", textWith({ id: "" }), "line 3, column 1: id is missing"),
  bad("no package", textWith({ package: "" }), "line 3, column 1: package is missing"),
  bad("no version of an entry", textWith({ version: "" }), "line 3, column 1: version is missing"),
  bad("no entry point", textWith({ entry_point: "" }), "line 3, column 1: entry_point is missing"),
  bad(
    "no hash",
    textWith({ distribution_hash: "" }),
    "line 3, column 1: distribution_hash is missing",
  ),
  bad("an empty id", textWith({ id: "id = ''" }), "line 4, column 1: id must not be empty"),
  bad(
    "an id that is a number",
    textWith({ id: "id = 7" }),
    "line 4, column 1: id must be a string, got an integer",
  ),
  bad(
    "an id in upper case",
    textWith({ id: 'id = "PII-scan"' }),
    "line 4, column 1: id must be a name such as pii-scan or acme.contrib.scan, got 'PII-scan'",
  ),
  bad(
    "an id that forges a line",
    textWith({ id: String.raw`id = "a\n[[plugins]]"` }),
    "line 4, column 1: id must be a name such as pii-scan or acme.contrib.scan, got 'a\\u{a}[[plugins]]'",
  ),
  bad(
    "an id with a part missing",
    textWith({ id: 'id = "acme..scan"' }),
    "line 4, column 1: id must be a name",
  ),
  bad(
    "an empty package",
    textWith({ package: 'package = ""' }),
    "line 5, column 1: package must not be empty",
  ),
  bad(
    "a package that is none of npm",
    textWith({ package: 'package = "<local>"' }),
    "line 5, column 1: package must be the name of an npm package, got '<local>'",
  ),
  bad(
    "a package that is a path",
    textWith({ package: 'package = "../x"' }),
    "line 5, column 1: package must be the name of an npm package, got '../x'",
  ),
  bad(
    "a range of versions",
    textWith({ version: 'version = "^1.0.0"' }),
    "line 6, column 1: version must be one exact version such as 1.2.0, got '^1.0.0'",
  ),
  bad(
    "any version",
    textWith({ version: 'version = "*"' }),
    "line 6, column 1: version must be one exact version",
  ),
  bad(
    "two versions",
    textWith({ version: 'version = "1.0.0 || 2.0.0"' }),
    "line 6, column 1: version must be one exact version",
  ),
  bad(
    "no colon",
    textWith({ entry_point: 'entry_point = "x"' }),
    "line 7, column 1: entry_point must be 'path:export', got 'x'",
  ),
  bad(
    "no export",
    textWith({ entry_point: 'entry_point = "x:"' }),
    "line 7, column 1: entry_point must be 'path:export', got 'x:'",
  ),
  bad(
    "an entry point with a line feed",
    textWith({ entry_point: String.raw`entry_point = "a\nb:c"` }),
    "line 7, column 1: entry_point must be printable, got 'a\\u{a}b:c'",
  ),
  bad(
    "md5",
    hash(`md5:${"0".repeat(32)}`),
    atHash("algorithm must be sha256 or sha512, got 'md5'"),
  ),
  bad(
    "an algorithm in upper case",
    hash(`SHA256:${"0".repeat(64)}`),
    atHash("algorithm must be sha256 or sha512, got 'SHA256'"),
  ),
  bad(
    "a hash without algorithm",
    hash("0".repeat(64)),
    atHash("algorithm must be sha256 or sha512, got '0"),
  ),
  bad("an empty digest", hash("sha256:"), atHash("digest is empty")),
  bad(
    "65 digits",
    hash(`sha256:${"0".repeat(65)}`),
    atHash("digest must be 64 hex digits in lower case, got 65 characters"),
  ),
  bad(
    "63 digits",
    hash(`sha256:${"0".repeat(63)}`),
    atHash("digest must be 64 hex digits in lower case, got 63 characters"),
  ),
  bad(
    "sha512 with the digits of sha256",
    hash(`sha512:${"0".repeat(64)}`),
    atHash("digest must be 128 hex digits in lower case, got 64 characters"),
  ),
  bad(
    "digits in upper case",
    hash(`sha256:${"0A".repeat(32)}`),
    atHash("digest must be 64 hex digits in lower case, got '0A"),
  ),
  bad(
    "no hex",
    hash(`sha256:${"0g".repeat(32)}`),
    atHash("digest must be 64 hex digits in lower case, got '0g"),
  ),
  bad(
    "the placeholder unknown",
    hash("sha256:unknown"),
    atHash("digest must be 64 hex digits in lower case, got 7 characters"),
  ),
  bad(
    "the placeholder local",
    hash("sha256:local"),
    atHash("digest must be 64 hex digits in lower case, got 5 characters"),
  ),
  bad(
    "capabilities that are a text",
    textWith({}, 'capabilities = "all"\n'),
    "line 9, column 1: capabilities must be an array of strings, got the string 'all'",
  ),
  bad(
    "a capability that is a number",
    textWith({}, "capabilities = [1]\n"),
    "line 9, column 1: capabilities must be an array of strings, got an integer in it",
  ),
  bad(
    "a capability that is two",
    textWith({}, 'capabilities = ["a, b"]\n'),
    "line 9, column 1: capabilities has 'a, b', which is not the name of a capability",
  ),
  bad(
    "optional that is a text",
    textWith({}, 'optional = "true"\n'),
    "line 9, column 1: optional must be a boolean, got the string 'true'",
  ),
  bad(
    "an isolation of no kind",
    textWith({}, 'isolate = "proces"\n'),
    "line 9, column 1: isolate must be one of worker, process, quickjs, got the string 'proces'",
  ),
  bad(
    "an isolation that is a boolean",
    textWith({}, "isolate = true\n"),
    "line 9, column 1: isolate must be one of worker, process, quickjs, got a boolean",
  ),
  bad(
    "an opening that is none",
    textWith({}, 'isolate = "process"\naccept = ["net"]\n'),
    "line 10, column 1: accept has 'net', which is not one of network, signals, memory, files",
  ),
  bad(
    "an opening of a plugin that is not isolated",
    textWith({}, 'accept = ["network"]\n'),
    "line 9, column 1: accept requires isolate, which the entry does not have",
  ),
  bad(
    "a kind that is none",
    textWith({}, 'kind = "wheel"\n'),
    "line 9, column 1: kind must be \"cpex\" or absent, got the string 'wheel'",
  ),
  bad(
    "an isolation of a guest",
    textWith({}, 'kind = "cpex"\nisolate = "worker"\n'),
    "line 10, column 1: isolate is for npm packages: a guest runs in a process of its own",
  ),
  bad(
    "a fault in an inline array",
    'version = 1\nplugins = [\n  { id = "a b" },\n]\n',
    "line 2, column 1: id must be a name such as pii-scan or acme.contrib.scan, got 'a b'",
  ),
];

/** Creates a bad lockfile at a path where nothing exists yet. */
export function place(path: string, { bytes }: BadLockfile): void {
  if (bytes === undefined) mkdirSync(path);
  else writeFileSync(path, bytes);
}
