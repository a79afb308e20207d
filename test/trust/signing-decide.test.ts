/** Whether a plugin is loaded, by who signed it and what the operator has set. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { defineHost } from "glassine/host";
import { memoryNodeProfile } from "glassine/memory-node";
import type { DiscoverOptions, Evidence } from "glassine/node";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import { decisionOn, saying } from "./decision.ts";
import { packageOf } from "./signing-support.ts";

const who = "builder@example.com";
const signed: Evidence = { kind: "verified", identity: who };
const unsigned: Evidence = { kind: "unsigned" };
const invalid: Evidence = { kind: "invalid", detail: "key 'k1' is revoked" };
/** Evidence that no verifier reads. */
const unchecked: Evidence = { kind: "unchecked", file: "glassine.sig.json" };

interface Settings {
  readonly signingRequired?: boolean;
  readonly unsignedAck?: boolean;
  readonly trustedPublishers?: readonly string[];
  readonly overridePublishers?: readonly string[];
}

/** The variables of an operator with these settings. */
function variables(settings: Settings, prefix = "GLASSINE_"): DiscoverOptions["env"] {
  const { signingRequired = true, unsignedAck = false } = settings;
  const { trustedPublishers: trusted = [], overridePublishers: override = [] } = settings;
  return {
    [`${prefix}PLUGIN_SIGNING_REQUIRED`]: String(signingRequired),
    [`${prefix}PLUGIN_UNSIGNED_ACK`]: unsignedAck ? "i-understand-plugins-are-unsigned" : "",
    [`${prefix}PLUGIN_TRUSTED_PUBLISHERS`]: trusted.join(","),
    [`${prefix}PLUGIN_TRUST_OVERRIDE_PUBLISHERS`]: override.join(","),
  };
}

/** The decision about a package about which a verifier says this. */
async function decide(evidence: Evidence, settings: Settings) {
  const path = await packageOf();
  if (evidence.kind === "unchecked") await writeFile(join(path, evidence.file), "");
  const verifiers = [saying(evidence.kind === "unchecked" ? unsigned : evidence)];
  return decisionOn(path, { env: variables(settings), verifiers });
}

const trusted = { decision: "trusted_publisher", reason: undefined, signedBy: who };
const override = {
  decision: "operator_override",
  reason: "signing identity accepted by explicit operator override",
  signedBy: who,
};
const allowed = {
  decision: "development_unsigned_override",
  reason:
    "GLASSINE_PLUGIN_SIGNING_REQUIRED=false accepted an unsigned plugin; do not use this setting in production",
  signedBy: "unsigned",
};
const refused = (code: string, message: string) => ({ code, message });
const untrusted = refused(
  "untrusted_identity",
  "plugin 'guard' is signed by untrusted identity 'builder@example.com'; add it to GLASSINE_PLUGIN_TRUSTED_PUBLISHERS or, for an explicit audited exception, GLASSINE_PLUGIN_TRUST_OVERRIDE_PUBLISHERS",
);
const noSignature = refused(
  "unsigned",
  "plugin 'guard' is unsigned; production plugin registration requires a verified signature",
);
const noVerifier = refused(
  "signature_unchecked",
  "plugin 'guard' is signed, and its glassine.sig.json cannot be checked: there is no usable verifier for it; set GLASSINE_PLUGIN_PUBLISHER_KEYS to a file of publisher keys",
);
const badSignature = refused(
  "signature_invalid",
  "plugin 'guard' has an invalid signature: key 'k1' is revoked",
);
const unacknowledged = refused(
  "ack_missing",
  "GLASSINE_PLUGIN_SIGNING_REQUIRED=false requires GLASSINE_PLUGIN_UNSIGNED_ACK='i-understand-plugins-are-unsigned' to confirm the operator accepts unsigned-plugin code execution risk.",
);

