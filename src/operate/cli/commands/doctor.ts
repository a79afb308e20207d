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
import { diagnose } from "../diagnose.ts";
import { lockFindings } from "../lock-findings.ts";
import {
  doctorDocument,
  doctorLines,
  type Findings,
  pluginsDoctorLines,
  rowDocuments,
  statusOf,
} from "../print/doctor.ts";

export const pluginsDoctor: Handler = async (context) => {
  const findings = await findingsOf(context);
  const { rows, ofLock, warnings } = findings;
  return {
    exitCode: exitCodeOf(findings, context),
    document: rowDocuments(rows),
    lines: pluginsDoctorLines(findings, context.paint),
    warnings: [...ofLock.map(({ message }) => message), ...warnings],
  };
};

export const doctor: Handler = async (context) => {
  const findings = await findingsOf(context);
  return {
    exitCode: exitCodeOf(findings, context),
    document: doctorDocument(findings),
    lines: doctorLines(findings, context.paint),
    warnings: findings.warnings,
  };
};

/** A check before a deployment may ask either of the two. */
function exitCodeOf(findings: Findings, { options }: CommandContext): 0 | 1 {
  return options.strict === true && statusOf(findings) !== "ok" ? 1 : 0;
}

async function findingsOf(given: CommandContext): Promise<Findings> {
  const context = await withHost(given);
  const mode = modeOf(context);
  const load = context.options.noLoad !== true;
  const catalog = await catalogOf(context);
  const scope = await scopeOf(context);
  await expectLockfile(scope);
  const state = await context.services.lockState(scope);
  const report = await context.services.discover({ ...scope, mode, load, faults: "report" });
  const rows = diagnose(report, catalog, context.env);
  const ofLock = lockFindings(report, state);
  return { report, rows, ofLock, warnings: [...new Set([...state.warnings, ...report.warnings])] };
}
