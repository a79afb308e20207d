import { execFileSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readPublisherKeys } from "glassine/node";
import { describe, expect, it } from "vitest";
import { folderWith } from "../support/folder.ts";
import { verifies } from "../support/verifies.ts";
import { identity, testKey } from "./signing-support.ts";

const key = testKey();
const publisher = { identity, key_id: "k1", public_key: key.publicKey };

async function fileOf(content: unknown): Promise<string> {
  const path = join(await folderWith(), "publishers.json");
  const isRaw = typeof content === "string" || content instanceof Uint8Array;
  await writeFile(path, isRaw ? content : JSON.stringify(content));
  return path;
}

function of(...publishers: readonly unknown[]) {
  return { schema: 1, publishers };
}

/** The refusal of a key file: the text after the path, and the places of all problems. */
async function refusalOf(content: unknown): Promise<{ text: string; places: readonly string[] }> {
  const path = await fileOf(content);
  const error = await readPublisherKeys(path).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ code: "setting_invalid", data: { path } });
  const { message, data } = error as {
    message: string;
    data: { keyProblems: readonly { place: string; fault: string }[] };
  };
  const begin = `The file of publisher keys "${path}" `;
  expect(message.startsWith(begin)).toBe(true);
  expect(message).toMatch(/^[^\n]*\.$/);
  return {
    text: message.slice(begin.length, -1).replace(/^cannot be used: /, ""),
    places: data.keyProblems.map(({ place }) => place),
  };
}

