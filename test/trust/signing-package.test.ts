import { createHash, generateKeyPairSync } from "node:crypto";
import { mkdir, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { signPackage } from "glassine/node";
import { describe, expect, it } from "vitest";
import { folderWith } from "../support/folder.ts";
import { verifies } from "../support/verifies.ts";
import { identity, known, packageOf, signedAt, testKey, verdict } from "./signing-support.ts";

const key = testKey();
const evidenceAt = (path: string) => readFile(join(path, "glassine.sig.json"), "utf8");

async function refusalOf(options: object): Promise<Error & { code: string }> {
  const path = await packageOf();
  const before = await readdir(path);
  const error = await signPackage({ path, key: key.pem, identity, ...options }).then(
    () => expect.unreachable("The package is signed."),
    (thrown: unknown) => thrown,
  );
  expect(await readdir(path)).toEqual(before);
  return error as Error & { code: string };
}

describe("signPackage", () => {
  it("writes evidence that verifies, and returns what an operator needs", async () => {
    verifies("signing:evidence", "signing:written");
    const path = await packageOf();
    const signed = await signPackage({ path, key: key.pem, identity });
    expect(signed).toEqual({
      path: join(path, "glassine.sig.json"),
      name: "@acme/guard",
      version: "1.0.0",
      hash: (await signedAt(path)).hash,
      identity,
      keyId: expect.any(String),
      publicKey: key.publicKey,
    });
    const { keyId, publicKey } = signed;
    expect(await verdict(path, [known(key, { keyId, publicKey })])).toEqual({
      kind: "verified",
      identity,
    });
    const evidence = JSON.parse(await evidenceAt(path)) as Record<string, unknown>;
    expect(Object.keys(evidence)).toEqual([
      "schema",
      "algorithm",
      "identity",
      "key_id",
      "signature",
    ]);
    expect(Object.isFrozen(signed)).toBe(true);
  });

  it("derives the key id from the public key, or takes the author's", async () => {
    verifies("signing:key-id");
    const path = await packageOf();
    const { keyId } = await signPackage({ path, key: key.pem, identity });
    const digest = createHash("sha256").update(Buffer.from(key.publicKey, "base64")).digest("hex");
    expect(keyId).toBe(digest.slice(0, 32));
    expect((await signPackage({ path, key: key.pem, identity, keyId: "2026/a" })).keyId).toBe(
      "2026/a",
    );
    expect(JSON.parse(await evidenceAt(path))).toMatchObject({ key_id: "2026/a" });
  });

  it("replaces older evidence, with equal evidence for equal files", async () => {
    verifies("signing:written");
    const path = await packageOf();
    const once = await signPackage({ path, key: key.pem, identity });
    const text = await evidenceAt(path);
    expect(await signPackage({ path, key: key.pem, identity })).toEqual(once);
    expect(await evidenceAt(path)).toBe(text);
    await writeFile(join(path, "README.md"), "changed");
    expect((await signPackage({ path, key: key.pem, identity })).hash).not.toBe(once.hash);
    expect(await evidenceAt(path)).not.toBe(text);
    expect(await verdict(path, [known(key, { keyId: once.keyId })])).toMatchObject({
      kind: "verified",
    });
  });

  it("leaves no file but the evidence", async () => {
    verifies("signing:written");
    const path = await packageOf();
    const before = await readdir(path);
    await signPackage({ path, key: key.pem, identity });
    expect((await readdir(path)).sort()).toEqual([...before, "glassine.sig.json"].sort());
    const { mode } = await stat(join(path, "glassine.sig.json"));
    expect(mode & 0o022).toBe(0);
  });

  it("covers bundled dependencies", async () => {
    const path = await packageOf();
    const manifest = { name: "@acme/guard", version: "1.0.0", bundleDependencies: ["dep"] };
    await writeFile(join(path, "package.json"), JSON.stringify(manifest));
    await mkdir(join(path, "node_modules/dep"), { recursive: true });
    await writeFile(join(path, "node_modules/dep/index.js"), "1");
    await signPackage({ path, key: key.pem, identity, keyId: "k1" });
    expect(await verdict(path, [known(key)])).toMatchObject({ kind: "verified" });
    await writeFile(join(path, "node_modules/dep/index.js"), "2");
    expect(await verdict(path, [known(key)])).toMatchObject({ kind: "invalid" });
  });
});

describe("a key to sign with", () => {
  const pem = (type: "rsa" | "ed448" | "x25519" | "ec") => {
    const { privateKey } =
      type === "rsa"
        ? generateKeyPairSync(type, { modulusLength: 2048 })
        : type === "ec"
          ? generateKeyPairSync(type, { namedCurve: "prime256v1" })
          : generateKeyPairSync(type as "ed448");
    return privateKey.export({ format: "pem", type: "pkcs8" }) as string;
  };
  const encrypted = () =>
    key.privateKey.export({
      format: "pem",
      type: "pkcs8",
      cipher: "aes-256-cbc",
      passphrase: "hunter2",
    }) as string;
  const encryptedOfOld = () =>
    generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({
      format: "pem",
      type: "pkcs1",
      cipher: "aes-128-cbc",
      passphrase: "hunter2",
    }) as string;
  const block = (label: string, text: string) =>
    `-----BEGIN ${label}-----\n${text}\n-----END ${label}-----\n`;
  const inside = key.pem.split("\n")[1] as string;

  it.each([
    ["encrypted", encrypted(), "is encrypted, and there is no prompt for its passphrase"],
    ["encrypted as of old", encryptedOfOld(), "is encrypted, and there is no prompt"],
    ["of RSA", pem("rsa"), "is of type rsa, not ed25519"],
    ["of an elliptic curve", pem("ec"), "is of type ec, not ed25519"],
    ["of Ed448", pem("ed448"), "is of type ed448, not ed25519"],
    ["of X25519", pem("x25519"), "is of type x25519, not ed25519"],
    ["the public half", key.publicPem, "is not a private key"],
    ["in the format of OpenSSH", block("OPENSSH PRIVATE KEY", inside), "is in OpenSSH format"],
    ["torn", block("PRIVATE KEY", inside.slice(0, 20)), "is PEM that cannot be read"],
    ["none", block("PRIVATE KEY", ""), "is PEM that cannot be read"],
    ["two", key.pem + key.pem, "contains more than one PEM block"],
    ["no PEM", inside, "is not PEM text"],
    ["empty", "", "is not PEM text"],
    ["no text", 7, "is not PEM text"],
    ["an object of Node", key.privateKey, "is not PEM text"],
  ])("that is %s is refused", async (_name, given, fault) => {
    verifies("signing:written");
    const error = await refusalOf({ key: given });
    expect(error.code).toBe("options_invalid");
    expect(error.cause).toBeUndefined();
    expect(error.message).toContain(`The signing key ${fault}`);
    expect(JSON.stringify([error, error.message, error.stack])).not.toContain(inside.slice(0, 12));
  });
});

describe("what cannot be signed", () => {
  it.each([
    [{ identity: "a,b" }, `The signer's identity "a,b" contains a comma.`],
    [{ identity: "" }, `The signer's identity "" is empty.`],
    [{ identity: undefined }, "The signer's identity is not a string."],
    [{ identity: "unsigned" }, `The signer's identity "unsigned" is reserved`],
    [{ keyId: "" }, "A key id must be 1 to 128"],
    [{ keyId: "a b" }, "A key id must be 1 to 128"],
    [{ keyId: "k".repeat(129) }, "A key id must be 1 to 128"],
    [{ passphrase: "x" }, 'no option "passphrase"'],
  ])("%o is refused", async (options, message) => {
    verifies("signing:identity", "signing:key-id");
    const error = await refusalOf(options);
    expect(error.code).toBe("options_invalid");
    expect(error.message).toContain(message);
  });

  it.each([
    ["no package.json", undefined, "does not exist."],
    ["a package.json that is none", "{", "cannot be used: it is not JSON"],
    ["no name", { version: "1.0.0" }, "has no name or no version."],
    ["no version", { name: "a" }, "has no name or no version."],
    ["an empty version", { name: "a", version: "" }, "has no name or no version."],
    ["a name with a line feed", { name: "a\n1", version: "1.0.0" }, "cannot be signed."],
  ])("a folder with %s is refused", async (_name, manifest, message) => {
    const path = await folderWith();
    const text = typeof manifest === "string" ? manifest : JSON.stringify(manifest);
    if (manifest !== undefined) await writeFile(join(path, "package.json"), text);
    const error = await refusalOf({ path });
    expect(error).toMatchObject({ code: "package_refused", data: { code: "invalid_metadata" } });
    expect(error.message).toContain(message);
    const where = `The package.json of ${JSON.stringify(path)} `;
    if (!message.startsWith("cannot be signed")) expect(error.message).toContain(where);
  });

  it("a package that cannot be hashed is refused", async () => {
    const path = await packageOf();
    await symlink("/etc/passwd", join(path, "link"));
    expect(await refusalOf({ path })).toMatchObject({
      code: "package_refused",
      data: { code: "unsafe_symlink" },
    });
  });

  it.each([
    ["a link", (file: string, target: string) => symlink(target, file)],
    ["a folder", (file: string) => mkdir(file)],
  ])("%s at the path of the evidence is not written through", async (_name, put) => {
    verifies("signing:written");
    const path = await packageOf();
    const target = join(await folderWith(), "precious");
    await writeFile(target, "kept");
    await put(join(path, "glassine.sig.json"), target);
    expect(await refusalOf({ path })).toMatchObject({
      code: "package_refused",
      message: "glassine.sig.json exists but is not a regular file. Remove it.",
    });
    expect(await readFile(target, "utf8")).toBe("kept");
  });

  it("a read-only folder keeps its evidence", async () => {
    verifies("signing:written");
    // A path on Linux has at most 4095 bytes. The evidence fits, a file next to it does not.
    const longest = 4095 - "/glassine.sig.json".length - 3;
    let path = await folderWith();
    while (path.length < longest) {
      path = join(path, "d".repeat(Math.min(200, longest - path.length - 1) || 1));
    }
    await mkdir(path, { recursive: true });
    const manifest = { name: "guard", version: "1.0.0" };
    await writeFile(join(path, "package.json"), JSON.stringify(manifest));
    await writeFile(join(path, "glassine.sig.json"), "old");
    const refused = signPackage({ path, key: key.pem, identity });
    await expect(refused).rejects.toMatchObject({ code: "ENAMETOOLONG" });
    expect(await evidenceAt(path)).toBe("old");
    expect((await readdir(path)).sort()).toEqual(["glassine.sig.json", "package.json"]);
  });

  it("a folder that is not there is refused", async () => {
    const path = join(await folderWith(), "nothing");
    expect(await refusalOf({ path })).toMatchObject({ code: "package_refused" });
    await rm(path, { force: true });
  });
});
