/** What services report, with defaults for what a test leaves out. */
import type {
  DiscoveryReport,
  DriftRow,
  PluginFacts,
  RejectedPlugin,
} from "../../../src/operate/cli/documents.ts";
import type { TrustChange } from "../../../src/operate/cli/work/change-trust.ts";
import type { LockChange } from "../../../src/operate/cli/work/lock.ts";
import type { VerifyReport } from "../../../src/operate/cli/work/verify.ts";

export const hash = (digit: string) => `sha256:${digit.repeat(64)}`;

export function facts(given: Partial<PluginFacts> = {}): PluginFacts {
  const { id = "example-plugin" } = given;
  return {
    id,
    name: id,
    kind: "hooks",
    version: "1.0.0",
    package: id,
    entry_point: "dist/plugin.js:default",
    distribution_hash: hash("a"),
    builtin: false,
    capabilities: [],
    hooks: [],
    streams: {},
    depends_on: [],
    discovery_source: { type: "npm_package" },
    signed_by: "builder@example.com",
    trust_decision: "trusted_publisher",
    health: {
      status: "healthy",
      message: "ready",
      checked_at: "2026-01-01T00:00:00.000Z",
      error_summary: null,
    },
    requires: "*",
    config: null,
    isolation: null,
    trusted: null,
    signer: "builder@example.com",
    missing_keyword: false,
    undeclared_capabilities: [],
    undeclared_hooks: [],
    unsupplied_capabilities: [],
    dependencies: [],
    lock_only_dependencies: [],
    provided_by_host: [],
    ...given,
  };
}

export function rejected(given: Partial<RejectedPlugin> = {}): RejectedPlugin {
  const { id = "refused-plugin" } = given;
  return {
    id,
    package: id ?? "refused-package",
    entry_point: "dist/plugin.js:default",
    code: "unsigned",
    reason: "",
    facts: id === null ? null : facts({ id, health: null, signed_by: null, trust_decision: null }),
    ...given,
  };
}

export function drift(given: Partial<DriftRow> = {}): DriftRow {
  return {
    id: "example-plugin",
    kind: "version_mismatch",
    expected: "0.9.0",
    actual: "1.0.0",
    blocking: true,
    ...given,
  };
}

export const lockAt = { path: "/home/lab/app/plugins.lock", schema_version: 1, entries: 2 };

export function report(given: Partial<DiscoveryReport> = {}): DiscoveryReport {
  return {
    mode: "dev",
    lock: null,
    lock_fault: null,
    setting_faults: [],
    discovery_off: null,
    loaded: [],
    rejected: [],
    drift: [],
    unreadable: [],
    warnings: [],
    ...given,
  };
}

export function verified(given: Partial<VerifyReport> = {}): VerifyReport {
  return {
    lock: lockAt,
    guest_count: 0,
    other_host_count: 0,
    drift: [],
    rejected: [],
    unhashable: [],
    signatures_unchecked: null,
    journal_problems: [],
    journal_problem_count: given.journal_problems?.length ?? 0,
    pending: false,
    unreadable: [],
    permissions: [],
    warnings: [],
    ...given,
  };
}

export function trusted(given: Partial<TrustChange> = {}): TrustChange {
  return {
    id: "capa.contrib.my_procedure",
    package: "capa_contrib",
    version: "0.3.1",
    entry_point: "dist/proc.js:MyProcedure",
    distribution_hash: `sha256:a1b2c3d4e5f6789abcdef01${"2".repeat(41)}`,
    capabilities: null,
    hooks: null,
    signer: null,
    dependencies: [],
    until: null,
    isolate: null,
    accept: [],
    previous: null,
    lock: lockAt,
    journal_path: "/home/lab/app/plugins.lock.journal",
    warnings: [],
    ...given,
  };
}

export function locked(given: Partial<LockChange> = {}): LockChange {
  return {
    lock: lockAt,
    journal_path: null,
    created: false,
    trusted: [],
    untrusted: [],
    skipped: [],
    warnings: [],
    ...given,
  };
}
