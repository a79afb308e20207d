/** The case names from the design document, which is not in this repository, and their codes. */
import type { ErrorCode } from "../../../src/core/errors/index.ts";

export interface ThreatCase {
  /** A trailing `*` matches every name with that prefix. */
  readonly name: string;
  /** Its codes; absent if the case cannot happen or is out of scope. */
  readonly codes?: readonly ErrorCode[];
  readonly note?: string;
}

const wire: readonly ErrorCode[] = [
  "extensions_invalid",
  "message_invalid",
  "result_shape",
  "document_invalid",
];
const noGateway = "Up to the gateway that embeds the library.";
const policy = "With `strictDelegation`, as in the gateway.";

export const threatCases: readonly ThreatCase[] = [
  { name: "E_SNAPSHOT_ACCESSOR", codes: ["snapshot_accessor"] },
  { name: "E_SNAPSHOT_PROXY", codes: ["snapshot_proxy"] },
  { name: "E_SNAPSHOT_PROTOTYPE", codes: ["snapshot_prototype"] },
  { name: "E_SNAPSHOT_KEY", codes: ["snapshot_key"] },
  { name: "E_SNAPSHOT_TYPE", codes: ["snapshot_type"] },
  { name: "E_SNAPSHOT_STRING", codes: ["snapshot_string"] },
  { name: "E_SNAPSHOT_CYCLE", codes: ["snapshot_cycle"] },
  { name: "E_SNAPSHOT_LIMIT", codes: ["snapshot_limit"] },
  { name: "E_RESULT_SHAPE", codes: ["result_shape", "payload_shape"] },
  { name: "E_EXT_SHAPE", codes: ["extensions_shape"] },
  { name: "E_EXT_UNKNOWN_SLOT", codes: ["slot_unknown"] },
  { name: "E_TIER_IMMUTABLE", codes: ["tier_immutable"] },
  { name: "E_TIER_MONOTONIC", codes: ["tier_monotonic"] },
  { name: "E_CAPABILITY_DENIED", codes: ["capability_missing"] },
  {
    name: "E_MERGE_CONFLICT",
    note: "Cannot happen: changes are merged name by name and key by key.",
  },
  { name: "E_LABEL_INVALID", codes: ["label_invalid"] },
  { name: "E_HEADER_INVALID", codes: ["header_invalid"] },
  { name: "E_HEADER_DUPLICATE", codes: ["header_duplicate"] },
  { name: "E_DELEGATION_SCOPE", codes: ["delegation_scope"], note: policy },
  { name: "E_DELEGATION_ORIGIN", codes: ["delegation_origin"], note: policy },
  {
    name: "E_MANIFEST_INVALID",
    codes: ["manifest_invalid", "hook_unknown"],
    note: "The first from `definePlugin`, also for an unknown hook; the second if `invoke`, `handles` or `payloadPolicy` names an unknown hook.",
  },
  {
    name: "E_CAPABILITY_UNKNOWN",
    codes: ["manifest_invalid", "capability_unknown"],
    note: "The first from `definePlugin`, the second from a manager and `resolveCapabilities`. Filter and merge silently ignore the name.",
  },
  { name: "E_PLUGIN_DUPLICATE", codes: ["plugin_duplicate"] },
  { name: "E_REGISTRY_SEALED", note: "Cannot happen: a manager has no method to add a plugin." },
  { name: "E_HANDLER_SIGNATURE", codes: ["manifest_invalid"] },
  { name: "E_HANDLER_ERROR", codes: ["handler_error"] },
  { name: "E_HANDLER_TIMEOUT", codes: ["handler_timeout"] },
  { name: "E_ABORTED", codes: ["aborted"] },
  { name: "E_REENTRANCY", codes: ["reentrancy"] },
  { name: "E_OVERLOADED", codes: ["overloaded"] },
  {
    name: "E_REALM_TAMPERED",
    codes: ["realm_tampered"],
    note: 'With `tampering: "deny"`. `detectTampering` returns a list, and throws nothing.',
  },
  { name: "E_WIRE_SYNTAX", codes: ["syntax_invalid"] },
  { name: "E_WIRE_UTF8", codes: wire, note: "With a problem `snapshot_string` or `snapshot_key`." },
  { name: "E_WIRE_DUPLICATE_KEY", note: "Not refused: the last value counts." },
  {
    name: "E_WIRE_NUMBER",
    codes: wire,
    note: "With a problem `snapshot_type`, or `extensions_shape` at an integer field.",
  },
  { name: "E_WIRE_VERSION", codes: ["message_invalid"] },
  {
    name: "E_WIRE_UNKNOWN_FIELD",
    codes: ["slot_unknown", "extensions_invalid", "message_invalid"],
    note: "With `strict`; otherwise the field is dropped and listed. The second has a problem `slot_unknown`, the third `payload_shape`.",
  },
  { name: "E_WIRE_HOLLOW", codes: wire, note: "With a problem at the missing field." },
  { name: "E_WIRE_LIMIT", codes: wire, note: "With a problem `snapshot_limit`." },
  {
    name: "E_TRUST_*",
    codes: ["package_refused", "signature_rejected", "discovery_failed", "trust_refused"],
    note: "Each rejection has a code of its own in docs/commands.md.",
  },
  {
    name: "E_LOCK_*",
    codes: ["lockfile_invalid", "lockfile_newer", "lockfile_busy", "lockfile_failed"],
  },
  { name: "E_JOURNAL_*", note: "No error: `plugins verify` reports it by line." },
  { name: "E_REASON_INVALID", codes: ["reason_invalid"] },
  { name: "E_CONFIG_*", codes: ["setting_invalid", "options_invalid"] },
  { name: "E_GW_*", note: noGateway },
];
