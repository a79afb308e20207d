/** Tries a plugin's proposal in both ways: the bare merge, and a whole run of a manager. */
import { type Extensions, mergeExtensions } from "glassine";
import { expect } from "vitest";
import { refusalOf } from "../data/support.ts";
import { type Capability, call, plugin, type Result, runOnce } from "../dispatch/support.ts";

export interface Proposal {
  readonly extensions: Extensions;
  readonly returned: unknown;
  readonly capabilities: readonly Capability[];
  readonly options?: { readonly strictDelegation: boolean };
}

/** The other parts of an attacker's result, which are valid. */
const rest = { modifiedPayload: { args: { a: 2 } }, metadata: { note: 1 } };

async function run({ extensions, returned, capabilities, options }: Proposal): Promise<Result> {
  const before = plugin("before", (_p, _c) => ({ metadata: { stands: true } }));
  const attack = () => ({ ...rest, modifiedExtensions: returned });
  const attacker = plugin("attacker", (_p, _c) => attack(), { capabilities });
  const after = plugin("after", (_p, _c) => undefined);
  return runOnce([before, attacker, after], { extensions }, options);
}

/** The whole result is refused at `path`: nothing of it is applied, and nothing else changes. */
export async function expectRefused(proposal: Proposal, code: string, path: string): Promise<void> {
  const { extensions, returned, capabilities, options } = proposal;
  const error = refusalOf(() => mergeExtensions(extensions, returned, capabilities, options));
  const name = code === "tier_monotonic" ? "TierViolationError" : "GlassineError";
  expect([error.name, error.code, error.data.slot]).toEqual([name, code, path]);

  const result = await run(proposal);
  expect(result.violation).toMatchObject({ plugin: "attacker", code });
  expect(result.rejections).toMatchObject([{ plugin: "attacker", path, code }]);
  expect(result.errors).toMatchObject([{ plugin: "attacker", code }]);
  expect(result.executions.map(({ status }) => status)).toEqual(["completed", "error", "skipped"]);
  expect(result.extensions).toBe(extensions);
  expect(result.payload).toBe(call);
  expect(result.metadata).toEqual({ before: { stands: true } });
}

/** The envelope stays the same object, the rest of the result applies, and this is reported. */
export async function expectIgnored(
  proposal: Proposal,
  rejections: readonly (readonly [path: string, code: string])[],
): Promise<void> {
  const { extensions, returned, capabilities } = proposal;
  const merged = mergeExtensions(extensions, returned, capabilities);
  expect(merged.extensions).toBe(extensions);
  expect(merged.rejections.map(({ path, code }) => [path, code])).toEqual(rejections);

  const result = await run(proposal);
  expect(result.violation).toBeUndefined();
  expect(result.extensions).toBe(extensions);
  expect(result.rejections.map((each) => [each.plugin, each.path, each.code])).toEqual(
    rejections.map((each) => ["attacker", ...each]),
  );
  expect(result.payload).toEqual({ name: "add", args: { a: 2 } });
  expect(result.metadata).toMatchObject({ attacker: { note: 1 } });
}
