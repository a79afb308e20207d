/** The codes callers tell errors by. A changed line here is a line in CHANGELOG.md. */
import { errorCodes } from "glassine";
import { expect, it } from "vitest";

it("the error codes and their kinds", () => {
  const kinds = Object.entries(errorCodes).map(([code, { kind }]) => [code, kind]);
  expect(Object.fromEntries(kinds)).toEqual({
    snapshot_accessor: "refusal",
    snapshot_proxy: "refusal",
    snapshot_prototype: "refusal",
    snapshot_key: "refusal",
    snapshot_type: "refusal",
    snapshot_string: "refusal",
    snapshot_cycle: "refusal",
    snapshot_limit: "refusal",
    result_shape: "refusal",
    extensions_shape: "refusal",
    slot_unknown: "refusal",
    label_invalid: "refusal",
    header_invalid: "refusal",
    header_duplicate: "refusal",
    payload_shape: "refusal",
    edit_denied: "refusal",
    tier_monotonic: "violation",
    tier_immutable: "rejection",
    capability_missing: "rejection",
    mode_denied: "rejection",
    payload_denied: "rejection",
    slot_invalid: "misuse",
    hook_invalid: "misuse",
    hook_unknown: "misuse",
    capability_unknown: "misuse",
    manifest_invalid: "misuse",
    plugin_duplicate: "misuse",
    dependency_unresolved: "misuse",
    options_invalid: "misuse",
    extensions_invalid: "misuse",
    payload_invalid: "misuse",
    message_invalid: "misuse",
    syntax_invalid: "misuse",
    declassify_refused: "misuse",
    handler_error: "failure",
    handler_timeout: "failure",
    aborted: "failure",
    reentrancy: "misuse",
    overloaded: "misuse",
    manager_closed: "misuse",
  });
});
