/** `explain`: shows what plugins did with one request, from the audit trail. */
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import {
  type Command,
  type CommandContext,
  defineCommand,
  negative,
  refusal,
  say,
  text,
  warnings,
} from "../../operate/cli/index.ts";
import { unreadable } from "./named-file.ts";
import { gatewayOptions } from "./options.ts";
import { type Explained, explained, explainRequest } from "./request-records.ts";

const options = {
  file: {
    flag: "--file",
    value: "PATH",
    what: "the audit trail to read (default: audit.file of the configuration)",
  },
  config: gatewayOptions.config,
} as const;

export const explainCommand: Command = defineCommand({
  path: ["explain"],
  summary: "show what plugins did with one request of the gateway",
  about: [
    "Reads the audit trail: who asked, how it ended, which plugins saw and changed what, and what was refused.",
    "The id is that of `request` in the log of the gateway and in the records.",
    "It shows names of slots and fields, codes, the reasons that plugins gave, and what they threw, without known secrets.",
  ],
  arguments: [{ name: "ID", what: "the id of the request" }],
  options,
  exits: { 1: "the audit trail has no record of the request" },
  examples: [
    { line: "explain c2446b13-e40f-40cb-8dd6-799871bfd93a", what: "why a request was refused" },
  ],
  schema: explained.extend({ file: text.describe("The audit trail."), warnings }),
  async run(context) {
    const { operands, paint } = context;
    const [id = ""] = operands;
    const { file, ...trail } = await trailOf(context);
    let skipped = 0;
    const count = () => {
      skipped += 1;
    };
    const found = await explainRequest(file, id, count).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") throw refusal("io_failed", noTrail(file));
      throw error.syscall === undefined ? error : unreadable("the audit trail", file, error);
    });
    const tooLong =
      skipped === 0
        ? []
        : [say`lines of ${file} that are longer than 64 MiB were skipped: ${skipped}`];
    if (found === "no_trail")
      throw refusal(
        "io_failed",
        say`${file} is not an audit trail: none of its lines is a record; correct \`audit.file\`, or name the file that the gateway writes with --file`,
      );
    if (found === undefined)
      throw negative(
        "request_unknown",
        say`${file} has no record of request ${id}: ${whyUnknown(trail)}`,
        tooLong,
      );
    const warnings = [...tooLong, ...missingIn(found, trail)];
    return {
      exitCode: 0,
      document: { ...found, file, warnings },
      lines: linesOf(found, paint),
      warnings,
    };
  },
});

function noTrail(file: string): string {
  return say`there is no audit trail ${file}: name another file with --file, or let the gateway write one with \`audit.file\``;
}

interface Trail {
  readonly file: string;
  /** Undefined, like `hooks`, if only the file is known. */
  readonly access?: string | undefined;
  readonly hooks?: boolean | undefined;
}

async function trailOf({
  cwd,
  env,
  options: given,
}: CommandContext<typeof options>): Promise<Trail> {
  if (given.file !== undefined) return { file: resolve(cwd, given.file) };
  // Loaded only when run, so that other commands start without the schema.
  const { loadConfig } = await import("../config/index.ts");
  const { config } = await loadConfig({ cwd, env, flags: { file: given.config }, serves: false });
  if (config.audit === undefined)
    throw refusal(
      "config_invalid",
      "the configuration has no audit trail: set `audit.file`, or name a file with --file",
    );
  const { file } = config.audit;
  const stats = await stat(file).catch(() => undefined);
  // What is read from a pipe is gone for its reader.
  if (stats?.isFIFO() || stats?.isCharacterDevice())
    throw refusal(
      "io_failed",
      say`audit.file ${file} is a pipe or a device: name the file that its reader writes with --file`,
    );
  return config.audit;
}

function whyUnknown({ access }: Omit<Trail, "file">): string {
  const why =
    access === "all"
      ? "it has not ended, or the id is another gateway's"
      : 'allowed requests are recorded with `audit.access: "all"`';
  return `${why}; if the trail was rotated, name an older file with --file`;
}

