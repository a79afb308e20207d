/** F: the filter against a plain port of itself. */
import assert from "node:assert/strict";
import { type Capability, encodeExtensions, filterExtensions, resolveCapabilities } from "glassine";
import { type Comparison, newLane, type Side } from "./harness.ts";
import { type PlainExtensions, plainFilter } from "./plain-port.ts";
import { realisticEnvelope, threeCapabilities } from "./workloads.ts";

export const filterComparisons: readonly Comparison[] = [
  {
    id: "F2",
    workload: "filter, 3 capabilities, built fresh, vs plain port",
    goal: 0.5,
    sides: async () => [await ours(), await plain()],
  },
];

async function ours(): Promise<Side> {
  const { callEach } = await newLane();
  const grant = resolveCapabilities(threeCapabilities);
  const filter = () => filterExtensions(realisticEnvelope, grant);
  return {
    run: (times) => callEach(times, filter),
    check: (last) => {
      assert.notEqual(last, filter(), "a view is built each time");
      checkView(last);
      assert.equal((last as View).http, realisticEnvelope.http, "what is open is shared");
    },
  };
}

async function plain(): Promise<Side> {
  const { callEach } = await newLane();
  const extensions = frozen(JSON.parse(encodeExtensions(realisticEnvelope))) as PlainExtensions;
  const granted: ReadonlySet<Capability> = new Set(threeCapabilities);
  const filter = () => plainFilter(extensions, granted);
  return {
    run: (times) => callEach(times, filter),
    check: (last) => {
      checkView(last);
      const view = filterExtensions(realisticEnvelope, threeCapabilities);
      assert.deepEqual(JSON.parse(JSON.stringify(last)), JSON.parse(JSON.stringify(view)));
    },
  };
}

interface View {
  readonly http?: object | undefined;
  readonly agent?: object | undefined;
  readonly delegation?: object | undefined;
  readonly security?: {
    readonly labels?: readonly string[];
    readonly subject?: { readonly roles?: readonly string[]; readonly claims?: object };
  };
}

/** Labels, roles and headers are there; agent, delegation and claims are not. */
function checkView(value: unknown): void {
  const { http, agent, delegation, security } = value as View;
  assert.equal(security?.labels?.length, 4);
  assert.equal(security?.subject?.roles?.length, 5);
  assert.notEqual(http, undefined);
  for (const hidden of [agent, delegation, security?.subject?.claims]) {
    assert.equal(hidden, undefined);
  }
  assert.ok(Object.isFrozen(value) && Object.isFrozen(security));
}

function frozen(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  for (const part of Object.values(value)) frozen(part);
  return Object.freeze(value);
}
