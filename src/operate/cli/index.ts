export type { CatalogEntry } from "./catalog.ts";
export {
  type Command,
  type CommandContext,
  defineCommand,
  type FurtherCommands,
  type Outcome,
} from "./command.ts";
export type { CommandHost } from "./command-host.ts";
export {
  type CommandIo,
  commandLine,
  createCommand,
  type HostCommand,
} from "./create-command.ts";
export { mode, type Report, text, textList, textOrNull, warnings } from "./documents.ts";
export { misuse, negative, refusal } from "./failure.ts";
export { type Options, sharedOptions } from "./options.ts";
export { stepsOfRefusal } from "./print/next-steps.ts";
export { shortHash } from "./print/parts.ts";
export { printable, say } from "./print/printable.ts";
export { killIfStuck, reportFailuresTo } from "./process-io.ts";
