/** Set-up for forged return values: all capabilities, and an envelope with every part. */
import { capabilities, createExtensions, mergeExtensions } from "glassine";
import { expect } from "vitest";
import { Watch } from "../../property-tests/support/hostile.ts";
import { type Capability, call, plugin, type Run, runOnce } from "../dispatch/support.ts";
import { expectRefused } from "./proposal.ts";

export const everything = Object.values(capabilities) as readonly Capability[];
export const hop = { subject_id: "agent-1", subject_type: "agent" };
export const extensions = createExtensions({
  request: { request_id: "r-1" },
  agent: { turn: 1 },
  security: { labels: ["PII"], subject: { id: "u", type: "user", roles: ["clerk"] } },
  delegation: { chain: [hop] },
  http: { headers: { "x-a": "1" } },
  custom: { a: { deep: [1, 2] }, n: 0 },
});

/** Where in a proposal a value is put, and the path under which its refusal is reported. */
export const places = {
  whole: { path: "(extensions)", put: (value: unknown) => value },
  slot: { path: "security", put: (security: unknown) => ({ security }) },
  subject: { path: "security.subject", put: (subject: unknown) => ({ security: { subject } }) },
  labels: { path: "security.labels", put: (labels: unknown) => ({ security: { labels } }) },
  label: {
    path: "security.labels",
    put: (label: unknown) => ({ security: { labels: ["PII", label] } }),
  },
  chain: { path: "delegation.chain", put: (chain: unknown) => ({ delegation: { chain } }) },
  hop: {
    path: "delegation.chain",
    put: (last: unknown) => ({ delegation: { chain: [hop, last] } }),
  },
  headers: { path: "http.headers", put: (headers: unknown) => ({ http: { headers } }) },
  header: {
    path: "http.headers",
    put: (value: unknown) => ({ http: { headers: { "x-a": "1", "x-b": value } } }),
  },
  custom: { path: "custom", put: (custom: unknown) => ({ custom }) },
  data: { path: "custom", put: (value: unknown) => ({ custom: { a: { deep: [value] } } }) },
} as const;
export type PlaceName = keyof typeof places;
export const everywhere = Object.keys(places) as readonly PlaceName[];

/**
 * A forged proposal is refused as a whole, by the merge and by a run, and no code of it runs.
 * The value is created once for each place. `exactPath` is the path if it is known more precisely.
 */
export async function refusedAt(
  names: readonly PlaceName[],
  make: (watch: Watch) => unknown,
  code: string,
  exactPath?: string,
): Promise<void> {
  for (const name of names) {
    const watch = new Watch();
    const { put } = places[name];
    const path = exactPath ?? places[name].path;
    await expectRefused(
      { extensions, returned: put(make(watch)), capabilities: everything },
      code,
      path,
    );
    expect(watch.ran).toBe(0);
  }
}

/** A forged result is refused as a whole; if the operator ignores errors, the next plugin runs. */
export async function resultRefused(
  make: (watch: Watch) => unknown,
  code: string,
  path: string,
): Promise<void> {
  for (const onError of ["fail", "ignore"] as const) {
    const watch = new Watch();
    const seen: unknown[] = [];
    const forger: Run = (_payload, _context) => make(watch);
    const after: Run = (payload, _c, view) => void seen.push(payload, view.security.labels);
    const result = await runOnce(
      [
        plugin("before", (_p, _c) => ({ metadata: { stands: true } })),
        plugin("forger", forger, { capabilities: everything, onError }),
        plugin("after", after),
      ],
      { extensions },
    );
    expect(result.continueProcessing).toBe(onError === "ignore");
    expect(result.violation?.code).toBe(onError === "fail" ? code : undefined);
    expect(result.errors).toMatchObject([{ plugin: "forger", code }]);
    expect(result.rejections).toMatchObject([{ plugin: "forger", code }]);
    // The path may go deeper, in the schema's names; other tests check that.
    expect([path, result.rejections[0]?.path.slice(0, path.length)]).toEqual([path, path]);
    expect(result.executions[1]).toMatchObject({ status: "error", applied: false, changed: [] });
    expect(result.payload).toBe(call);
    expect(result.extensions).toBe(extensions);
    expect(result.metadata).toEqual({ before: { stands: true } });
    expect(seen).toEqual(onError === "ignore" ? [call, ["PII"]] : []);
    expect(watch.ran).toBe(0);
  }
}

/** What custom data becomes in the merge and in a run: both result in the same bytes. */
export async function takenAsCustom(custom: () => object): Promise<Record<string, unknown>> {
  const merged = mergeExtensions(extensions, { custom: custom() }, everything);
  expect(merged.rejections).toEqual([]);
  const forger: Run = (_p, _c) => ({ modifiedExtensions: { custom: custom() } });
  const result = await runOnce([plugin("forger", forger, { capabilities: everything })], {
    extensions,
  });
  expect(result.violation).toBeUndefined();
  expect(JSON.stringify(result.extensions)).toBe(JSON.stringify(merged.extensions));
  return merged.extensions.custom as Record<string, unknown>;
}

/** A proxy's traps, each of which counts its calls. */
export const traps = (watch: Watch): ProxyHandler<never> =>
  Object.fromEntries(Reflect.ownKeys(Reflect).map((name) => [name, watch.run]));

/** A property that is not plain data. */
export const accessor = (target: object, key: PropertyKey, descriptor: PropertyDescriptor) =>
  Object.defineProperty(target, key, { enumerable: true, configurable: true, ...descriptor });

export const bare = (value: object): object => Object.setPrototypeOf(value, Object.prototype);