function missingIn(
  { end, hook_runs }: Explained,
  { access, hooks }: Omit<Trail, "file">,
): readonly string[] {
  const setting = access === "all" ? 'was not "all" then' : 'is not "all"';
  const noEnd = `how it ended is not recorded: it has not ended, its end is in another file, or \`audit.access\` ${setting}`;
  return [
    ...(end === null ? [noEnd] : []),
    ...(hook_runs.length === 0 && hooks !== true
      ? ["what plugins saw and changed is not recorded: set `audit.hooks` to true"]
      : []),
  ];
}

type Paint = CommandContext["paint"];

function linesOf(
  { request, end, hook_runs, findings }: Explained,
  paint: Paint,
): readonly string[] {
  return [
    paint.title(say`request ${request}`),
    ...(end === null ? [] : endLines(end, paint)),
    ...hook_runs.flatMap((each) => ["", ...hookLines(each, paint)]),
    ...(findings.length === 0 ? [] : ["", paint.title("What happened:")]),
    ...findings.map((each) => `  ${findingLine(each, paint)}`),
  ];
}

function endLines(end: NonNullable<Explained["end"]>, paint: Paint): readonly string[] {
  const { time, target, server, subject, tenant, outcome, code, plugin, generation } = end;
  const why = [code ?? "", plugin === null ? "" : `by ${plugin}`].filter((each) => each !== "");
  const paintEnd = outcome === "allowed" ? paint.good : paint.bad;
  return [
    say`  asked for:  ${target}${server === null ? "" : ` of server ${server}`}`,
    say`  asked by:   ${subject ?? "an anonymous caller"}, tenant ${tenant}`,
    `  ended:      ${paintEnd(outcome)}${why.length === 0 ? "" : say`: ${why.join(", ")}`}`,
    say`  when:       ${time}${generation === null ? "" : `, generation ${generation}`}`,
  ];
}

function hookLines(
  { hook, failure, labels, handlers }: Explained["hook_runs"][number],
  paint: Paint,
): readonly string[] {
  return [
    paint.title(say`${hook}`),
    ...(failure === null ? [] : [`  ${paint.bad(say`could not run: ${failure}`)}`]),
    ...(handlers.length === 0 && failure === null ? ["  no plugin ran"] : []),
    ...handlers.map(handlerLine),
    ...(labels.length === 0 ? [] : [say`  labels after it: ${labels.join(", ")}`]),
  ];
}

function handlerLine(each: Explained["hook_runs"][number]["handlers"][number]): string {
  const { plugin, mode, status, reason, allowed, saw, changed, payload_changed, refused } = each;
  const ended = reason === null ? status : `${status}: ${reason}`;
  const changes = [...(payload_changed ? ["the payload"] : []), ...changed];
  const isOnTrial = mode === "audit" || mode === "fire_and_forget";
  const said = [
    allowed ? ended : `${ended}, refused it`,
    ...(status === "skipped" || status === "disabled"
      ? []
      : [`could see ${["the payload", ...saw].join(", ")}`]),
    ...(changes.length === 0
      ? []
      : [`${isOnTrial ? "would have changed" : "changed"} ${changes.join(", ")}`]),
    ...refused.map(({ path, code }) => `${refusedAt(path, code)} (${code})`),
  ];
  return say`  ${plugin} (${mode}): ${said.join("; ")}`;
}

/** If a whole result was refused, the path starts with a word in parentheses. */
function refusedAt(path: string, code: string | null): string {
  if (path === "(result)" && code === "mode_denied")
    return "was not allowed to refuse it because of its mode";
  return path.startsWith("(")
    ? `returned something that was refused at ${path}`
    : `was not allowed to change ${path}`;
}

function findingLine(found: Explained["findings"][number], paint: Paint): string {
  const { what, plugin, hook, code, reason, path, labels } = found;
  switch (what) {
    case "denied":
      return paint.bad(say`${plugin} denied on ${hook}: ${code ?? "-"}: ${reason ?? "-"}`);
    case "failed":
      return paint.bad(say`${plugin} failed on ${hook}: ${code ?? "-"}: ${reason ?? "-"}`);
    case "change_refused":
      return say`${plugin} ${refusedAt(path ?? "-", code)} on ${hook}: ${code ?? "-"}`;
    case "labels_added":
      return say`${plugin} added labels on ${hook}: ${labels.join(", ")}`;
  }
}
