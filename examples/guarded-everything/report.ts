/** Prints what happened at one hook in readable form. */
import type { ExecutionRecord, Rejection } from "glassine";
import type { HookResult } from "glassine/mcp";

/** Matches gated slots. Every plugin sees the others, so the report leaves those out. */
const gated = /^(agent|http|delegation|security\..*)$/;
const indent = " ".repeat(18);

export function printHook(point: string, result: HookResult): void {
  const { executions, metadata } = result;
  if (executions.length === 0) return;
  console.log(`  ${point}`);
  for (const record of executions) {
    const [first, ...more] = linesOf(record, metadata[record.plugin] ?? {});
    console.log(`    ${record.plugin.padEnd(13)} ${first}`);
    for (const line of more) console.log(indent + line);
  }
  const { violation } = result;
  if (violation !== undefined)
    console.log(`    => ${violation.plugin} refused the call: ${violation.reason}`);
}

function linesOf(
  record: ExecutionRecord,
  notes: Readonly<Record<string, unknown>>,
): readonly string[] {
  if (record.status === "skipped") return ["did not run"];
  const lines = [`sees ${seen(record)}`];
  if (notes.argumentCount !== undefined)
    lines[0] = `was handed ${notes.argumentCount} arguments, so no envelope`;
  if (notes.edited !== undefined) lines.push(String(notes.edited));
  if (record.changed.length > 0) lines.push(`changed ${record.changed.join(", ")}`);
  for (const rejection of record.refused) lines.push(refusal(rejection));
  if (record.status === "error" && record.effectiveAllow)
    lines.push(
      "so its whole result was dropped; the host set onError to ignore, and the call goes on",
    );
  if (record.requestedAllow === false) lines.push("denied");
  return lines;
}

function seen({ saw }: ExecutionRecord): string {
  return saw.filter((path) => gated.test(path)).join(", ") || "nothing gated";
}

function refusal({ path, code, reason }: Rejection): string {
  return `was refused ${path} (${code}): ${reason}`;
}
