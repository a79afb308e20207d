/** `plugins lock` */
import * as z from "zod";
import { defineCommand } from "../command.ts";
import { expectLockfile, scopeOf } from "../command-context.ts";
import {
  lock as lockSchema,
  text,
  textOrNull,
  trusted as trustedShape,
  warnings,
} from "../documents.ts";
import { misuse } from "../failure.ts";
import { type OptionValues, sharedOptions } from "../options.ts";
import { wordsOf } from "../plain-words.ts";
import { nextSteps } from "../print/next-steps.ts";
import { say } from "../print/printable.ts";
import {
  isolationLines,
  pathLines,
  permissionLines,
  trustedDocument,
  trustedLines,
  untrustedLine,
} from "../print/trusted.ts";
import type { LockRequest } from "../work/lock.ts";

const declared = {
  all: { flag: "--all", what: "trust every acceptable plugin at once" },
  prune: { flag: "--prune", what: "remove entries whose package is not installed" },
  check: { flag: "--check", what: "only check that plugins.lock can be read" },
  reason: sharedOptions.reason,
  root: sharedOptions.root,
  pluginsLock: sharedOptions.pluginsLock,
  host: sharedOptions.host,
} as const;

export const lock = defineCommand({
  path: ["plugins", "lock"],
  summary: "create plugins.lock, trust all plugins at once, or remove old entries",
  about: ["Without options, creates an empty plugins.lock if there is none."],
  options: declared,
  exits: { 1: "with --all, a plugin was skipped" },
  examples: [
    { line: "plugins lock", what: "create an empty plugins.lock" },
    { line: 'plugins lock --all --reason "first review"', what: "trust what is installed" },
    {
      line: 'plugins lock --prune --reason "tidy up"',
      what: "remove the entries of packages that are gone",
    },
  ],
  namesItself: true,
  schema: z.object({
    action: z.enum(["create", "all", "prune", "check"]),
    lock: lockSchema,
    journal_path: textOrNull.describe("Null if nothing was recorded."),
    created: z.boolean(),
    trusted: z.array(z.object(trustedShape)),
    untrusted: z.array(z.object({ id: text })),
    skipped: z.array(z.object({ id: text, code: text, reason: text })),
    warnings,
  }),
  async run(context) {
    const { options, paint, services } = context;
    const action = actionOf(options);
    const scope = await scopeOf(context);
    if (action === "check" || action === "prune") await expectLockfile(scope);
    const change = await services.lock({ ...scope, action, reason: options.reason });
    const { created, trusted, untrusted, skipped } = change;
    const { path, entries } = change.lock;
    const document = { ...change, action, trusted: trusted.map(trustedDocument) };
    const hasChanged = created || change.journal_path !== null;
    const outcome = { document, warnings: change.warnings, hasChanged } as const;
    if (action === "create" || action === "check") {
      const word = action === "check" ? "valid" : "exists";
      const line = created ? say`created: ${path}` : say`${word}: ${path} (${entries} entries)`;
      return { ...outcome, exitCode: 0, lines: [line] };
    }
    const nothing = action === "all" ? "nothing to trust" : "nothing to remove";
    const words = wordsOf(context.host.host);
    return {
      ...outcome,
      exitCode: skipped.length > 0 ? 1 : 0,
      lines: [
        ...trusted.flatMap((plugin) => [
          ...trustedLines(plugin, paint),
          ...isolationLines(plugin),
          ...permissionLines(plugin, words),
        ]),
        ...untrusted.map(({ id }) => untrustedLine(id, paint)),
        ...skipped.map(({ id, code }) => `${paint.doubtful("skipped:")} ${say`${id}: ${code}`}`),
        ...((action === "all" ? trusted : untrusted).length > 0 ? [] : [nothing]),
        ...pathLines(change),
        ...nextSteps({ rejected: skipped }, context.host, paint),
      ],
    };
  },
});

function actionOf(given: OptionValues<typeof declared>): LockRequest["action"] {
  const names = ["all", "prune", "check"] as const;
  const [first = "create", ...others] = names.filter((name) => given[name] === true);
  if (others.length > 0) {
    const flags = names.filter((name) => given[name]).map((name) => declared[name].flag);
    throw misuse(`only one of ${flags.join(", ")} can be given`);
  }
  if (given.reason !== undefined && first !== "all" && first !== "prune")
    throw misuse("--reason needs --all or --prune");
  return first;
}
