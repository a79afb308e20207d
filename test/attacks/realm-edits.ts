/** Edits made in a patched realm, and their possible outcomes. */
import {
  addLabels,
  amend,
  appendHop,
  createExtensions,
  encodeExtensions,
  filterExtensions,
  getHeader,
  hasLabel,
  mergeExtensions,
  removeHeader,
  setCustom,
  setHeader,
} from "glassine";
import { matchesPattern } from "glassine/messages";

const envelope = createExtensions({
  security: { labels: ["PII", "SECRET"], subject: { id: "ada", type: "user" } },
  http: { headers: { "X-Trace": "1", a: "1" }, request_headers: { "x-trace": "2" } },
  delegation: { chain: [{ subject_id: "ada", subject_type: "user" }] },
  custom: { list: [1, { a: "b" }] },
});
const bare = createExtensions({});
const caps = ["append_labels", "write_headers", "append_delegation"] as const;
const view = filterExtensions(envelope, caps);
const empty = filterExtensions(bare, caps);
const blind = filterExtensions(envelope, []) as unknown as typeof view;
const hop = {
  subject_id: "bot",
  subject_type: "agent",
  timestamp: "2026-11-20T10:00:00Z",
  authorization_details: [{ type: "t", actions: ["a"] }],
};
const merged = (edited: object, shown: object = view) =>
  mergeExtensions(shown === empty ? bare : envelope, edited, caps, { view: shown }).extensions;

/** An edit and its merge. They may call no patch. */
export const editSteps: Readonly<Record<string, () => unknown>> = {
  "add labels": () => merged(addLabels(view, ["NEW", "PII", "\u00c4"])),
  "add a first label": () => merged(addLabels(empty, "NEW"), empty),
  "add what is there": () => addLabels(view, "PII") === view,
  "add a bad label": () => addLabels(view, ["ok", " padded"]),
  "add a label without the right to": () => addLabels(blind, "NEW"),
  "set a header": () => merged(setHeader(view, "x-trace", "3")),
  "set a new header": () => merged(setHeader(view, "x-new", "n")),
  "set a first header": () => merged(setHeader(empty, "x-new", "n"), empty),
  "set a bad header": () => setHeader(view, "x-new", "n\r\nx: y"),
  "set a header that frames": () => setHeader(view, "Host", "evil.test"),
  "set a header without the right to": () => setHeader(blind, "a", "2"),
  "remove a header": () => merged(removeHeader(view, "X-TRACE")),
  "remove no header": () => removeHeader(view, "nothing") === view,
  "append a hop": () => merged(appendHop(view, hop)),
  "append a first hop": () => merged(appendHop(empty, hop), empty),
  "append no hop": () => appendHop(view, { subject_id: 1 } as never),
  "set custom data": () => merged(setCustom(view, "k", { deep: [1, null] })),
  "set first custom data": () => merged(setCustom(empty, "k", 1), empty),
  "remove custom data": () => merged(setCustom(view, "list", undefined)),
  "set custom data that is a function": () => setCustom(view, "k", () => 1),
  "edit an edit": () => merged(setHeader(addLabels(view, "NEW"), "x-new", "n")),
  "edit as the host": () => addLabels(setHeader(envelope, "a", "2"), "NEW"),
  look: () => [
    hasLabel(view, "PII"),
    hasLabel(view, "EU"),
    getHeader(view, "A"),
    getHeader(view, "x-TRACE"),
    getHeader(view, "none"),
    matchesPattern("**/a*/*.md", "x/ab/c.md"),
    matchesPattern("a*b", "ac"),
  ],
};

type Draft = {
  security: { labels: string[] };
  custom: Record<string, unknown>;
  http: { headers: Record<string, string> };
};
const amending = (recipe: (draft: Draft) => unknown) => () => merged(amend(view, recipe as never));

/** Immer calls patches. Its result is refused, or sound. */
export const amendSteps: Readonly<Record<string, () => unknown>> = {
  "amend labels": amending((draft) => {
    draft.security.labels = ["PII", "SECRET", "NEW"];
  }),
  "amend headers": amending((draft) => {
    draft.http.headers["x-new"] = "n";
  }),
  "amend custom data": amending((draft) => {
    draft.custom.k = { deep: [1, { a: 2 }] };
  }),
  "amend where there is nothing": () =>
    merged(
      amend(empty, ((draft: Draft) => {
        draft.custom = { k: [1] };
      }) as never),
      empty,
    ),
};

/** Whether extensions are plain frozen data that the library would read as the same. */
export function isSound(extensions: unknown): boolean {
  if (!isFrozenData(extensions)) return false;
  const text = encodeExtensions(extensions as object);
  return encodeExtensions(createExtensions(JSON.parse(text))) === text;
}

function isFrozenData(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return typeof value !== "function";
  const prototype: unknown = Object.getPrototypeOf(value);
  if (![Object.prototype, Array.prototype, null].includes(prototype as null)) return false;
  return (
    Object.isFrozen(value) &&
    Object.values(Object.getOwnPropertyDescriptors(value)).every(
      (part) => Object.hasOwn(part, "value") && isFrozenData(part.value),
    )
  );
}
