// Its process is only for files that patch the realm.
/** How a level looks when a part of it is withheld, in standard slots and in a host's own. */
import { createExtensions, filterExtensions } from "glassine";
import { defineHost, jsonValue, stringSet } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";

const subject = { id: "u", type: "user", roles: ["admin"], claims: { tenant: "t" } } as const;
const none = createExtensions({});

const host = defineHost({
  slots: {
    desk: {
      tier: "immutable",
      read: "everyone",
      description: "Of a test.",
      schema: z.object({
        count: z.number().optional(),
        open: z.boolean().optional(),
        any: jsonValue().optional(),
        notes: z.record(z.string(), z.string()).optional(),
        tags: stringSet().optional(),
        secret: z.string().optional(),
        drawer: z.object({ marks: stringSet().optional(), lock: z.string().optional() }).optional(),
      }),
      fields: {
        tags: { tier: "monotonic", read: "read_tags", write: "append_tags" },
        secret: { read: "read_secret" },
        drawer: {
          fields: {
            marks: { tier: "monotonic", read: "read_marks", write: "append_marks" },
            lock: { read: "read_lock" },
          },
        },
      },
    },
  },
});
const deskOf = (desk: object, grant: readonly string[]) =>
  host.filterExtensions(host.createExtensions({ desk } as never), grant as never) as {
    readonly desk?: object;
  };
const emptyDesk = (grant: readonly string[]) =>
  (host.filterExtensions(host.createExtensions({}), grant as never) as { desk?: object }).desk;

describe("a level without visible data", () => {
  it("looks absent, even if empty sets always exist", () => {
    const hidden = createExtensions({ security: { objects: {}, subject } });
    for (const grant of [["read_labels"], ["read_roles"]] as const) {
      const view = filterExtensions(createExtensions({ security: { objects: {} } }), grant);
      expect(view).toStrictEqual(filterExtensions(none, grant));
    }
    expect(filterExtensions(hidden, ["read_labels"])).toStrictEqual(
      filterExtensions(none, ["read_labels"]),
    );
  });

  it("looks absent in a host's own slot", () => {
    for (const grant of [["read_tags"], ["read_marks"], ["read_tags", "read_marks"], []]) {
      for (const desk of [{ notes: {} }, { notes: {}, tags: [], secret: "s" }, { tags: [] }]) {
        expect(deskOf(desk, grant).desk).toStrictEqual(emptyDesk(grant));
      }
    }
  });

  it("looks absent if a prototype was patched", () => {
    const extensions = createExtensions({ security: { labels: ["PII"] } });
    const forged = { value: 1, configurable: true, enumerable: true, writable: true };
    Object.defineProperty(Object.prototype, "forged", forged);
    try {
      const view = filterExtensions(extensions, []) as { security?: unknown };
      if (view.security !== undefined) throw new Error("A forged key spoke for the level.");
    } finally {
      Reflect.deleteProperty(Object.prototype, "forged");
    }
  });

  it("reveals nothing hidden beside containers that are empty by default", () => {
    const cabinet = defineHost({
      slots: {
        cabinet: {
          tier: "immutable",
          read: "everyone",
          description: "Of a test.",
          schema: z.object({
            notes: z.record(z.string(), z.string()).default({}),
            secret: z.string().optional(),
            drawer: z.object({ marks: stringSet().optional() }).optional(),
          }),
          fields: {
            secret: { read: "read_secret" },
            drawer: {
              fields: { marks: { tier: "monotonic", read: "read_marks", write: "append_marks" } },
            },
          },
        },
      },
    });
    const hidden = cabinet.createExtensions({ cabinet: { secret: "s" } });
    const absent = cabinet.createExtensions({});
    for (const grant of [["read_marks"], []] as const) {
      const view = cabinet.filterExtensions(hidden, grant);
      expect(view).toStrictEqual(cabinet.filterExtensions(absent, grant));
    }
  });
});

