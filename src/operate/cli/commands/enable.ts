/** `plugins enable NAME` and `plugins disable NAME`: they print, and change nothing. */
import { type CatalogEntry, entryOf } from "../catalog.ts";
import { type CommandContext, catalogOf, type Handler, withHost } from "../command-context.ts";
import { CommandFailure, negative } from "../failure.ts";
import { disableLines, enableDocument, enableLines } from "../print/search.ts";
import { texts } from "../texts.ts";

export const enable: Handler = async (given) => {
  const context = await withHost(given);
  const entry = await chosen(context);
  const { host } = context;
  const document = enableDocument("enable", entry, host);
  const notes = [texts.trustNext(host.bin)];
  return { exitCode: 0, document, lines: enableLines(entry, host), notes };
};

export const disable: Handler = async (given) => {
  const context = await withHost(given);
  const entry = await chosen(context);
  const { host } = context;
  const document = enableDocument("disable", entry, host);
  return { exitCode: 0, document, lines: disableLines(entry, host) };
};

async function chosen(context: CommandContext): Promise<CatalogEntry> {
  const [name = ""] = context.operands;
  const catalog = await catalogOf(context);
  const entry = entryOf(catalog, name, context.host.hostName);
  if (entry !== undefined) return entry;
  const unknown = negative("plugin_unknown", texts.unknownPlugin(name));
  if (catalog.length > 0) throw unknown;
  throw new CommandFailure({ ...unknown.told, more: [texts.noCatalog] });
}
