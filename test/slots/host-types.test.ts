/** The types of a host's own slots agree with the table and with the behaviour at run time. */
import { defineHost, jsonObject, stringSet } from "glassine/host";
import { describe, expect, expectTypeOf, it } from "vitest";
import * as z from "zod";

const description = "Of a test.";
const host = defineHost({
  slots: {
    board: {
      tier: "mutable",
      read: "read_board",
      write: "write_board",
      description,
      schema: z.object({
        title: z.string().default("untitled"),
        flags: jsonObject().default({}),
        marks: stringSet().optional(),
        price: z.number().optional(),
        owner: z.string().optional(),
        panel: z.object({ hint: z.string().optional(), secret: z.string().optional() }).optional(),
      }),
      fields: {
        marks: { tier: "monotonic", read: "read_marks", write: "append_marks" },
        price: { read: "read_price", write: "write_price" },
        owner: { tier: "immutable", read: "read_owner" },
        panel: {
          read: "read_panel",
          write: "write_panel",
          fields: { secret: { tier: "immutable", read: "read_secret" } },
        },
      },
    },
  },
});
const full = host.createExtensions({
  board: { title: "t", price: 1, owner: "o", marks: ["m"], panel: { hint: "h", secret: "s" } },
});

/** Compiled, but never run. */
const compiles = (_: () => unknown) => {};

describe("the writer of a slot", () => {
  const view = host.filterExtensions(full, ["write_board"]);

  it("writes what has no gate", () => {
    const edited = host.amend(view, (draft) => {
      draft.board.title = "new";
      draft.board.flags.on = true;
    });
    const { board } = host.mergeExtensions(full, edited, ["write_board"], { view }).extensions;
    expect(board).toEqual({ ...full.board, title: "new", flags: { on: true } });
  });

  it("neither sees nor writes the rest", () => {
    expectTypeOf<keyof NonNullable<typeof view.board>>().toEqualTypeOf<"title" | "flags">();
    expect(JSON.parse(JSON.stringify(view.board))).toEqual({ title: "t", flags: {} });
    compiles(() =>
      host.amend(view, (draft) => {
        // @ts-expect-error: write_price is not granted.
        draft.board.price;
        // @ts-expect-error: read_owner is not granted.
        draft.board.owner;
        // @ts-expect-error: append_marks is not granted.
        draft.board.marks;
      }),
    );
  });
});

describe("the writer of a part", () => {
  const grant = ["write_price", "append_marks", "write_panel", "read_owner"] as const;
  const view = host.filterExtensions(full, grant);

  it("writes that part", () => {
    const edited = host.amend(view, (draft) => {
      draft.board.price = 2;
      draft.board.marks.push("n");
      if (draft.board.panel) draft.board.panel.hint = "i";
    });
    const merged = host.mergeExtensions(full, edited, grant, { view });
    expect(merged.rejections).toEqual([]);
    expect(merged.extensions.board?.panel).toEqual({ hint: "i", secret: "s" });
    expect(merged.extensions.board).toMatchObject({ price: 2, marks: ["m", "n"], owner: "o" });
  });

  it("and no other", () => {
    compiles(() =>
      host.amend(view, (draft) => {
        // @ts-expect-error: marks only grow.
        draft.board.marks = [];
        // @ts-expect-error: marks only grow.
        draft.board.marks.pop();
        // @ts-expect-error: the owner never changes.
        draft.board.owner = "me";
        // @ts-expect-error: write_board is not granted.
        draft.board.title = "me";
        // @ts-expect-error: read_secret is not granted.
        draft.board.panel?.secret;
      }),
    );
  });
});
