/** `plugins trust ID` */
import * as z from "zod";
import { isGlassineError } from "../../../core/errors/index.ts";
import { isolations } from "../../isolate/kinds.ts";
import { dayOf, isDay } from "../../trust/index.ts";
import { defineCommand } from "../command.ts";
import { scopeOf } from "../command-context.ts";
import type { CommandScope } from "../command-host.ts";
import type { CommandServices } from "../command-services.ts";
import { installedIn, lock, textOrNull, trusted, warnings } from "../documents.ts";
import { CommandFailure, failureFor, misuse, refusal } from "../failure.ts";
import { type OptionValues, sharedOptions } from "../options.ts";
import { changeLines, wordsOf } from "../plain-words.ts";
import { singleQuoted } from "../print/printable.ts";
import {
  isolationLines,
  pathLines,
  permissionLines,
  trustedDocument,
  trustedLines,
} from "../print/trusted.ts";

const declared = {
  reason: sharedOptions.reason,
  until: {
    flag: "--until",
    value: "DATE",
    what: "the last day of the trust, in UTC, such as 2027-01-31 (default: no end)",
  },
  optional: {
    flag: "--optional",
    what: "let a production host start even if the plugin is not installed; stays in effect until `untrust`",
  },
  isolate: {
    flag: "--isolate",
    value: "KIND",
    values: [...isolations, "host"],
    what: `where its code runs: ${isolations.join(", ")}, or host (default: as its entry says, else host)`,
  },
  accept: sharedOptions.accept,
  check: { flag: "--check", what: "also load the plugin, and refuse it if that fails" },
  root: sharedOptions.root,
  pluginsLock: sharedOptions.pluginsLock,
  localPlugins: sharedOptions.localPlugins,
  host: sharedOptions.host,
} as const;

export const trust = defineCommand({
  path: ["plugins", "trust"],
  summary: "put an installed plugin into plugins.lock, or refresh its entry",
  about: [
    "Production loads only what plugins.lock trusts, as long as none of its files change.",
    "Production does not start if a trusted plugin is not installed, unless its entry is optional.",
    "Only --check runs the plugin.",
    "You decide who may do this, and after what review.",
  ],
  arguments: [{ name: "ID", what: "the plugin's id; after -- if it begins with -" }],
  options: declared,
  examples: [
    {
      line: 'plugins trust pii-scan --reason "reviewed by GB, ticket OPS-1284"',
      what: "after a review",
    },
    {
      line: 'plugins trust pii-scan --reason "trial, OPS-1290" --until 2027-01-31',
      what: "for a limited time: production refuses it from the next day on",
    },
    {
      line: 'plugins trust pii-scan --reason "not reviewed, OPS-1291" --isolate process',
      what: "its code runs in a process that can only compute, never in the host",
    },
  ],
  namesItself: true,
  schema: z.object({
    action: z.literal("trust"),
    ...trusted,
    lock,
    journal_path: textOrNull,
    warnings,
  }),
  async run(context) {
    const [id = ""] = context.operands;
    const { services, options, paint } = context;
    const scope = await scopeOf(context);
    const { reason, until, optional = false, check = false } = options;
    if (until !== undefined && !(isDay(until) && until >= dayOf(new Date()))) {
      const message = `trust: --until expects today or a later day, such as 2027-01-31, got ${singleQuoted(until)}`;
      throw refusal("options_invalid", message);
    }
    const request = { ...scope, id, reason, until, optional, check, ...isolationIn(options) };
    const change = await services.trust(request).catch(async (thrown) => {
      throw await withPermissions(thrown, services, { ...scope, id });
    });
    const words = wordsOf(context.host.host);
    return {
      exitCode: 0,
      document: { ...trustedDocument(change), action: "trust" as const },
      lines: [
        ...trustedLines(change, paint),
        ...pathLines(change),
        ...isolationLines(change),
        ...permissionLines(change, words),
      ],
      warnings: change.warnings,
      hasChanged: true,
    };
  },
});

/** @throws CommandFailure `usage` */
function isolationIn({ isolate, accept = [] }: OptionValues<typeof declared>) {
  if (accept.length > 0 && isolate !== "process")
    throw misuse(
      "--accept needs --isolate process: no other kind depends on what this machine can prevent",
    );
  return { isolate, accept };
}

/**
 * If the reason is missing or invalid, adds to the message what the plugin asks for beyond its
 * grant. Runs no plugin code, and ignores failures here, since there already is one to report.
 */
async function withPermissions(
  thrown: unknown,
  services: CommandServices,
  scope: CommandScope & { readonly id: string },
): Promise<unknown> {
  if (!isGlassineError(thrown) || thrown.code !== "reason_invalid") return thrown;
  const report = await services
    .discover({ ...scope, mode: "dev", load: false, faults: "report" })
    .catch(() => undefined);
  const facts = report && installedIn(report).find((each) => each.facts?.id === scope.id)?.facts;
  const more = facts ? changeLines(facts.trusted, facts) : [];
  return more.length === 0 ? thrown : new CommandFailure({ ...failureFor(thrown, "trust"), more });
}
