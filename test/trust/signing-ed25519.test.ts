import { sign } from "node:crypto";
import {
  appendFile,
  copyFile,
  mkdir,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { ed25519Verifier } from "glassine/node";
import { describe, expect, it, vi } from "vitest";
import { afterTest } from "../support/cleanup.ts";
import { verifies } from "../support/verifies.ts";
import {
  identity,
  known,
  packageOf,
  rewrite,
  signedAt,
  testKey,
  verdict,
} from "./signing-support.ts";

const key = testKey();
const keys = [known(key)];
const notSigned = {
  kind: "invalid",
  detail: `key 'k1' of identity '${identity}' did not sign these files as this name and version`,
};

async function flip(file: string): Promise<void> {
  const bytes = await readFile(file);
  bytes[0] = (bytes[0] ?? 0) ^ 1;
  await writeFile(file, bytes);
}

describe("a signed package", () => {
  it("is verified, and an unsigned one is unsigned", async () => {
    verifies("signing:evidence", "signing:answers");
    expect(await verdict(await packageOf({ signedBy: key }), keys)).toEqual({
      kind: "verified",
      identity,
    });
    expect(await verdict(await packageOf(), keys)).toEqual({ kind: "unsigned" });
  });

  it("has a signature over four lines", async () => {
    verifies("signing:bytes");
    const path = await packageOf();
    const { hash } = await signedAt(path);
    const text = `glassine-plugin-signature-v1\n@acme/guard\n1.0.0\n${hash}\n`;
    const signature = sign(null, Buffer.from(text), key.privateKey).toString("base64");
    const evidence = { schema: 1, algorithm: "ed25519", identity, key_id: "k1", signature };
    await writeFile(join(path, "glassine.sig.json"), JSON.stringify(evidence));
    expect(await verdict(path, keys)).toEqual({ kind: "verified", identity });
  });

  it("cannot have line feeds in its name or version, nor a partial hash", async () => {
    verifies("signing:bytes");
    const path = await packageOf();
    const verifier = ed25519Verifier({ keys: { keys } });
    const fine = { name: "guard", version: "1.0.0", hash: `sha256:${"a".repeat(64)}` };
    /** What is reported about a signature over these values, line by line. */
    const answerTo = async (signed: typeof fine) => {
      const { name, version, hash } = signed;
      const text = `glassine-plugin-signature-v1\n${name}\n${version}\n${hash}\n`;
      const signature = sign(null, Buffer.from(text), key.privateKey).toString("base64");
      const evidence = { schema: 1, algorithm: "ed25519", identity, key_id: "k1", signature };
      await writeFile(join(path, "glassine.sig.json"), JSON.stringify(evidence));
      return verifier.verify({ ...signed, path, files: new Map() });
    };
    expect(await answerTo(fine)).toEqual({ kind: "verified", identity });
    const broken = [
      { name: "guard\n1.0.0" },
      { name: "" },
      { version: "1.0.0\n" },
      { version: "1.0.0\r" },
      { hash: `sha256:${"A".repeat(64)}` },
      { hash: `sha256:${"a".repeat(63)}` },
      { hash: `sha256:${"a".repeat(64)}\n` },
    ];
    for (const part of broken)
      expect(await answerTo({ ...fine, ...part })).toMatchObject({ kind: "invalid" });
  });

  it("PH-091: is not verified without the operator's key for it", async () => {
    verifies("signing:identity-bound");
    const path = await packageOf({ signedBy: key });
    const detail = `no key 'k1' for identity '${identity}'`;
    expect(await verdict(path, [])).toEqual({ kind: "invalid", detail });
    const otherId = [known(key, { keyId: "k2" })];
    expect(await verdict(path, otherId)).toEqual({ kind: "invalid", detail });
  });
});

describe("PH-088: a package that is not the one that was signed", () => {
  const changes: readonly (readonly [string, (path: string) => Promise<unknown>])[] = [
    ["code", (path) => flip(join(path, "dist/plugin.js"))],
    ["package.json", (path) => appendFile(join(path, "package.json"), " ")],
    ["a README", (path) => flip(join(path, "README.md"))],
    ["a source map", (path) => flip(join(path, "dist/plugin.js.map"))],
    ["a file added", (path) => writeFile(join(path, "dist/extra.js"), "")],
    ["a dotfile added", (path) => writeFile(join(path, ".npmrc"), "")],
    ["a file removed", (path) => rm(join(path, "README.md"))],
    ["a file renamed", (path) => rename(join(path, "README.md"), join(path, "READ.md"))],
    [
      "a file made a link to the same text",
      async (path) => {
        await rm(join(path, "README.md"));
        await symlink("same.md", join(path, "README.md"));
      },
    ],
    [
      "two files swapped",
      async (path) => {
        await rename(join(path, "README.md"), join(path, "x"));
        await rename(join(path, "dist/plugin.js.map"), join(path, "README.md"));
        await rename(join(path, "x"), join(path, "dist/plugin.js.map"));
      },
    ],
  ];

  it.each(changes)("is refused after %s", async (_name, change) => {
    verifies("signing:replay");
    const path = await packageOf({ signedBy: key });
    await change(path);
    expect(await verdict(path, keys)).toEqual(notSigned);
  });

  it("is verified if only its dependencies differ", async () => {
    const path = await packageOf({ signedBy: key });
    await mkdir(join(path, "node_modules/dep"), { recursive: true });
    await writeFile(join(path, "node_modules/dep/index.js"), "");
    expect(await verdict(path, keys)).toEqual({ kind: "verified", identity });
  });
});

describe("a signature of somebody else", () => {
  const other = testKey();
  const both = [known(key), known(other, { identity: "other@example.com", keyId: "k2" })];

  it("PH-089: is refused under another known identity", async () => {
    verifies("signing:identity-bound");
    const path = await packageOf({ signedBy: other });
    expect(await verdict(path, both)).toEqual(notSigned);
    await rewrite(path, { key_id: "k2" });
    const detail = `no key 'k2' for identity '${identity}'`;
    expect(await verdict(path, both)).toEqual({ kind: "invalid", detail });
    await rewrite(path, { identity: "other@example.com" });
    expect(await verdict(path, both)).toEqual({ kind: "verified", identity: "other@example.com" });
  });

  it("PH-089: is checked with the named key when an identity has several", async () => {
    verifies("signing:identity-bound");
    const rotated = [known(key), known(other, { keyId: "k2" })];
    for (const [signedBy, keyId] of [[key, "k1"] as const, [other, "k2"] as const]) {
      const path = await packageOf({ signedBy, keyId });
      expect(await verdict(path, rotated)).toEqual({ kind: "verified", identity });
    }
    const path = await packageOf({ signedBy: other, keyId: "k1" });
    expect(await verdict(path, rotated)).toEqual(notSigned);
  });
});

describe("PH-090: the evidence of another package", () => {
  it.each([
    ["version", { version: "1.0.1" }],
    ["name", { name: "@evil/guard" }],
  ])("is refused beside another %s", async (_what, change) => {
    verifies("signing:replay");
    const signed = await packageOf({ signedBy: key });
    const path = await packageOf(change);
    await copyFile(join(signed, "glassine.sig.json"), join(path, "glassine.sig.json"));
    expect(await verdict(path, keys)).toEqual(notSigned);
  });

  it("is refused under another name or version for the same files", async () => {
    verifies("signing:replay");
    const path = await packageOf({ signedBy: key });
    const signed = await signedAt(path);
    const verifier = ed25519Verifier({ keys: { keys } });
    expect(await verifier.verify(signed)).toEqual({ kind: "verified", identity });
    for (const change of [
      { version: "1.0.1" },
      { name: "guard" },
      { hash: `sha256:${"0".repeat(64)}` },
    ])
      expect(await verifier.verify({ ...signed, ...change })).toEqual(notSigned);
  });
});

it("keys that are not yet read are refused, and no package is blamed", () => {
  for (const given of [undefined, "publishers.json", Promise.resolve({ keys })])
    expect(() => ed25519Verifier({ keys: given as never })).toThrow(
      "ed25519Verifier expects keys, which readPublisherKeys resolves to.",
    );
});

describe("PH-091: a key that is not valid now", () => {
  const begin = Date.parse("2026-01-01T00:00:00Z");
  const end = Date.parse("2026-12-31T00:00:00Z");
  const timed = [known(key, { notBefore: begin, notAfter: end })];

  it.each([
    ["not yet", begin - 1, "is not valid before 2026-01-01T00:00:00.000Z"],
    ["at the beginning", begin, undefined],
    ["at the end", end, undefined],
    ["no more", end + 1, "is not valid after 2026-12-31T00:00:00.000Z"],
  ])("%s", async (_when, now, why) => {
    verifies("signing:key-time");
    const path = await packageOf({ signedBy: key });
    vi.useFakeTimers({ toFake: ["Date"], now });
    afterTest(() => void vi.useRealTimers());
    expect(await verdict(path, timed)).toEqual(
      why === undefined
        ? { kind: "verified", identity }
        : {
            kind: "invalid",
            detail: `key 'k1' of identity '${identity}' ${why}`,
          },
    );
  });

  it("is refused when revoked, whatever its validity period", async () => {
    verifies("signing:key-time");
    const path = await packageOf({ signedBy: key });
    const revoked = [known(key, { revoked: true, notAfter: 0 })];
    const detail = `key 'k1' of identity '${identity}' is revoked`;
    expect(await verdict(path, revoked)).toEqual({ kind: "invalid", detail });
  });
});
