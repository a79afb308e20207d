import { describe, expect, it } from "vitest";
import { memoryNodeProfile } from "../../../src/memory-node/index.ts";
import { decideTrust } from "../../../src/operate/trust/signing/decide-trust.ts";
import type { Evidence } from "../../../src/operate/trust/signing/evidence.ts";
import { verifies } from "../../support/verifies.ts";

const who = "builder@example.com";
const signed: Evidence = { kind: "verified", identity: who };
const unsigned: Evidence = { kind: "unsigned" };
const invalid: Evidence = { kind: "invalid", detail: "key 'k1' is revoked" };
const none = {
  signingRequired: true,
  unsignedAck: false,
  trustedPublishers: [] as readonly string[],
  overridePublishers: [] as readonly string[],
};
const decide = (evidence: Evidence, settings: Partial<typeof none>, more = {}) =>
  decideTrust({ plugin: "guard", evidence, settings: { ...none, ...settings }, ...more });

const trusted = { accepted: true, decision: "trusted_publisher", signedBy: who };
const override = {
  accepted: true,
  decision: "operator_override",
  reason: "signing identity accepted by explicit operator override",
  signedBy: who,
};
const allowed = {
  accepted: true,
  decision: "development_unsigned_override",
  reason:
    "GLASSINE_PLUGIN_SIGNING_REQUIRED=false accepted an unsigned plugin; do not use this setting in production",
  signedBy: "unsigned",
};
const refused = (code: string, message: string) => ({ accepted: false, code, message });
const untrusted = refused(
  "untrusted_identity",
  "plugin 'guard' is signed by untrusted identity 'builder@example.com'; add it to GLASSINE_PLUGIN_TRUSTED_PUBLISHERS or, for an explicit audited exception, GLASSINE_PLUGIN_TRUST_OVERRIDE_PUBLISHERS",
);
const noSignature = refused(
  "unsigned",
  "plugin 'guard' is unsigned; production plugin registration requires a verified signature",
);
const unchecked: Evidence = { kind: "unchecked", file: "glassine.sig.json" };
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
  type Row = readonly [Evidence, keyof typeof lists, Partial<typeof none>, object];
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
    (_kind, _list, _settings, [evidence, list, settings, expected]) => {
      verifies(
        "signing:trusted",
        "signing:override",
        "signing:refused",
        "signing:unsigned-allowed",
        "signing:unsigned-acknowledged",
      );
      expect(decide(evidence, { ...settings, ...lists[list] })).toEqual(expected);
    },
  );

  it("uses the names of the host", () => {
    const host = { profile: memoryNodeProfile };
    expect(decide(unsigned, {}, host)).toEqual(
      refused(
        "unsigned",
        "plugin 'guard' is unsigned; production plugin registration requires Sigstore verification",
      ),
    );
    const off = { signingRequired: false };
    for (const decided of [
      decide(signed, {}, host),
      decide(unsigned, off, host),
      decide(unsigned, { ...off, unsignedAck: true }, host),
    ]) {
      expect(JSON.stringify(decided)).toContain("STIGMEM_PLUGIN_");
      expect(JSON.stringify(decided)).not.toContain("GLASSINE_");
    }
  });

  it("is one line, whatever the names", () => {
    const plugin = "it's\n\u202e";
    const decided = decide({ kind: "verified", identity: "a'b" }, {}, { plugin });
    expect(decided).toMatchObject({
      message: expect.stringContaining(
        "plugin 'it\\u{27}s\\u{a}\\u{202e}' is signed by untrusted identity 'a\\u{27}b'",
      ),
    });
  });
});

describe("PH-094: a plugin of a trusted signer, if signing is not required", () => {
  it("is loaded for its signer, not for the acknowledgement", () => {
    verifies("signing:trusted");
    const settings = { signingRequired: false, unsignedAck: true, trustedPublishers: [who] };
    expect(decide(signed, settings)).toEqual(trusted);
  });
});

describe("a plugin with several signers", () => {
  const both: Evidence = { kind: "verified", identity: "a", further: ["b"] };

  it("is loaded for any of them, trusted publishers first", () => {
    verifies("signing:every-evidence", "signing:trusted");
    const settings = { trustedPublishers: ["b"], overridePublishers: ["a"] };
    expect(decide(both, settings)).toMatchObject({ decision: "trusted_publisher", signedBy: "b" });
    expect(decide(both, { overridePublishers: ["b"] })).toMatchObject({
      decision: "operator_override",
      signedBy: "b",
    });
    expect(decide(both, {})).toMatchObject({ code: "untrusted_identity" });
  });
});

describe("PH-096: identities", () => {
  it("are compared exactly", () => {
    verifies("signing:identity");
    const settings = { trustedPublishers: [who] };
    const near = ["Builder@example.com", `${who} `, `${who}.evil.test`, "builder@exаmple.com", "*"];
    for (const identity of near)
      expect(decide({ kind: "verified", identity }, settings).accepted).toBe(false);
    const wild = { trustedPublishers: ["*", ".*", "*@example.com", "example.com"] };
    expect(decide(signed, wild).accepted).toBe(false);
  });
});
