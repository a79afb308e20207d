/** The labels that a data policy adds to a result, and the actions that it allows. */
import { createExtensions, decodeExtensions, filterExtensions } from "glassine";
import { checkDataAction, type DataEntity, stampResult } from "glassine/labels";
import type { PartAction } from "glassine/messages";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";

const data = {
  read_payroll: { apply_labels: ["SALARY", "HR"], denied_actions: ["send"] },
  brief: { apply_labels: ["DRAFT"], allowed_actions: ["receive"] },
  "file:///vault": { apply_labels: ["VAULT"], denied_actions: ["read"] },
  vault: { apply_labels: ["NAMED"] },
  open: {},
  closed: { allowed_actions: [] },
};
const extensions = createExtensions({ security: { labels: ["INTERNAL"], data } });
const labelsOf = (entity: DataEntity) => stampResult(extensions, entity).security?.labels;
const every = ["DRAFT", "HR", "INTERNAL", "NAMED", "SALARY", "VAULT"];

describe("stampResult", () => {
  it("adds the labels of the entity's policy", () => {
    verifies("labels:stamped");
    expect(labelsOf({ kind: "tool", name: "read_payroll" })).toEqual(["HR", "INTERNAL", "SALARY"]);
    expect(labelsOf({ kind: "prompt", name: "brief" })).toEqual(["DRAFT", "INTERNAL"]);
    expect(Object.isFrozen(labelsOf({ kind: "prompt", name: "brief" }))).toBe(true);
    expect(extensions.security?.labels).toEqual(["INTERNAL"]);
  });

  it("returns the same envelope if there is nothing to add", () => {
    for (const name of ["open", "other", "toString", "__proto__", "constructor"]) {
      expect(stampResult(extensions, { kind: "tool", name })).toBe(extensions);
    }
    const empty = createExtensions({});
    expect(stampResult(empty, { kind: "tool" })).toBe(empty);
    const stamped = stampResult(extensions, { kind: "tool", name: "brief" });
    expect(stampResult(stamped, { kind: "tool", name: "brief" })).toBe(stamped);
  });

  it("joins the policies of a resource's name and URI", () => {
    verifies("labels:resource-names");
    const uri = "file:///vault";
    expect(labelsOf({ kind: "resource", uri })).toEqual(["INTERNAL", "VAULT"]);
    expect(labelsOf({ kind: "resource", uri, name: "vault" })).toEqual([
      "INTERNAL",
      "NAMED",
      "VAULT",
    ]);
    expect(labelsOf({ kind: "resource", uri: "vault", name: "vault" })).toEqual([
      "INTERNAL",
      "NAMED",
    ]);
    expect(labelsOf({ kind: "resource", uri: "", name: "vault" })).toEqual(["INTERNAL", "NAMED"]);
  });

  it("treats an entity without a name as every entity", () => {
    verifies("labels:unknown-entity");
    expect(labelsOf({ kind: "tool", name: "" })).toEqual(every);
    expect(labelsOf({ kind: "tool" })).toEqual(every);
    expect(labelsOf({ kind: "resource", uri: "", name: undefined })).toEqual(every);
  });

  it("finds a policy under any name that JSON allows", () => {
    const text = '{"security":{"data":{"__proto__":{"apply_labels":["P"]}}}}';
    const decoded = decodeExtensions(text).extensions;
    expect(stampResult(decoded, { kind: "tool", name: "__proto__" }).security?.labels).toEqual([
      "P",
    ]);
  });

  it("refuses a policy with an invalid label, and more labels than fit an envelope", () => {
    verifies("labels:bad-policy");
    for (const label of ["", " PII", "a\u200bb", "x".repeat(129)]) {
      const bad = createExtensions({ security: { data: { tool: { apply_labels: [label] } } } });
      expect(() => stampResult(bad, { kind: "tool", name: "tool" })).toThrow(
        expect.objectContaining({ code: "label_invalid" }),
      );
    }
    const many = Array.from({ length: 257 }, (_, at) => `L${at}`);
    const full = createExtensions({ security: { data: { tool: { apply_labels: many } } } });
    expect(() => stampResult(full, { kind: "tool", name: "tool" })).toThrow(
      expect.objectContaining({ code: "snapshot_limit" }),
    );
  });

  it("adds to a plugin's view no more than the plugin may write", () => {
    const view = filterExtensions(extensions, ["read_labels"]);
    expect(() => stampResult(view, { kind: "tool", name: "brief" })).toThrow(
      expect.objectContaining({ code: "edit_denied" }),
    );
  });
});

