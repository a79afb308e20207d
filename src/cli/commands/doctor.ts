/** `plugins doctor` and `doctor` */
import {
  type CommandContext,
  catalogOf,
  expectLockfile,
  type Handler,
  modeOf,
  scopeOf,
  withHost,
} from "../command-context.ts";
import { diagnose, isProblem } from "../diagnose.ts";
import { lockFindings } from "../lock-findings.ts";
import {
  doctorDocument,
  doctorLines,
  type Findings,
  rowDocuments,
  rowLines,
  statusOf,
} from "../print/doctor.ts";
import { headLines } from "../print/list.ts";

export const pluginsDoctor: Handler = async (context) => {
  const { report, rows, ofLock, warnings } = await findingsOf(context);
  const fails = context.options.strict === true && rows.some(isProblem);
  return {
    exitCode: fails ? 1 : 0,
    document: rowDocuments(rows),
    lines: [...headLines(report), "", ...rowLines(rows, context.paint)],
    warnings: [...ofLock.map(({ message }) => message), ...warnings],
  };
};

export const doctor: Handler = async (context) => {
  const findings = await findingsOf(context);
  const fails = context.options.strict === true && statusOf(findings) !== "ok";
  return {
    exitCode: fails ? 1 : 0,
    document: doctorDocument(findings),
    lines: doctorLines(findings, context.paint),
    warnings: findings.warnings,
  };
};

async function findingsOf(given: CommandContext): Promise<Findings> {
  const context = await withHost(given);
  const mode = modeOf(context);
  const load = context.options.noLoad !== true;
  const catalog = await catalogOf(context);
  const scope = await scopeOf(context);
  await expectLockfile(scope);
  const state = await context.services.lockState(scope);
  const report = await context.services.discover({ ...scope, mode, load, lockFaults: "report" });
  const rows = diagnose(report, catalog, context.env);
  const ofLock = lockFindings(mode, state);
  return { report, rows, ofLock, warnings: [...new Set([...state.warnings, ...report.warnings])] };
}
