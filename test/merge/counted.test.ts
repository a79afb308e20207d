/** An envelope that was counted says how much it holds, also after a merge. */
import {
  addLabels,
  appendHop,
  createExtensions,
  type Extensions,
  filterExtensions,
  mergeExtensions,
} from "glassine";
import { expect, it } from "vitest";
import { addSize } from "../../src/admit/index.ts";
import { hostMark, type Mark, markOf, type Slots, seal } from "../../src/extensions/index.ts";

const grant = ["append_labels", "append_delegation", "write_headers"] as const;
const sizeOf = (envelope: Extensions) => {
  // The envelope itself is one value.
  const size = { nodes: 1, units: 0 };
  for (const part of Object.values(envelope as Slots)) addSize(size, part);
  return size;
};

const envelope = createExtensions({
  security: { labels: ["a"], subject: { id: "u", type: "user", claims: { plan: "secret" } } },
  custom: { gone: "text" },
});

it.each([
  ["labels are added", (view: object) => addLabels(view, ["bb", "ccc"])],
  [
    "a slot comes that was not there",
    (view: object) => appendHop(view, { subject_id: "s", subject_type: "user" }),
  ],
  ["custom data goes", () => ({ custom: {} })],
  ["a header comes", () => ({ http: { headers: { "x-a": "1" } } })],
])("where %s", (_, change) => {
  const returned = change(filterExtensions(envelope, grant));
  const { extensions } = mergeExtensions(envelope, returned, grant);
  expect(extensions).not.toBe(envelope);
  expect(markOf(extensions)?.size).toEqual(sizeOf(extensions));
});

it("one that was not counted has the mark that all such have, also after a merge", () => {
  const { slots } = markOf(envelope) as Mark;
  const uncounted = seal(slots.form.copy(envelope as Slots), hostMark(slots)) as Extensions;
  const { extensions } = mergeExtensions(uncounted, { custom: { more: 1 } }, []);
  expect(extensions).not.toBe(uncounted);
  expect(markOf(extensions)).toBe(hostMark(slots));
});