it("a host's slot that grows as a whole is absent until it is created", () => {
  const schema = z.object({ lines: z.array(z.string()).default([]) });
  const gates = { read: "read_log", write: "append_log" };
  const log = {
    tier: "monotonic",
    grows: "lines",
    description: "Of a test.",
    schema,
    ...gates,
  } as const;
  const logging = defineHost({ slots: { log } });
  const view: object = logging.filterExtensions(logging.createExtensions({}), ["append_log"]);
  expect(view).toHaveProperty("log", undefined);
});

describe("a level with visible data", () => {
  it.each([
    ["zero", { count: 0 }],
    ["no", { open: false }],
    ["an empty text", { any: "" }],
    ["text in a map", { notes: { a: "" } }],
  ])("is visible with %s", (_, part) => {
    expect(deskOf({ ...part, secret: "s" }, []).desk).toEqual(part);
  });

  it("has the same keys whether its parts exist or not", () => {
    for (const grant of [["read_labels"], ["read_labels", "read_subject"]] as const)
      expect(
        Object.keys(
          filterExtensions(createExtensions({ security: { classification: "c" } }), grant).security,
        ),
      ).toEqual(Object.keys(filterExtensions(none, grant).security));
    for (const grant of [["read_tags"], ["read_marks"]])
      expect(Object.keys(deskOf({ count: 1 }, grant).desk ?? {})).toEqual(
        Object.keys(emptyDesk(grant) ?? {}),
      );
  });
});

it("an optional ungated set is empty if missing, even in a wholly ungated level", () => {
  const marks = ["read_marks", "read_lock"];
  const desk = { count: 1, drawer: { lock: "l" } };
  for (const grant of [["read_tags"], ["read_tags", "read_secret", ...marks]]) {
    expect(deskOf(desk, grant).desk).toMatchObject({ count: 1, tags: [] });
  }
  expect(deskOf(desk, marks).desk).toMatchObject({ drawer: { lock: "l", marks: [] } });
  expect(deskOf({ ...desk, tags: ["a"] }, ["read_tags"]).desk).toMatchObject({ tags: ["a"] });
});

describe("a level that is wholly visible", () => {
  it("is shared, also of a host's own slot, if no set in it can be missing", () => {
    const shelf = defineHost({
      slots: {
        shelf: {
          tier: "immutable",
          read: "everyone",
          description: "Of a test.",
          schema: z.object({
            tags: stringSet().default([]),
            title: z.string().optional(),
          }),
          fields: {
            tags: { tier: "monotonic", read: "read_tags", write: "append_tags" },
            title: { read: "read_title" },
          },
        },
      },
    });
    const extensions = shelf.createExtensions({ shelf: { title: "t" } });
    const view = shelf.filterExtensions(extensions, ["read_tags", "read_title"]);
    expect(view.shelf).toBe(extensions.shelf);
  });

  it("is shared, even if it is gated", () => {
    const extensions = createExtensions({ security: { subject } });
    const view = filterExtensions(extensions, [
      "read_roles",
      "read_teams",
      "read_claims",
      "read_permissions",
    ]);
    expect(view.security?.subject).toBe(extensions.security?.subject);
  });
});

it("a slot whose fields are almost those of a standard one is shown by its own fields", () => {
  const standard = Object.keys(createExtensions({ security: { labels: [] } }).security ?? {});
  const others = [
    [...standard.slice(0, -1), "other"],
    standard.slice(0, -1),
    [...standard, "other"],
  ];
  for (const names of others) {
    const own = defineHost({
      slots: {
        alike: {
          tier: "immutable",
          read: "everyone",
          description: "Of a test.",
          schema: z.object(Object.fromEntries(names.map((name) => [name, z.string().optional()]))),
          fields: Object.fromEntries(names.map((name) => [name, { read: `read_own_${name}` }])),
        },
      },
    } as never) as typeof host;
    const alike = Object.fromEntries(names.map((name) => [name, name]));
    const open = names.at(-1) ?? "";
    const view = own.filterExtensions(own.createExtensions({ alike } as never), [
      `read_own_${open}`,
    ] as never) as { readonly alike?: object };
    expect(Object.keys(view.alike ?? {})).toEqual(names);
    expect(view.alike).toEqual({ [open]: open });
  }
});
