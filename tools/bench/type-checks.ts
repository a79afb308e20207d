/** TS: what the compiler needs to check a user's file, according to its own statistics. */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { type Group, type Named, type Row, rowOf, shuffled } from "./rows.ts";
import { compilerOptions, plugin, program, server } from "./typed-programs.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
/** Inside the package, so that `glassine` resolves to itself. */
const folder = join(root, "build/typed-programs");
const old = "typescript-5.9";
const current = "typescript";

interface Counted extends Named {
  readonly compiler: string;
  readonly file: string;
}

const counted = (id: string, what: string, goal: number, file: string): readonly Counted[] =>
  [old, current].map((compiler) => ({
    id,
    workload: `instantiations of ${what}, TypeScript ${compiler === old ? "5.9" : "7"}`,
    goal,
    compiler,
    file,
  }));

const counts: readonly Counted[] = [
  ...counted("TS1", "a file with one plugin", 20_000, "plugin.ts"),
  ...counted("TS3", "that plugin, a manager and one invoke", 40_000, "program.ts"),
];
const checkTime: Named = {
  id: "TS2",
  workload: "check time of a file with one plugin, vs one tool of the SDK's McpServer",
  goal: 1.5,
};

export const typeChecks: Group = {
  comparisons: [...counts, checkTime],
  measure: async (isWanted, rounds) => {
    writePrograms();
    const rows: Row[] = counts.filter(isWanted).map(({ compiler, file, ...row }) => {
      const count = figureOf("Instantiations", compile(compiler, file));
      return rowOf(row, { ours: [count], baseline: null, unit: "", figures: [count] });
    });
    if (isWanted(checkTime)) rows.push(measureCheckTime(rounds));
    return rows;
  },
};

function writePrograms(): void {
  mkdirSync(folder, { recursive: true });
  for (const [file, text] of Object.entries({ plugin, program, server })) {
    const options = { ...compilerOptions, noEmit: true };
    writeFileSync(join(folder, `${file}.ts`), text);
    writeFileSync(
      join(folder, `${file}.ts.json`),
      JSON.stringify({ compilerOptions: options, files: [`${file}.ts`] }),
    );
  }
}

/** Returns what the compiler prints with `--extendedDiagnostics`. */
function compile(compiler: string, file: string): string {
  const tsc = join(root, "node_modules", compiler, "bin/tsc");
  const args = [tsc, "-p", join(folder, `${file}.json`), "--extendedDiagnostics"];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${compiler} refused ${file}: ${stdout}${stderr}`);
  return stdout;
}

function figureOf(name: string, diagnostics: string): number {
  const [, figure] = new RegExp(`^${name}:\\s+([\\d.]+)`, "m").exec(diagnostics) ?? [];
  return Number(figure ?? Number.NaN);
}

function measureCheckTime(rounds: number): Row {
  const sides = ["plugin.ts", "server.ts"].map((file) => ({ file, ms: [] as number[] }));
  for (let round = 0; round < rounds; round += 1) {
    for (const { file, ms } of shuffled(sides)) {
      ms.push(figureOf("Check time", compile(old, file)) * 1000);
    }
  }
  const [ours, baseline] = sides.map(({ ms }) => ms);
  return rowOf(checkTime, { ours: ours ?? [], baseline: baseline ?? [], unit: "ms" });
}
