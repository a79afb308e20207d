/** `plugins untrust ID` */
import * as z from "zod";
import { defineCommand } from "../command.ts";
import { expectLockfile, scopeOf } from "../command-context.ts";
import { lock, locked, text, textOrNull, warnings } from "../documents.ts";
import { sharedOptions } from "../options.ts";
import { pathLines, untrustedLine } from "../print/trusted.ts";

export const untrust = defineCommand({
  path: ["plugins", "untrust"],
  summary: "remove a plugin from plugins.lock",
  about: [
    "Works even if the package is no longer installed.",
    "Running hosts continue; in production, the next start fails until the package is removed.",
  ],
  arguments: [{ name: "ID", what: "the plugin's id; after -- if it begins with -" }],
  options: { reason: sharedOptions.reason, pluginsLock: sharedOptions.pluginsLock },
  examples: [{ line: 'plugins untrust pii-scan --reason "OPS-1301"', what: "revoke trust" }],
  namesItself: true,
  schema: z.object({
    action: z.literal("untrust"),
    id: text,
    previous: locked.nullable(),
    lock,
    journal_path: textOrNull,
    warnings,
  }),
  async run(context) {
    const [id = ""] = context.operands;
    const { services, options, paint } = context;
    const scope = await scopeOf(context);
    await expectLockfile(scope);
    const change = await services.untrust({ ...scope, id, reason: options.reason });
    return {
      exitCode: 0,
      document: { ...change, action: "untrust" as const },
      lines: [untrustedLine(change.id, paint), ...pathLines(change)],
      warnings: change.warnings,
      hasChanged: true,
    };
  },
});
