/** U: what a host pays once, at its start. Each figure comes from fresh processes. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type Group, type Named, type Row, rowOf, shuffled } from "./rows.ts";

const importing: Named = {
  id: "U1",
  workload: "importing the core, vs importing zod alone",
  goal: 1.5,
};
const registering: Named = {
  id: "U2",
  workload: "defining and registering 50 plugins, vs importing zod alone",
  goal: 0.5,
};

export const startUp: Group = {
  comparisons: [importing, registering],
  measure: async (isWanted, rounds) => {
    const rows: Row[] = [];
    if (isWanted(importing)) rows.push(measureImports(rounds));
    if (isWanted(registering)) rows.push(measureRegistration(rounds));
    return rows;
  },
};

/** Milliseconds of processor time: an import, in a process that has done nothing else. */
const importOf = (name: string) => `
  const start = process.cpuUsage();
  await import(${JSON.stringify(name)});
  ${told("spentSince(start)")}
`;

/** What the program writes, and how it reads the processor's time. */
function told(...figures: readonly string[]): string {
  return `
    function spentSince(start) {
      const { user, system } = process.cpuUsage(start);
      return (user + system) / 1000;
    }
    console.log(JSON.stringify([${figures.join(", ")}]));
  `;
}

const registration = `
  import { createPluginManager, definePlugin } from "glassine";
  const start = process.cpuUsage();
  const plugins = Array.from({ length: 50 }, (_, i) =>
    definePlugin({
      name: "plugin-" + i,
      version: "1.0.0",
      capabilities: ["read_roles", "read_headers", "append_labels"],
      hooks: { tool_pre_invoke: (payload, context, extensions) => {} },
    }),
  );
  const manager = await createPluginManager({ plugins });
  const spentMs = spentSince(start);
  const { executions } = await manager.invoke("tool_pre_invoke", { name: "add", args: {} });
  if (executions.length !== 50) throw new Error("Each plugin runs.");
  ${told("spentMs")}
`;

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** Runs a program in a fresh process, and gives the figures it told. */
function figuresOf(program: string): readonly number[] {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--input-type=module", "--eval", program],
    { cwd: root, encoding: "utf8" },
  );
  if (status !== 0) throw new Error(`A fresh process failed: ${stderr}`);
  return JSON.parse(stdout) as number[];
}

function measureImports(rounds: number): Row {
  return measureBeside(importing, importOf("glassine"), rounds);
}

function measureRegistration(rounds: number): Row {
  return measureBeside(registering, registration, rounds);
}

/** A program beside an import of zod alone, in processes that run alternately. */
function measureBeside(row: Named, program: string, rounds: number): Row {
  const ours = { program, ms: [] as number[] };
  const zod = { program: importOf("zod"), ms: [] as number[] };
  // The first of each reads the files from the disk.
  for (const side of [ours, zod]) figuresOf(side.program);
  for (let round = 0; round < rounds; round += 1) {
    for (const side of shuffled([ours, zod])) side.ms.push(...figuresOf(side.program));
  }
  return rowOf(row, { ours: ours.ms, baseline: zod.ms, unit: "ms" });
}
