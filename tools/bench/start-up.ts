/** U and G6: what a host pays once, at startup. Each figure comes from a fresh process. */
import { spawnSync } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { type Group, type Named, type Row, rowOf, shuffled } from "./rows.ts";

/** Arguments of `node`. The program prints its processor time in ms, as a JSON array. */
type Program = readonly string[];

interface Beside extends Named {
  readonly ours: Program;
  readonly baseline: Program;
}

const evaluate = (text: string): Program => ["--input-type=module", "--eval", text];

const spentSince = `
  function spentSince(start) {
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1000;
  }
`;

/** Measures an import in a process that has done nothing else. */
const importOf = (name: string): Program =>
  evaluate(`
    const start = process.cpuUsage();
    await import(${JSON.stringify(name)});
    ${spentSince}
    console.log(JSON.stringify([spentSince(start)]));
  `);

const registration = evaluate(`
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
  ${spentSince}
  console.log(JSON.stringify([spentMs]));
`);

const firstCall: Program = [fileURLToPath(new URL("first-call.js", import.meta.url))];

const comparisons: readonly Beside[] = [
  {
    id: "U1",
    workload: "importing the core, vs importing zod alone",
    goal: 1.5,
    ours: importOf("glassine"),
    baseline: importOf("zod"),
  },
  {
    id: "U2",
    workload: "defining and registering 50 plugins, vs importing zod alone",
    goal: 0.5,
    ours: registration,
    baseline: importOf("zod"),
  },
  {
    id: "G6",
    workload: "a process that makes one call guarded by six plugins, vs one without glassine",
    goal: 1.25,
    ours: [...firstCall, "guarded"],
    baseline: firstCall,
  },
];

export const startUp: Group = {
  comparisons,
  measure: async (isWanted, rounds) =>
    comparisons.filter(isWanted).map((comparison) => measureBeside(comparison, rounds)),
};

const root = fileURLToPath(new URL("../../..", import.meta.url));

function figuresOf(program: Program): readonly number[] {
  const { status, stdout, stderr } = spawnSync(process.execPath, program, {
    cwd: root,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`A fresh process failed: ${stderr}`);
  return JSON.parse(stdout) as number[];
}

/** Runs both programs in turn, each time in a fresh process. */
function measureBeside({ ours, baseline, ...row }: Beside, rounds: number): Row {
  const sides = [ours, baseline].map((program) => ({ program, ms: [] as number[] }));
  // The first run of each reads the files from disk, so it does not count.
  for (const { program } of sides) figuresOf(program);
  for (let round = 0; round < rounds; round += 1) {
    for (const { program, ms } of shuffled(sides)) ms.push(...figuresOf(program));
  }
  const [mine, theirs] = sides.map(({ ms }) => ms);
  return rowOf(row, { ours: mine ?? [], baseline: theirs ?? [], unit: "ms" });
}
