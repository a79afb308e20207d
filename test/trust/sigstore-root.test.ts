import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sigstoreVerifier } from "glassine/node";
import { describe, expect, it } from "vitest";
import { folderWith } from "../support/folder.ts";
import { verifies } from "../support/verifies.ts";
import type { Document } from "./sigstore-authority.ts";
import { authority, put } from "./sigstore-cases.ts";

/** What is reported about a trusted root at startup; `undefined` if it is accepted. */
async function faultOf(root: string | Uint8Array): Promise<string | undefined> {
  const path = join(await folderWith(), "trusted_root.json");
  await writeFile(path, root);
  try {
    await sigstoreVerifier({ trustedRoot: path }).prepare?.();
    return undefined;
  } catch (error) {
    expect(error).toMatchObject({ code: "setting_invalid", data: { path } });
    const { message } = error as Error;
    expect(message).toMatch(/^The Sigstore trusted root [^\n]*\.$/);
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

  it("says where to get one if it is another file", async () => {
    expect(await faultOf('{"mediaType":"application/json"}')).toContain(
      "expected the media type of a trusted root. Take Sigstore's own: targets/trusted_root.json in",
    );
  });

  it.each([
    [
      "mediaType",
      "application/json",
      "is not valid at mediaType: expected the media type of a trusted root",
    ],
    [
      "mediaType",
      undefined,
      "is not valid at mediaType: expected the media type of a trusted root",
    ],
    ["tlogs", [], "is not valid at tlogs: expected at least one item"],
    ["ctlogs", [], "is not valid at ctlogs: expected at least one item"],
    [
      "certificateAuthorities",
      [],
      "is not valid at certificateAuthorities: expected at least one item",
    ],
    [
      "certificateAuthorities",
      undefined,
      "is not valid at certificateAuthorities: expected an array",
    ],
    ["timestampAuthorities", {}, "is not valid at timestampAuthorities: expected an array"],
    ["tlogs.0", null, "is not valid at tlogs[0]: expected an object"],
    ["tlogs.0.baseUrl", "", "is not valid at tlogs[0].baseUrl: expected a non-empty string"],
    ["tlogs.0.publicKey", undefined, "is not valid at tlogs[0].publicKey: expected an object"],
    [
      "tlogs.0.publicKey.keyDetails",
      "PKCS1_RSA_PKCS1V5",
      "is not valid at tlogs[0].publicKey.keyDetails: expected a supported kind of key",
    ],
    [
      "tlogs.0.publicKey.rawBytes",
      "!",
      "is not valid at tlogs[0].publicKey.rawBytes: expected base64",
    ],
    [
      "tlogs.0.publicKey.rawBytes",
      "",
      "is not valid at tlogs[0].publicKey.rawBytes: expected base64",
    ],
    ["tlogs.0.publicKey.rawBytes", "AAAA", "has a key or certificate that cannot be read"],
    [
      "tlogs.0.publicKey.validFor",
      undefined,
      "is not valid at tlogs[0].publicKey.validFor: expected an object",
    ],
    [
      "tlogs.0.publicKey.validFor.start",
      "soon",
      "is not valid at tlogs[0].publicKey.validFor.start: expected a time",
    ],
    [
      "tlogs.0.publicKey.validFor.start",
      undefined,
      "is not valid at tlogs[0].publicKey.validFor.start: expected a non-empty string",
    ],
    [
      "tlogs.0.publicKey.validFor.end",
      0,
      "is not valid at tlogs[0].publicKey.validFor.end: expected a non-empty string",
    ],
    ["tlogs.0.logId", undefined, "is not valid at tlogs[0].logId: expected an object"],
    [
      "tlogs.0.checkpointKeyId",
      {},
      "is not valid at tlogs[0].checkpointKeyId.keyId: expected base64",
    ],
    ["ctlogs.0.logId.keyId", 7, "is not valid at ctlogs[0].logId.keyId: expected base64"],
    [
      "certificateAuthorities.0.certChain",
      [],
      "is not valid at certificateAuthorities[0].certChain: expected an object",
    ],
    [
      "certificateAuthorities.0.certChain.certificates",
      [],
      "is not valid at certificateAuthorities[0].certChain.certificates: expected at least one item",
    ],
    [
      "certificateAuthorities.0.certChain.certificates.0",
      "AAAA",
      "is not valid at certificateAuthorities[0].certChain.certificates[0]: expected an object",
    ],
    [
      "certificateAuthorities.0.certChain.certificates.0.rawBytes",
      "AAAA",
      "has a key or certificate that cannot be read",
    ],
    [
      "certificateAuthorities.0.validFor",
      null,
      "is not valid at certificateAuthorities[0].validFor: expected an object",
    ],
  ])("with another %s is refused: %j", async (place, value, fault) => {
    verifies("signing:sigstore-root", "signing:sigstore-peers");
    expect(await faultOf(changed(put(place, value)))).toContain(fault);
  });

  it("that is not a document is refused", async () => {
    verifies("signing:sigstore-root");
    expect(await faultOf("[]")).toContain("is not valid at the document: expected an object");
    expect(await faultOf("")).toContain("cannot be used: it is not JSON");
    expect(await faultOf(Uint8Array.from([0xff]))).toContain("is not UTF-8");
    expect(await faultOf(changed().replace("{", '{"tlogs":[],'))).toContain("twice");
    expect(await faultOf(" ".repeat(1024 * 1024 + 1))).toContain("is larger than 1024 KiB");
  });
});
