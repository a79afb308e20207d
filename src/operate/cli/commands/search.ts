/** `plugins search QUERY` */
import * as z from "zod";
import { enableCommand, installCommand, matching, noVariable } from "../catalog.ts";
import { defineCommand } from "../command.ts";
import { catalogOf } from "../command-context.ts";
import { entry, text, textOrNull } from "../documents.ts";
import { sharedOptions } from "../options.ts";
import { say, singleQuoted } from "../print/printable.ts";
import { texts } from "../texts.ts";

export const search = defineCommand({
  path: ["plugins", "search"],
  summary: "look up a plugin in the catalog",
  about: ["The catalog is your own file or comes with the host. Nothing is downloaded."],
  arguments: [{ name: "QUERY", what: "part of a name or summary; case does not matter" }],
  options: { catalog: sharedOptions.catalog, host: sharedOptions.host },
  examples: [
    { line: "plugins search tenant --catalog catalog.json", what: "plugins about tenants" },
  ],
  schema: z.array(
    z.object({ ...entry, summary: text, install_command: text, enable_command: textOrNull }),
  ),
  async run(context) {
    const [query = ""] = context.operands;
    const { installRange, catalogUrl } = context.host;
    const catalog = await catalogOf(context);
    const hits = matching(catalog, query.trim()).map((each) => ({
      ...each,
      install_command: installCommand(each, installRange),
      enable_command: enableCommand(each),
    }));
    const see = catalogUrl === undefined ? "" : say` See ${catalogUrl}.`;
    return {
      exitCode: 0,
      document: hits,
      lines:
        hits.length === 0
          ? [`No catalog matches for ${singleQuoted(query)}.${see}`]
          : hits.flatMap((hit) => [
              say`${hit.package} - ${hit.summary}`,
              say`  install: ${hit.install_command}`,
              say`  enable: ${hit.enable_command ?? noVariable(hit)}`,
            ]),
      notes: catalog.length === 0 ? [texts.noCatalog] : [],
    };
  },
});
