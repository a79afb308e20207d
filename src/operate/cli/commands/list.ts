/** `plugins list` */
import { join } from "node:path";
import { catalogOf, type Handler, modeOf, scopeOf, withHost } from "../command-context.ts";
import { listDocument, listLines } from "../print/list.ts";
import { stepsOfList } from "../print/next-steps.ts";
import { texts } from "../texts.ts";

export const list: Handler = async (given) => {
  const context = await withHost(given);
  const mode = modeOf(context);
  const load = context.options.noLoad !== true;
  const catalog = await catalogOf(context);
  const scope = await scopeOf(context);
  const report = await context.services.discover({ ...scope, mode, load, faults: "throw" });
  const { env, host, paint } = context;
  const searched = join(scope.root, "node_modules");
  const extras = { catalog, env, catalogUrl: host.catalogUrl, searched, load };
  const isMissing = scope.lockfile !== undefined && report.lock === null;
  const missing = isMissing ? [texts.lockNotFound(scope.lockfile)] : [];
  const warnings = [...missing, ...report.warnings];
  return {
    exitCode: 0,
    document: listDocument({ ...report, warnings }, extras),
    lines: [...listLines(report, extras, paint), ...stepsOfList(report, paint)],
    warnings,
  };
};
