import { execFileSync } from "node:child_process";
import { mkdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ed25519Verifier } from "glassine/node";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import { identity, known, packageOf, rewrite, testKey, verdict } from "./signing-support.ts";

const key = testKey();
const keys = [known(key)];

/** The detail reported for a package whose evidence was rewritten. */
async function detailOf(evidence: string | Uint8Array): Promise<string> {
  const path = await packageOf({ signedBy: key });
  await writeFile(join(path, "glassine.sig.json"), evidence);
  const answer = await verdict(path, keys);
  return answer.kind === "invalid" ? answer.detail : answer.kind;
}

async function whole(): Promise<Record<string, unknown>> {
  const path = await packageOf({ signedBy: key });
  return JSON.parse(await readFile(join(path, "glassine.sig.json"), "utf8"));
}

describe("PH-092: malformed evidence", () => {
  it("truncated anywhere is invalid", async () => {
    verifies("signing:evidence-strict");
    const text = JSON.stringify(await whole());
    for (const end of [0, 1, 10, Math.floor(text.length / 2), text.length - 1])
      expect(await detailOf(text.slice(0, end))).toContain("glassine.sig.json cannot be used");
  });

  it.each([
    ["another algorithm", { algorithm: "none" }, "has the algorithm 'none', not 'ed25519'"],
    ["an algorithm in capitals", { algorithm: "ED25519" }, "has the algorithm 'ED25519'"],
    ["no algorithm", { algorithm: undefined }, "has the algorithm of type undefined"],
    ["another schema", { schema: 2 }, "has a schema other than 1"],
    ["a schema as text", { schema: "1" }, "has a schema other than 1"],
    ["an unknown key", { hash: "sha256:00" }, "has an unknown key 'hash'"],
    ["an unknown key that forges lines", { "a\nb": 1 }, "has an unknown key 'a\\u{a}b'"],
    ["no identity", { identity: undefined }, "has an identity that is not a string"],
    ["spaces around the identity", { identity: ` ${identity}` }, "has spaces around it"],
    ["a key id with a space", { key_id: "k 1" }, "has a key_id that is not 1 to 128 letters"],
    ["no key id", { key_id: 1 }, "has a key_id that is not 1 to 128 letters"],
    ["no signature", { signature: undefined }, "has a signature that is not 64 bytes"],
    ["a short signature", { signature: "AAAA" }, "has a signature that is not 64 bytes"],
    ["an empty signature", { signature: "" }, "has a signature that is not 64 bytes"],
  ])("%s is invalid", async (_name, change, detail) => {
    verifies("signing:evidence-strict");
    expect(await detailOf(JSON.stringify({ ...(await whole()), ...change }))).toContain(detail);
  });

  it("a signature in another form of base64 is invalid", async () => {
    verifies("signing:evidence-strict");
    const evidence = await whole();
    const signature = evidence.signature as string;
    expect(signature).toMatch(/^[A-Za-z0-9+/]{86}==$/);
    const [, last = ""] = /(.)==$/.exec(signature) ?? [];
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    // The last character holds two bits of the signature; its other four bits are unused.
    const twin = alphabet[alphabet.indexOf(last) + 1] as string;
    const forms = [
      signature.slice(0, -2),
      signature.replace(/==$/, "="),
      ` ${signature}`,
      `${signature}\n`,
      `${signature.slice(0, 40)}\n${signature.slice(40)}`,
      `${signature.slice(0, -3)}${twin}==`,
      Buffer.from(signature, "base64").toString("base64url"),
      Buffer.from(signature, "base64").toString("hex"),
    ];
    for (const form of forms) {
      expect(Buffer.from(form, "base64").length).toBeGreaterThan(0);
      expect(await detailOf(JSON.stringify({ ...evidence, signature: form }))).toContain(
        "has a signature that is not 64 bytes in canonical base64",
      );
    }
  });

  it("with a duplicate key is invalid", async () => {
    verifies("signing:evidence-strict");
    const text = JSON.stringify(await whole());
    const twice = text.replace("{", '{"identity":"other@example.com",');
    expect(await detailOf(twice)).toContain("twice");
    const escaped = text.replace("{", '{"\\u0069dentity":"other@example.com",');
    expect(await detailOf(escaped)).toContain("twice");
    expect(await detailOf(text.replace("{", '{"__proto__":{},'))).toContain("__proto__");
  });

  it.each([
    ["a list", "[]"],
    ["null", "null"],
    ["a text", '"signed"'],
  ])("%s is invalid", async (_name, text) => {
    verifies("signing:evidence-strict");
    expect(await detailOf(text)).toBe("glassine.sig.json is not a JSON object");
  });

  it("that is not UTF-8 or has a byte order mark is invalid", async () => {
    verifies("signing:evidence-strict");
    const text = Buffer.from(JSON.stringify(await whole()));
    expect(await detailOf(Buffer.concat([text, Buffer.from([0xff])]))).toContain("is not UTF-8");
    const marked = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), text]);
    expect(await detailOf(marked)).toContain("begins with a byte order mark");
  });

  it("with deep nesting is invalid and does not crash", async () => {
    verifies("signing:evidence-strict");
    expect(await detailOf("[".repeat(60_000))).toContain("cannot be used");
    expect(await detailOf('{"a":'.repeat(10_000))).toContain("cannot be used");
  });

  it("more than 64 KiB is invalid, and a byte less is read", async () => {
    verifies("signing:evidence-limit");
    const text = JSON.stringify(await whole());
    const limit = 64 * 1024;
    expect(await detailOf(text.padEnd(limit))).toBe("verified");
    expect(await detailOf(text.padEnd(limit + 1))).toBe("glassine.sig.json is larger than 64 KiB");
    expect(await detailOf(Buffer.alloc(10 * 1024 * 1024, 0x20))).toContain("is larger than 64 KiB");
  });
});

describe("instead of an evidence file", () => {
  it.each([
    ["a folder", (file: string) => mkdir(file)],
    ["a link to evidence", async (file: string) => symlink(`${file}.kept`, file)],
    ["a link to nowhere", (file: string) => symlink("nowhere", file)],
    ["a pipe", async (file: string) => execFileSync("mkfifo", [file])],
  ])("%s is invalid and not waited for", async (_name, put) => {
    verifies("signing:evidence-file");
    const path = await packageOf({ signedBy: key });
    const file = join(path, "glassine.sig.json");
    await rename(file, `${file}.kept`);
    await put(file);
    const signed = { name: "a", version: "1.0.0", path, hash: "", files: new Map() };
    const verifier = ed25519Verifier({ keys: { keys } });
    const detail = "glassine.sig.json is not a regular file";
    expect(await verifier.verify(signed)).toEqual({ kind: "invalid", detail });
    await rm(file, { recursive: true });
  });

  it("a file that cannot be read is invalid", async () => {
    verifies("signing:evidence-file");
    const path = await packageOf({ signedBy: key });
    const below = join(path, "package.json");
    const signed = { name: "a", version: "1.0.0", path: below, hash: "", files: new Map() };
    expect(await ed25519Verifier({ keys: { keys } }).verify(signed)).toEqual({
      kind: "invalid",
      detail: "glassine.sig.json cannot be read: ENOTDIR",
    });
  });

  it("a hash claimed by the evidence is ignored", async () => {
    verifies("signing:evidence-strict");
    const path = await packageOf({ signedBy: key });
    await rewrite(path, { signature: "A".repeat(86).concat("==") });
    expect(await verdict(path, keys)).toMatchObject({ kind: "invalid" });
  });
});
