/** K: what an import adds to a user's bundle, as `tools/size-limit.mjs` measures it. */
import { execFileSync } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { type Group, type Named, rowOf } from "./rows.ts";

interface Bundle extends Named {
  /** The name of the budget in `tools/size-limit.mjs`. */
  readonly budget: string;
}

const bundle = (id: string, what: string, goal: number, budget: string): Bundle => ({
  id,
  workload: `bundle of ${what}, kB, gzip`,
  goal,
  budget,
});

const comparisons: readonly Bundle[] = [
  bundle("K1", "deny", 10, "deny alone"),
  bundle("K2", "definePlugin", 60, "definePlugin alone"),
  bundle("K3", "createPluginManager", 110, "createPluginManager alone"),
  bundle("K4", "createGuard and all three", 125, "a guard, and what defines and runs its plugins"),
];

const root = fileURLToPath(new URL("../../..", import.meta.url));

export const bundles: Group = {
  comparisons,
  measure: async (isWanted) => {
    const sizes = measuredSizes();
    return comparisons.filter(isWanted).map(({ budget, ...row }) => {
      const { size = Number.NaN } = sizes.find(({ name }) => name === budget) ?? {};
      return rowOf(row, { ours: [size], baseline: null, unit: "B", figures: [size / 1000] });
    });
  },
};

function measuredSizes(): readonly { readonly name: string; readonly size: number }[] {
  const program = ["node_modules/size-limit/bin.js", "--config", "tools/size-limit.mjs", "--json"];
  return JSON.parse(execFileSync(process.execPath, program, { cwd: root, encoding: "utf8" }));
}