describe("a file of publisher keys", () => {
  it("may have keys in PEM and base64, with and without a validity period", async () => {
    verifies("signing:keys-file");
    const other = testKey();
    const path = await fileOf(
      of(publisher, {
        identity,
        key_id: "k2",
        public_key: other.publicPem,
        not_before: "2026-01-01T00:00:00Z",
        not_after: "2026-12-31T23:59:59.999Z",
        revoked: true,
      }),
    );
    const { keys } = await readPublisherKeys(path);
    expect(keys).toEqual([
      {
        identity,
        keyId: "k1",
        publicKey: key.publicKey,
        notBefore: undefined,
        notAfter: undefined,
        revoked: false,
      },
      {
        identity,
        keyId: "k2",
        publicKey: other.publicKey,
        notBefore: Date.UTC(2026, 0, 1),
        notAfter: Date.UTC(2026, 11, 31, 23, 59, 59, 999),
        revoked: true,
      },
    ]);
    expect(Object.isFrozen(keys) && keys.every(Object.isFrozen)).toBe(true);
  });

  it("may be empty", async () => {
    verifies("signing:keys-file");
    expect(await readPublisherKeys(await fileOf(of()))).toEqual({ keys: [] });
  });

  it("may be a link, as secrets of containers are", async () => {
    const path = join(await folderWith(), "link.json");
    await symlink(await fileOf(of(publisher)), path);
    expect((await readPublisherKeys(path)).keys).toHaveLength(1);
  });

  it.each([
    ["another schema", { schema: 2, publishers: [] }, "schema is not 1"],
    ["no publishers", { schema: 1 }, "publishers is not an array"],
    ["publishers by name", { schema: 1, publishers: {} }, "publishers is not an array"],
    ["an unknown key", { ...of(), keys: [] }, "'keys' is unknown"],
    ["a list", [], "it is not a JSON object"],
    ["no object as publisher", of("builder"), "publishers[0] is not an object"],
    [
      "an unknown key of a publisher",
      of({ ...publisher, expires: "" }),
      "publishers[0].'expires' is unknown",
    ],
    [
      "no identity",
      of({ ...publisher, identity: undefined }),
      "publishers[0].identity is not a string",
    ],
    ["an identity with a comma", of({ ...publisher, identity: "a,b" }), "contains a comma"],
    [
      "an identity with spaces around",
      of({ ...publisher, identity: " a" }),
      "has spaces around it",
    ],
    ["an empty identity", of({ ...publisher, identity: "" }), "is empty"],
    ["an identity of another form", of({ ...publisher, identity: "e\u0301" }), "normal form C"],
    [
      "an identity that nobody sees in full",
      of({ ...publisher, identity: "a\u200bb" }),
      "an invisible one",
    ],
    ["the word unsigned", of({ ...publisher, identity: "unsigned" }), "is reserved"],
    [
      "a key id with a space",
      of({ ...publisher, key_id: "k 1" }),
      "publishers[0].key_id is not 1 to 128",
    ],
    [
      "no key",
      of({ ...publisher, public_key: undefined }),
      "publishers[0].public_key is not a string",
    ],
    ["a short key", of({ ...publisher, public_key: "AAAA" }), "neither PEM nor 32 bytes"],
    ["a key in hex", of({ ...publisher, public_key: "a".repeat(64) }), "neither PEM nor 32 bytes"],
    [
      "a key without padding",
      of({ ...publisher, public_key: key.publicKey.slice(0, -1) }),
      "neither PEM",
    ],
    [
      "a time without zone",
      of({ ...publisher, not_before: "2026-01-01T00:00:00" }),
      "is not a time in UTC",
    ],
    [
      "a time of another zone",
      of({ ...publisher, not_after: "2026-01-01T00:00:00+02:00" }),
      "is not a time in UTC",
    ],
    [
      "a day that is none",
      of({ ...publisher, not_after: "2026-02-30T00:00:00Z" }),
      "is not a time in UTC",
    ],
    [
      "a month that is none",
      of({ ...publisher, not_after: "2026-13-01T00:00:00Z" }),
      "is not a time in UTC",
    ],
    ["a time as number", of({ ...publisher, not_before: 0 }), "is not a time in UTC"],
    ["a time that is null", of({ ...publisher, not_before: null }), "is not a time in UTC"],
    [
      "an end before the beginning",
      of({ ...publisher, not_before: "2026-01-02T00:00:00Z", not_after: "2026-01-01T00:00:00Z" }),
      "not_after is before not_before",
    ],
    ["revoked as text", of({ ...publisher, revoked: "false" }), "is not a boolean"],
    ["a name twice", '{"schema":1,"publishers":[],"publishers":[]}', "twice"],
    ["no JSON", "publishers: []", "it is not JSON"],
    ["other bytes than UTF-8", Uint8Array.from([0x7b, 0xff, 0x7d]), "is not UTF-8"],
    ["too much", " ".repeat(1024 * 1024 + 1), "is larger than 1024 KiB"],
  ])("with %s is refused", async (_name, content, fault) => {
    verifies("signing:keys-refused", "signing:identity");
    expect((await refusalOf(content)).text).toContain(fault);
  });

  it("with a key of another type is refused", async () => {
    verifies("signing:keys-refused");
    const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey;
    const ed448 = generateKeyPairSync("ed448").publicKey;
    const pem = (own: typeof rsa) => own.export({ format: "pem", type: "spki" }) as string;
    const texts = [
      [pem(rsa), "is of type rsa, not ed25519"],
      [pem(ed448), "is of type ed448, not ed25519"],
      [key.publicPem + pem(rsa), "is not one PUBLIC KEY in PEM"],
      [key.publicPem.replace("MC", "XX"), "is PEM that cannot be read"],
      [key.publicPem.replaceAll("PUBLIC KEY", "CERTIFICATE"), "is not one PUBLIC KEY in PEM"],
    ] as const;
    for (const [text, fault] of texts) {
      const { text: said } = await refusalOf(of({ ...publisher, public_key: text }));
      expect(said).toBe(`publishers[0].public_key ${fault}`);
    }
  });

  it("with a private key is refused without quoting it", async () => {
    verifies("signing:keys-refused");
    const { text } = await refusalOf(of({ ...publisher, public_key: key.pem }));
    expect(text).toContain("is a private key");
    for (const line of key.pem.split("\n").slice(1, 2)) expect(text).not.toContain(line);
  });

  it("may have a key that is valid at one instant only", async () => {
    verifies("signing:keys-file");
    const at = "2026-01-01T00:00:00Z";
    const path = await fileOf(of({ ...publisher, not_before: at, not_after: at }));
    expect((await readPublisherKeys(path)).keys).toMatchObject([
      { notBefore: Date.parse(at), notAfter: Date.parse(at) },
    ]);
  });

  it("with a duplicate entry or key is refused", async () => {
    verifies("signing:keys-once");
    const other = testKey();
    const again = { ...publisher, public_key: other.publicKey };
    expect((await refusalOf(of(publisher, again))).text).toBe(
      "publishers[1] has the identity and key_id of publishers[0]",
    );
    const renamed = { identity: "b@example.com", key_id: "k2", public_key: key.publicPem };
    expect((await refusalOf(of({ ...publisher, revoked: true }, renamed))).text).toBe(
      "publishers[1].public_key is the same as in publishers[0]",
    );
    const apart = [
      publisher,
      { ...publisher, key_id: "k2", public_key: other.publicKey },
      {
        ...publisher,
        identity: "k1",
        key_id: "builder@example.com",
        public_key: testKey().publicKey,
      },
      { ...publisher, identity: "c@example.com", public_key: testKey().publicKey },
    ];
    expect((await readPublisherKeys(await fileOf(of(...apart)))).keys).toHaveLength(4);
  });

  it("is refused with all problems in its data and the first eight in the message", async () => {
    verifies("signing:keys-refused");
    const broken = { identity: "", key_id: "", public_key: "", not_before: "", revoked: 0 };
    const { text, places } = await refusalOf({ schema: 0, publishers: [broken, broken] });
    expect(places).toHaveLength(11);
    expect(places.slice(0, 3)).toEqual([
      "schema",
      "publishers[0].identity",
      "publishers[0].key_id",
    ]);
    expect(text.split("; ")).toHaveLength(9);
    expect(text).toMatch(/; and 3 more$/);
  });

  it("that is not a file is refused", async () => {
    verifies("signing:keys-refused");
    const folder = await folderWith();
    const refused = (path: string) => expect(readPublisherKeys(path)).rejects;
    await refused(folder).toMatchObject({
      code: "setting_invalid",
      message: `The file of publisher keys "${folder}" is not a regular file.`,
    });
    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    await refused(pipe).toThrow(`"${pipe}" is not a regular file.`);
    const missing = join(folder, "missing.json");
    await refused(missing).toThrow(`"${missing}" does not exist.`);
  });
});

