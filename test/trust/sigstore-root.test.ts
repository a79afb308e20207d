import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sigstoreVerifier } from "glassine/node";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import { temporary } from "./signing-support.ts";
import type { Document } from "./sigstore-authority.ts";
import { authority, put } from "./sigstore-cases.ts";

/** What is said of a trusted root at the start of a host; `undefined` where it is taken. */
async function faultOf(root: string | Uint8Array): Promise<string | undefined> {
  const path = join(await temporary(), "trusted_root.json");
  await writeFile(path, root);
  try {
    await sigstoreVerifier({ trustedRoot: path }).prepare?.();
    return undefined;
  } catch (error) {
    expect(error).toMatchObject({ code: "setting_invalid", data: { path } });
    const { message } = error as Error;
    expect(message).toMatch(/^The trusted root of Sigstore [^\n]*\.$/);
    return message;
  }
}

function changed(...changes: readonly ((root: Document) => void)[]): string {
  const root: Document = JSON.parse(JSON.stringify(authority.root));
  for (const change of changes) change(root);
  return JSON.stringify(root);
}

describe("the trusted root of Sigstore", () => {
  it("is accepted as Sigstore writes it, including unknown keys", async () => {
    verifies("signing:sigstore-root");
    expect(await faultOf(changed())).toBeUndefined();
    const grown = [
      put("signingConfig", {}),
      put("tlogs.0.operator", "example.test"),
      put("tlogs.0.checkpointKeyId", authority.root.tlogs[0].logId),
      put("timestampAuthorities", undefined),
      put("certificateAuthorities.0.validFor.end", "2100-01-01T00:00:00Z"),
    ];
    expect(await faultOf(changed(...grown))).toBeUndefined();
  });

  it.each([
    ["mediaType", "application/json", "has no type of a trusted root at mediaType"],
    ["mediaType", undefined, "has no type of a trusted root at mediaType"],
    ["tlogs", [], "has nothing at tlogs"],
    ["ctlogs", [], "has nothing at ctlogs"],
    ["certificateAuthorities", [], "has nothing at certificateAuthorities"],
    ["certificateAuthorities", undefined, "has no array at certificateAuthorities"],
    ["timestampAuthorities", {}, "has no array at timestampAuthorities"],
    ["tlogs.0", null, "has no object at tlogs[0]"],
    ["tlogs.0.baseUrl", "", "has no string at tlogs[0].baseUrl"],
    ["tlogs.0.publicKey", undefined, "has no object at tlogs[0].publicKey"],
    [
      "tlogs.0.publicKey.keyDetails",
      "PKCS1_RSA_PKCS1V5",
      "has no kind of key that is known at tlogs[0]",
    ],
    ["tlogs.0.publicKey.rawBytes", "!", "has no base64 at tlogs[0].publicKey.rawBytes"],
    ["tlogs.0.publicKey.rawBytes", "", "has no base64 at tlogs[0].publicKey.rawBytes"],
    ["tlogs.0.publicKey.rawBytes", "AAAA", "has a key or certificate that cannot be read"],
    ["tlogs.0.publicKey.validFor", undefined, "has no object at tlogs[0].publicKey.validFor"],
    [
      "tlogs.0.publicKey.validFor.start",
      "soon",
      "has no time at tlogs[0].publicKey.validFor.start",
    ],
    ["tlogs.0.publicKey.validFor.start", undefined, "has no string at tlogs[0].publicKey.validFor"],
    ["tlogs.0.publicKey.validFor.end", 0, "has no string at tlogs[0].publicKey.validFor.end"],
    ["tlogs.0.logId", undefined, "has no object at tlogs[0].logId"],
    ["tlogs.0.checkpointKeyId", {}, "has no base64 at tlogs[0].checkpointKeyId.keyId"],
    ["ctlogs.0.logId.keyId", 7, "has no base64 at ctlogs[0].logId.keyId"],
    [
      "certificateAuthorities.0.certChain",
      [],
      "has no object at certificateAuthorities[0].certChain",
    ],
    [
      "certificateAuthorities.0.certChain.certificates",
      [],
      "has nothing at certificateAuthorities[0].certChain.certificates",
    ],
    ["certificateAuthorities.0.certChain.certificates.0", "AAAA", "has no object at"],
    [
      "certificateAuthorities.0.certChain.certificates.0.rawBytes",
      "AAAA",
      "has a key or certificate that cannot be read",
    ],
    [
      "certificateAuthorities.0.validFor",
      null,
      "has no object at certificateAuthorities[0].validFor",
    ],
  ])("with another %s is refused: %j", async (place, value, fault) => {
    verifies("signing:sigstore-root", "signing:sigstore-peers");
    expect(await faultOf(changed(put(place, value)))).toContain(fault);
  });

  it("that is not a document is refused", async () => {
    verifies("signing:sigstore-root");
    expect(await faultOf("[]")).toContain("has no object at the document");
    expect(await faultOf("")).toContain("cannot be used: it is not JSON");
    expect(await faultOf(Uint8Array.from([0xff]))).toContain("is not UTF-8");
    expect(await faultOf(changed().replace("{", '{"tlogs":[],'))).toContain("twice");
    expect(await faultOf(" ".repeat(1024 * 1024 + 1))).toContain("is larger than 1024 KiB");
  });
});