describe("PH-087: the decision on a plugin", () => {
  const lists = {
    "the trusted list": { trustedPublishers: [who] },
    "the override list": { overridePublishers: [who] },
    "both lists": { trustedPublishers: [who], overridePublishers: [who] },
    "neither list": {},
  } as const;
  const required = { signingRequired: true };
  const acknowledged = { signingRequired: false, unsignedAck: true };
  const unsaid = { signingRequired: false, unsignedAck: false };
  type Row = readonly [Evidence, keyof typeof lists, Settings, object];
  const rows: readonly Row[] = [
    ...[required, acknowledged, unsaid].flatMap((settings): readonly Row[] => [
      [signed, "the trusted list", settings, trusted],
      [signed, "both lists", settings, trusted],
      [signed, "the override list", settings, override],
    ]),
    [signed, "neither list", required, untrusted],
    [signed, "neither list", acknowledged, allowed],
    [signed, "neither list", unsaid, unacknowledged],
    ...(Object.keys(lists) as readonly (keyof typeof lists)[]).flatMap((list): readonly Row[] => [
      [unsigned, list, required, noSignature],
      [unsigned, list, acknowledged, allowed],
      [unsigned, list, unsaid, unacknowledged],
      [invalid, list, required, badSignature],
      [invalid, list, acknowledged, allowed],
      [invalid, list, unsaid, unacknowledged],
      [unchecked, list, required, noVerifier],
      [unchecked, list, acknowledged, allowed],
      [unchecked, list, unsaid, unacknowledged],
    ]),
  ];

  it.each(rows.map((row) => [row[0].kind, row[1], JSON.stringify(row[2]), row] as const))(
    "that is %s, by somebody on %s, under %s",
    async (_kind, _list, _settings, [evidence, list, settings, expected]) => {
      verifies(
        "signing:trusted",
        "signing:override",
        "signing:refused",
        "signing:unsigned-allowed",
        "signing:unsigned-acknowledged",
      );
      expect(await decide(evidence, { ...settings, ...lists[list] })).toEqual(expected);
    },
  );

  it("uses the names of the host", async () => {
    const host = defineHost({ profile: memoryNodeProfile });
    const decideThere = async (evidence: Evidence, settings: Settings) => {
      const path = await packageOf();
      const manifest = join(path, "package.json");
      const { glassine, ...fields } = JSON.parse(await readFile(manifest, "utf8"));
      const own = { ...fields, [memoryNodeProfile.hostName]: glassine };
      await writeFile(manifest, JSON.stringify(own));
      const env = variables(settings, memoryNodeProfile.envPrefix);
      return decisionOn(path, { host, env, verifiers: [saying(evidence)] });
    };
    expect(await decideThere(unsigned, {})).toEqual(
      refused(
        "unsigned",
        "plugin 'guard' is unsigned; production plugin registration requires Sigstore verification",
      ),
    );
    const off = { signingRequired: false };
    for (const decided of [
      await decideThere(signed, {}),
      await decideThere(unsigned, off),
      await decideThere(unsigned, { ...off, unsignedAck: true }),
    ]) {
      expect(JSON.stringify(decided)).toContain("STIGMEM_PLUGIN_");
      expect(JSON.stringify(decided)).not.toContain("GLASSINE_");
    }
  });

  it("is one line, whatever the names", async () => {
    expect(await decide({ kind: "verified", identity: "a'b" }, {})).toMatchObject({
      message: expect.stringContaining("is signed by untrusted identity 'a\\u{27}b'"),
    });
  });
});

describe("PH-094: a plugin of a trusted signer, if signing is not required", () => {
  it("is loaded for its signer, not for the acknowledgement", async () => {
    verifies("signing:trusted");
    const settings = { signingRequired: false, unsignedAck: true, trustedPublishers: [who] };
    expect(await decide(signed, settings)).toEqual(trusted);
  });
});

describe("a plugin with several signers", () => {
  const both: Evidence = { kind: "verified", identity: "a", further: ["b"] };

  it("is loaded for any of them, trusted publishers first", async () => {
    verifies("signing:every-evidence", "signing:trusted");
    const settings = { trustedPublishers: ["b"], overridePublishers: ["a"] };
    expect(await decide(both, settings)).toMatchObject({
      decision: "trusted_publisher",
      signedBy: "b",
    });
    expect(await decide(both, { overridePublishers: ["b"] })).toMatchObject({
      decision: "operator_override",
      signedBy: "b",
    });
    expect(await decide(both, {})).toMatchObject({ code: "untrusted_identity" });
  });
});

describe("PH-096: identities", () => {
  it("are compared exactly", async () => {
    verifies("signing:identity");
    const settings = { trustedPublishers: [who] };
    for (const identity of ["Builder@example.com", `${who}.evil.test`, "builder@ex\u0430mple.com"])
      expect(await decide({ kind: "verified", identity }, settings)).toMatchObject({
        code: "untrusted_identity",
      });
    const spaced = await decide({ kind: "verified", identity: `${who} ` }, settings);
    expect(spaced).toMatchObject({ code: "signature_invalid" });
    for (const trusted of ["*", ".*", "*@example.com", "example.com"])
      expect(await decide(signed, { trustedPublishers: [trusted] })).toMatchObject({
        code: "untrusted_identity",
      });
  });
});
