/** A merge does not copy what it accepts, and unchanged parts are the same objects. */
import {
  addLabels,
  amend,
  appendHop,
  createExtensions,
  filterExtensions,
  mergeExtensions,
} from "glassine";
import { defineHost, stringSet } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { verifies } from "../support/verifies.ts";

const grant = ["append_labels", "append_delegation", "write_headers"] as const;
const hop = (subject_id: string) => ({ subject_id, subject_type: "user" });
const envelope = createExtensions({
  security: { labels: ["a"] },
  delegation: { chain: [hop("a")] },
  http: { headers: { a: "1", b: "2", c: "3" } },
  custom: { a: 1, b: { deep: 2 }, c: 3 },
});
const view = filterExtensions(envelope, grant);
type View = typeof view;
const merged = (edited: View) =>
  mergeExtensions(envelope, edited, grant, { view }).extensions as unknown as View;

describe("the result of an edit is used without a copy", () => {
  const cases: readonly [string, (edit: View) => unknown, View][] = [
    ["labels", ({ security }) => security.labels, addLabels(view, "b")],
    ["a chain", ({ delegation }) => delegation?.chain, appendHop(view, hop("b"))],
    [
      "custom data with one key more",
      ({ custom }) => custom,
      amend(view, (draft) => {
        draft.custom.d = 4;
      }),
    ],
    [
      "custom data with one key less and one changed",
      ({ custom }) => custom,
      amend(view, (draft) => {
        delete draft.custom.b;
        draft.custom.c = 4;
      }),
    ],
    [
      "custom data under a key that is named as what is absent",
      ({ custom }) => custom,
      amend(view, (draft) => {
        draft.custom.undefined = 4;
      }),
    ],
    [
      "headers with one less and one more",
      ({ http }) => http?.headers,
      amend(view, (draft) => {
        delete draft.http.headers.b;
        draft.http.headers.d = "4";
      }),
    ],
  ];

  it.each(cases)("%s", (_, partOf, edited) => {
    const part = partOf(edited);
    expect(part).toBeDefined();
    expect(part).not.toBe(partOf(view));
    expect(partOf(merged(edited))).toBe(part);
  });

  it("and everything else is the same object as before", () => {
    verifies("merge:shared");
    const after = merged(addLabels(view, "b"));
    expect(after.delegation).toBe(envelope.delegation);
    expect(after.http).toBe(envelope.http);
    expect(after.custom).toBe(envelope.custom);
  });
});

describe("a set that became empty is the same object as one that was", () => {
  const host = defineHost({
    slots: {
      shelf: {
        tier: "mutable",
        read: "everyone",
        write: "everyone",
        description: "What stands on it.",
        schema: z.object({ tags: stringSet().default([]) }),
      },
    },
  });
  const shelf = (...tags: readonly string[]) => host.createExtensions({ shelf: { tags } });

  it("in an envelope of the host", () => {
    const emptied = amend(shelf("a"), ({ shelf }) => {
      if (shelf) shelf.tags = [];
    });
    expect(emptied.shelf?.tags).toBe(shelf().shelf?.tags);
  });

  it("in a merge with a view of an older envelope", () => {
    const now = shelf();
    const view = host.filterExtensions(shelf("a"), []);
    const returned = { shelf: { tags: [] } };
    expect(host.mergeExtensions(now, returned, [], { view }).extensions).toBe(now);
  });
});
