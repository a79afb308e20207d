export type { CatalogEntry } from "./catalog.ts";
export type { CommandHost } from "./command-host.ts";
export { type CommandIo, createCommand, type HostCommand } from "./create-command.ts";
