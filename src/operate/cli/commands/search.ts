/** `plugins search QUERY` */
import { matching } from "../catalog.ts";
import { catalogOf, type Handler, withHost } from "../command-context.ts";
import { searchDocument, searchLines } from "../print/search.ts";
import { texts } from "../texts.ts";

export const search: Handler = async (given) => {
  const context = await withHost(given);
  const [query = ""] = context.operands;
  const catalog = await catalogOf(context);
  const hits = matching(catalog, query.trim());
  return {
    exitCode: 0,
    document: searchDocument(hits, context.host),
    lines: searchLines(query, hits, context.host),
    notes: catalog.length === 0 ? [texts.noCatalog] : [],
  };
};
