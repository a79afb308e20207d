/** The types of a host's growing sets and lists agree with the behaviour at run time. */
import { defineHost, stringSet } from "glassine/host";
import { describe, expect, expectTypeOf, it } from "vitest";
import * as z from "zod";

const description = "Of a test.";
const host = defineHost({
  slots: {
    dossier: {
      tier: "immutable",
      read: "everyone",
      description,
      schema: z.object({
        about: z.string().default("nobody"),
        file: z.object({ tags: stringSet().default([]), page: z.string().default("1") }).optional(),
      }),
      fields: {
        file: { fields: { tags: { tier: "monotonic", read: "read_tags", write: "append_tags" } } },
      },
    },
    log: {
      tier: "monotonic",
      read: "everyone",
      write: "everyone",
      grows: "lines",
      description,
      schema: z.object({ lines: z.array(z.string()).default([]), note: z.string().optional() }),
    },
  },
});
const none = host.createExtensions({});

/** Compiled, but never run. */
const compiles = (_: () => unknown) => {};

describe("a set that grows two levels down", () => {
  const view = host.filterExtensions(none, ["append_tags"]);

  it("is visible to its readers, even alone", () => {
    expectTypeOf(view.dossier.about).toEqualTypeOf<string | undefined>();
    expect(view.dossier).toEqual({ file: { tags: [] } });
    const edited = host.amend(view, (draft) => {
      draft.dossier.file?.tags.push("x");
    });
    const { dossier } = host.mergeExtensions(none, edited, ["append_tags"], { view }).extensions;
    expect(dossier).toEqual({ about: "nobody", file: { tags: ["x"], page: "1" } });
  });

  it("is the only writable part", () => {
    compiles(() =>
      host.amend(view, (draft) => {
        // @ts-expect-error: the dossier's `about` never changes.
        draft.dossier.about = "me";
        // @ts-expect-error: the page never changes.
        if (draft.dossier.file) draft.dossier.file.page = "2";
        // @ts-expect-error: the file is not replaced.
        draft.dossier.file = { tags: [], page: "1" };
      }),
    );
  });
});

describe("a slot that grows without a gate", () => {
  it("can be extended by any plugin, and only grows", () => {
    const view = host.filterExtensions(none, []);
    const edited = host.amend(view, (draft) => draft.log.lines.push("one"));
    expect(host.mergeExtensions(none, edited, [], { view }).extensions.log?.lines).toEqual(["one"]);
    compiles(() =>
      host.amend(view, (draft) => {
        // @ts-expect-error: lines are not replaced.
        draft.log.lines = [];
        // @ts-expect-error: a note is not a line.
        draft.log.note = "x";
      }),
    );
  });
});
