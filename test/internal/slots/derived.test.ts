// Its process is only for files that patch the realm.
/** Deriving data from a table or a chain never looks up a name or index that does not exist. */
import { createExtensions } from "glassine";
import { defineHost, jsonValue } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { partsOf } from "../../../property-tests/support/nodes.ts";
import { compileSlots, standardSlots } from "../../../src/core/slots/index.ts";
import { deriveDelegation } from "../../../src/core/slots/schemas/delegation.ts";
import { toJsonSchema } from "../../../tools/scripts/json-schema.ts";

const { capabilities } = compileSlots(standardSlots);

describe("the bits of capabilities", () => {
  it("are empty for an unknown name", () => {
    for (const name of ["undefined", "null", "", "toString", "__proto__", "READ_LABELS"]) {
      expect(capabilities.mask([name]), name).toBe(0);
      expect(capabilities.bits([name]), name).toBe(0);
    }
  });

  it("are empty for what only resembles a name", () => {
    const list = ["read_labels"];
    for (const name of [list, { toString: () => "read_labels" }, null, 5]) {
      expect(capabilities.mask([name as never])).toBe(0);
    }
  });

  it("are those of all names, with what they imply", () => {
    const mask = capabilities.mask(["append_labels", "read_agent"]);
    expect(capabilities.namesOf(mask)).toEqual(["append_labels", "read_agent", "read_labels"]);
    expect(capabilities.namesOf(capabilities.bits(["append_labels"]))).toEqual(["append_labels"]);
    expect(capabilities.namesOf(0)).toEqual([]);
  });

  it("are implied upwards from the field, separately for each name", () => {
    for (const name of capabilities.names) expect(capabilities.implied.get(name)).toContain(name);
    expect(capabilities.implied.get("read_labels")).toEqual(["read_labels"]);
  });
});

it("a compiled table is deeply frozen", () => {
  const { nodes } = compileSlots(standardSlots);
  const check = (level: typeof nodes): void => {
    expect(Object.isFrozen(level)).toBe(true);
    for (const node of level) {
      expect(Object.isFrozen(node), node.path).toBe(true);
      check(node.fields);
    }
  };
  check(nodes);
});

it("a compiled table counts its slots and fields", () => {
  const level = z.object({ a: z.string().optional(), b: z.string().optional() });
  const slot = {
    tier: "immutable",
    read: "everyone",
    description: "Of a test.",
    schema: level,
  } as const;
  const fields = { a: { read: "read_a" } } as const;
  expect(compileSlots({ one: slot, two: { ...slot, fields } }).parts).toBe(6);
  expect(compileSlots(standardSlots).parts).toBe(partsOf(compileSlots(standardSlots)).length);
});

describe("the derived fields of a chain", () => {
  it("are absent for an empty one, even if indexes were patched", () => {
    const forged = { value: { subject_id: "forged" }, configurable: true, writable: true };
    for (const index of ["0", "-1"]) Object.defineProperty(Array.prototype, index, forged);
    let derived: unknown;
    try {
      derived = deriveDelegation({ current: undefined, list: [], proposed: {} });
    } finally {
      for (const index of ["0", "-1"]) Reflect.deleteProperty(Array.prototype, index);
      Array.prototype.length = 0;
    }
    expect(derived).toEqual({
      depth: 0,
      origin_subject_id: undefined,
      actor_subject_id: undefined,
      delegated: false,
      age_seconds: 0,
    });
  });

  it("are its first and last hop; the first origin and the age stay", () => {
    const list = ["a", "b"].map((subject_id) => ({ subject_id }));
    expect(deriveDelegation({ current: undefined, list, proposed: { age_seconds: 3 } })).toEqual({
      depth: 2,
      origin_subject_id: "a",
      actor_subject_id: "b",
      delegated: true,
      age_seconds: 3,
    });
    const current = { origin_subject_id: "first", age_seconds: 5 };
    expect(deriveDelegation({ current, list, proposed: { age_seconds: 9 } })).toMatchObject({
      origin_subject_id: "first",
      age_seconds: 5,
    });
  });
});

describe("the JSON Schema of an optional part", () => {
  it("allows null, and is empty if anything is allowed", () => {
    const schema = z.object({ any: jsonValue().optional(), text: z.string().optional() });
    expect(toJsonSchema(schema).properties).toEqual({
      any: {},
      text: { type: ["string", "null"] },
    });
  });
});

it("a slot that a plugin creates has all keys of its level, in their order", () => {
  const host = defineHost({});
  const view = host.filterExtensions(host.createExtensions({}), ["append_delegation"]);
  const hop = { subject_id: "a", subject_type: "user" };
  const { delegation } = host.mergeExtensions(
    host.createExtensions({}),
    host.appendHop(view, hop),
    ["append_delegation"],
    { view },
  ).extensions;
  const made = createExtensions({ delegation: { chain: [hop] } }).delegation;
  expect(Reflect.ownKeys(delegation ?? {})).toEqual(Reflect.ownKeys(made ?? {}));
});