describe("checkDataAction", () => {
  const denies = (entity: DataEntity, action?: PartAction) =>
    checkDataAction(extensions, entity, action) !== undefined;
  const tool = (name: string): DataEntity => ({ kind: "tool", name });

  it("denies listed actions, and those missing from an allowed list", () => {
    verifies("labels:actions");
    expect(denies(tool("read_payroll"), "send")).toBe(true);
    expect(denies(tool("read_payroll"), "receive")).toBe(false);
    expect(denies(tool("brief"), "receive")).toBe(false);
    expect(denies(tool("brief"), "send")).toBe(true);
    expect(denies(tool("open"), "generate")).toBe(false);
    expect(denies(tool("closed"), "receive")).toBe(true);
    expect(denies(tool("toString"), "receive")).toBe(false);
    const both = createExtensions({
      security: { data: { t: { allowed_actions: ["send"], denied_actions: ["send"] } } },
    });
    expect(checkDataAction(both, tool("t"), "send")).toEqual({
      code: "data_action_denied",
      reason: 'The data policy does not allow the action "send"',
    });
  });

  it("checks the action that uses a result", () => {
    expect(denies({ kind: "resource", uri: "file:///vault" })).toBe(true);
    expect(denies({ kind: "resource", uri: "file:///vault" }, "receive")).toBe(false);
    expect(denies({ kind: "resource", uri: "file:///other" })).toBe(false);
    expect(denies(tool("closed"))).toBe(true);
    expect(denies({ kind: "prompt", name: "brief" })).toBe(false);
  });

  it("allows an unknown entity only what every policy allows", () => {
    verifies("labels:unknown-entity");
    expect(denies({ kind: "tool" }, "receive")).toBe(true);
    const lax = createExtensions({
      security: { data: { a: {}, b: { denied_actions: ["send"] } } },
    });
    expect(checkDataAction(lax, { kind: "tool" })).toBeUndefined();
    expect(checkDataAction(lax, { kind: "tool" }, "send")).toBeDefined();
  });
});

describe("a value that is not extensions, in which every policy would look absent", () => {
  it.each<readonly [string, unknown]>([
    ["a result", { extensions }],
    ["a copy", { ...extensions }],
    ["a plain document", { security: { data: { tool: { apply_labels: ["A"] } } } }],
    ["nothing", undefined],
    ["a string", "extensions"],
  ])("is refused: %s", (_name, value) => {
    const entity = { kind: "tool", name: "tool" } as const;
    const refused = (call: string) =>
      expect.objectContaining({
        code: "extensions_invalid",
        message: expect.stringMatching(`^${call} expects extensions`),
      });
    expect(() => stampResult(value as object, entity)).toThrow(refused("stampResult"));
    expect(() => checkDataAction(value as object, entity)).toThrow(refused("checkDataAction"));
  });
});

describe("an invalid entity", () => {
  it.each([undefined, null, "read_payroll", {}, { kind: "resources", uri: "file:///vault" }])(
    "is refused with a code: %j",
    (entity) => {
      const fault = expect.objectContaining({ code: "options_invalid" });
      expect(() => stampResult(extensions, entity as never)).toThrow(fault);
      expect(() => checkDataAction(extensions, entity as never)).toThrow(fault);
    },
  );

  it("with an unknown key is refused, as a policy of its URI would not apply", () => {
    const entity = { kind: "resource", name: "n", url: "file:///vault" } as DataEntity;
    const fault = expect.objectContaining({
      code: "options_invalid",
      message: expect.stringContaining('has no option "url". Did you mean "uri"?'),
    });
    expect(() => stampResult(extensions, entity)).toThrow(fault);
    expect(() => checkDataAction(extensions, entity)).toThrow(fault);
  });
});

it.each([null, "", "recieve", "READ", 1])("refuses what is not an action: %j", (action) => {
  const entity = { kind: "tool", name: "read_payroll" } as const;
  expect(() => checkDataAction(extensions, entity, action as never)).toThrow(
    expect.objectContaining({
      code: "options_invalid",
      message:
        "checkDataAction expects an action, one of read, write, execute, invoke, send, receive, generate.",
    }),
  );
});