describe("PH-079: JSON of many levels", () => {
  const lists = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
  const objects = (levels: number) =>
    `${'{"a":'.repeat(levels - 1)}{}${"}".repeat(Math.max(0, levels - 1))}`;
  const tooDeep = "it has more than 64 levels";

  it.each([
    ["lists", lists, "it is not a JSON object"],
    ["objects", objects, "'a' is unknown"],
  ])("of %s is read up to 64", async (_, nested, fault) => {
    expect((await refusalOf(nested(64))).text).toContain(fault);
    expect((await refusalOf(nested(65))).text).toBe(tooDeep);
  });

  it.each([1_000, 3_000, 10_000, 100_000])("%i of them are refused as levels", async (levels) => {
    for (const text of [lists(levels), objects(levels)])
      expect((await refusalOf(text)).text).toBe(tooDeep);
  });

  it("is refused for its levels where it never ends", async () => {
    for (const levels of [10_000, 1_000_000])
      expect((await refusalOf("[".repeat(levels))).text).toBe(tooDeep);
  });
});

describe("JSON that is no JSON", () => {
  it.each([
    ["a comma too many", '{"a": 1,\n}', " at line 2, column 1: remove the comma in front"],
    ["a comment", "{\n  // sk-live\n}", " at line 2, column 3: JSON has no comments"],
    ["nothing", "", ": it is empty"],
    ["a line feed in a text", '{"a": "sk-live\n42"}', ""],
  ])("as with %s is refused by its place, and nothing of it is quoted", async (_, text, place) => {
    expect((await refusalOf(text)).text).toBe(`it is not JSON${place}`);
  });

  it("A-232: repeats no key at any level, and has none of the engine's", async () => {
    for (const [text, message] of [
      ['[{"a": {"b": 1, "b": 2}}]', 'it has the key "b" twice at line 1, column 17'],
      ['{"a": 1, "\\u0061": 2}', 'it has the key "a" twice at line 1, column 10'],
      ['{"a": [{"__proto__": 1}]}', 'it has the key "__proto__" at line 1, column 9: remove it'],
    ] as const)
      expect((await refusalOf(text)).text).toBe(message);
  });
});
