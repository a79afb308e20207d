// Its process is only for files that patch the realm.
/** Levels that are created with their defaults and derived fields, even in a patched realm. */
import {
  appendHop,
  createExtensions,
  type Extensions,
  filterExtensions,
  mergeExtensions,
} from "glassine";
import { describe, expect, it } from "vitest";

const grant = ["append_delegation"] as const;
const hop = { subject_id: "a", subject_type: "user" };
const none = createExtensions({});

/** The chain after a plugin returned this. */
const merged = (returned: object, before: Extensions = none) =>
  mergeExtensions(before, { delegation: returned }, grant).extensions.delegation;

const appended = () => {
  const view = filterExtensions(none, grant);
  return mergeExtensions(none, appendHop(view, hop), grant, { view }).extensions.delegation;
};

it("a slot that a plugin creates has all keys of its level, in their order", () => {
  const made = createExtensions({ delegation: { chain: [hop] } }).delegation;
  expect(Reflect.ownKeys(appended() ?? {})).toEqual(Reflect.ownKeys(made ?? {}));
});

it("a level is created with its default although a prototype has a setter for it", () => {
  let met = 0;
  Object.defineProperty(Object.prototype, "depth", {
    configurable: true,
    get: () => "stolen",
    set: () => {
      met += 1;
    },
  });
  let made: readonly unknown[];
  try {
    made = [appended()?.depth, merged({ chain: [] })?.depth];
  } finally {
    Reflect.deleteProperty(Object.prototype, "depth");
  }
  expect(made).toEqual([1, 0]);
  expect(met).toBe(0);
});

describe("the derived fields of a chain", () => {
  it("are absent for an empty one, even if indexes were patched", () => {
    const forged = { value: { subject_id: "forged" }, configurable: true, writable: true };
    for (const index of ["0", "-1"]) Object.defineProperty(Array.prototype, index, forged);
    let made: unknown;
    try {
      made = merged({ chain: [] });
    } finally {
      for (const index of ["0", "-1"]) Reflect.deleteProperty(Array.prototype, index);
      Array.prototype.length = 0;
    }
    expect(made).toEqual({
      chain: [],
      depth: 0,
      origin_subject_id: undefined,
      actor_subject_id: undefined,
      delegated: false,
      age_seconds: 0,
    });
  });

  it("are its first and last hop; the first origin and the age stay", () => {
    const chain = ["a", "b"].map((subject_id) => ({ subject_id, subject_type: "user" }));
    expect(createExtensions({ delegation: { chain, age_seconds: 3 } }).delegation).toMatchObject({
      depth: 2,
      origin_subject_id: "a",
      actor_subject_id: "b",
      delegated: true,
      age_seconds: 3,
    });
    expect(merged({ chain, age_seconds: 3 })).toMatchObject({
      depth: 2,
      origin_subject_id: "a",
      actor_subject_id: "b",
      delegated: true,
      age_seconds: 3,
    });
    const before = createExtensions({
      delegation: { chain: chain.slice(0, 1), origin_subject_id: "first", age_seconds: 5 },
    });
    const shown = before.delegation?.chain ?? [];
    expect(merged({ chain: [...shown, chain[1]], age_seconds: 9 }, before)).toMatchObject({
      depth: 2,
      origin_subject_id: "first",
      actor_subject_id: "b",
      age_seconds: 5,
    });
  });
});
