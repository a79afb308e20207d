/** `generateContent`, including streams that come as one JSON array. */
import { isProxy } from "../../core/data/intrinsics.ts";
import { isJsonObject, type LimitOptions, readDocument, removedItem } from "../rewrite/index.ts";
import { eventsSchema } from "./schemas.ts";
import { type Google, tables } from "./tables.ts";

/** The events of a stream that was requested without `alt=sse` and so comes as one JSON array. */
function eventsIn(document: unknown): readonly object[] | undefined {
  if (typeof document !== "object" || document === null || isProxy(document)) return;
  return Array.isArray(document) ? readDocument(eventsSchema, document, "response") : undefined;
}

function joined(list: readonly object[], { limits }: LimitOptions) {
  const answer = tables.stream({ limits });
  for (const event of list) answer.push(event);
  return answer;
}

/** `generateContent` and `streamGenerateContent`, for `guardModel` and `guardFetch`. */
export const google: Google = /* @__PURE__ */ Object.freeze({
  ...tables,
  readAnswer(document, options = {}) {
    const list = eventsIn(document);
    if (list === undefined) return tables.readAnswer(document, options);
    const { current, done } = joined(list, options);
    return done ? current : Object.freeze({ ...current, isCutOff: true });
  },
  writeAnswer(messages, options = {}) {
    const list = eventsIn(isJsonObject(options) ? options.onto : undefined);
    if (list === undefined) return tables.writeAnswer(messages, options);
    const { document: onto, omitted } = joined(list, options);
    const { document, lost } = tables.writeAnswer(messages, { ...options, onto });
    // The document is the array of events, which is assembled again when it is read.
    const written = { document: tables.toEvents(document, { limits: options.limits }) as never };
    const more = omitted === undefined ? [] : [removedItem(omitted.path.slice("events".length))];
    return Object.freeze({ ...written, lost: Object.freeze([...lost, ...more]) });
  },
} satisfies Google);
