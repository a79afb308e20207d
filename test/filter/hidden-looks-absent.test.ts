/** A view reveals nothing about what it hides: neither its presence nor its size. */
import { inspect } from "node:util";
import { type Capability, createExtensions, type Extensions, filterExtensions } from "glassine";
import { defineHost, stringSet } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";

const subject = { id: "u", type: "user", roles: ["admin"], claims: { tenant: "t" } } as const;
const looksOf = (view: object) => ({
  keys: Reflect.ownKeys(view),
  text: JSON.stringify(view),
  inspected: inspect(view, { showHidden: true, depth: 9 }),
});
const expectSame = (one: Extensions, two: Extensions, grant: readonly Capability[]) =>
  expect(looksOf(filterExtensions(one, grant))).toEqual(looksOf(filterExtensions(two, grant)));

const none = createExtensions({});

describe("hidden and absent look the same", () => {
  it.each([
    ["agent", { agent: { input: "hi" } }],
    ["http", { http: { headers: { authorization: "Bearer x" } } }],
    ["delegation", { delegation: { chain: [{ subject_id: "s", subject_type: "user" }] } }],
    ["labels", { security: { labels: ["PII"] } }],
    ["subject", { security: { subject } }],
    ["client and workloads", { security: { client: { client_id: "c" }, this_workload: {} } }],
  ])("%s, without any capability", (_, input) =>
    expectSame(createExtensions(input as never), none, []),
  );

  it("security that holds only what is hidden, for a plugin that reads labels", () => {
    const hidden = createExtensions({
      security: { subject, this_workload: { spiffe_id: "spiffe://a" } },
    });
    expectSame(hidden, none, ["read_labels"]);
    expect(filterExtensions(hidden, ["read_labels"])).toEqual({
      ...none,
      security: { labels: [] },
    });
  });

  it("claims and roles, for a plugin that reads the subject only", () => {
    const bare = createExtensions({ security: { subject: { id: "u", type: "user" } } });
    expectSame(createExtensions({ security: { subject } }), bare, ["read_subject"]);
    const view = filterExtensions(createExtensions({ security: { subject } }), ["read_subject"]);
    expect(Object.keys(view.security?.subject ?? {})).toContain("roles");
    expect(view.security?.subject).toEqual({ id: "u", type: "user" });
  });

  it("in a host's own slot, also for an optional set, and two levels down", () => {
    const host = defineHost({
      slots: {
        dossier: {
          tier: "immutable",
          read: "everyone",
          description: "Of a test.",
          schema: z.object({
            owner: z.string().optional(),
            tags: stringSet().optional(),
            file: z
              .object({ marks: stringSet().default([]), page: z.string().optional() })
              .optional(),
          }),
          fields: {
            owner: { read: "read_owner" },
            tags: { tier: "monotonic", read: "read_tags", write: "append_tags" },
            file: {
              read: "read_file",
              fields: { marks: { tier: "monotonic", read: "read_marks", write: "append_marks" } },
            },
          },
        },
      },
    });
    const hidden = host.createExtensions({ dossier: { owner: "o" } });
    const absent = host.createExtensions({});
    for (const grant of [
      ["append_tags"],
      ["append_marks"],
      ["append_tags", "append_marks"],
      [],
    ] as const) {
      const looks = looksOf(host.filterExtensions(hidden, grant));
      expect(looks).toEqual(looksOf(host.filterExtensions(absent, grant)));
    }
    expect(host.filterExtensions(hidden, ["append_marks"]).dossier?.file).toEqual({ marks: [] });
  });
});
