/**
 * The merge does not read the result of a helper again. The outcome equals that of a copy, which
 * is read completely.
 */
import fc from "fast-check";
import {
  addLabels,
  amend,
  appendHop,
  type Capability,
  createExtensions,
  type Extensions,
  encodeExtensions,
  filterExtensions,
  GlassineError,
  mergeExtensions,
  removeHeader,
  setCustom,
  setHeader,
} from "glassine";
import { describe, expect, it } from "vitest";
import { expectCounted } from "../support/sizes.ts";

const writing = ["append_labels", "append_delegation", "write_headers"] as const;
type View = ReturnType<typeof filterExtensions<typeof writing>>;
type Edit = (view: View) => object;

const label = fc.constantFrom("a", "b", "c", "\uff61", "\u{1d4b3}");
const name = fc.constantFrom("x-a", "X-A", "x-b", "authorization");
const text = fc.constantFrom("", "1", "longer");
const key = fc.constantFrom("one", "two", "1");
const data = fc.constantFrom<unknown>(1, "text", [1, "a"], { deep: { er: "still" } }, undefined);
const hop = fc.record({
  subject_id: fc.constantFrom("s", "t"),
  subject_type: fc.constant("user" as const),
  scopes_granted: fc.uniqueArray(label, { maxLength: 2 }),
});

const edits: fc.Arbitrary<Edit> = fc.oneof(
  label.map(
    (one): Edit =>
      (view) =>
        addLabels(view, one),
  ),
  fc.array(label, { maxLength: 3 }).map(
    (some): Edit =>
      (view) =>
        addLabels(view, some),
  ),
  fc.tuple(name, text).map(
    ([at, value]): Edit =>
      (view) =>
        setHeader(view, at, value),
  ),
  name.map(
    (at): Edit =>
      (view) =>
        removeHeader(view, at),
  ),
  fc.tuple(key, data).map(
    ([at, value]): Edit =>
      (view) =>
        setCustom(view, at, value),
  ),
  hop.map(
    (one): Edit =>
      (view) =>
        appendHop(view, one),
  ),
);

const headers = fc.dictionary(fc.constantFrom("x-a", "x-b", "other"), text);
const envelopes = fc
  .record(
    {
      security: fc.record({
        labels: fc.array(label, { maxLength: 3 }),
        subject: fc.record({ id: text, type: fc.constant("user" as const) }),
      }),
      http: fc.oneof(
        fc.record({ headers }),
        fc.record({ headers, request_headers: headers }),
        fc.record({ request_headers: headers }),
      ),
      delegation: fc.record({ chain: fc.array(hop, { maxLength: 2 }) }),
      custom: fc.dictionary(key, fc.constantFrom(1, "text", [2])),
    },
    { requiredKeys: [] },
  )
  .map((input) => createExtensions(input));

const merged = (
  current: Extensions,
  returned: object,
  grant: readonly Capability[],
  view: object,
) => {
  try {
    const { extensions, rejections } = mergeExtensions(current, returned, grant, { view });
    return { said: encodeExtensions(extensions), rejections, extensions };
  } catch (error) {
    if (!(error instanceof GlassineError)) throw error;
    return { code: error.code };
  }
};

/** An equal copy without a brand. It contains the time of an edit. */
const copyOf = (edited: object) => structuredClone(edited);

describe("an edit by a helper", () => {
  it.each<readonly [string, readonly Capability[]]>([
    ["under the grant of its view", writing],
    ["under one that writes labels alone", ["append_labels"]],
    ["under none", []],
  ])("is merged like a copy of it, %s", (_, grant) => {
    fc.assert(
      fc.property(envelopes, edits, (envelope, edit) => {
        const view = filterExtensions(envelope, writing);
        const edited = edit(view);
        const result = merged(envelope, edited, grant, view);
        const { extensions: read, ...copied } = merged(envelope, copyOf(edited), grant, view);
        expect(result).toMatchObject(copied);
        expect(result.extensions).toEqual(read);
        if (result.extensions !== undefined) expectCounted(result.extensions);
      }),
    );
  });

  it("is merged like a copy of it into any other envelope", () => {
    fc.assert(
      fc.property(envelopes, envelopes, edits, (shown, current, edit) => {
        const view = filterExtensions(shown, writing);
        const edited = edit(view);
        const result = merged(current, edited, writing, view);
        const { extensions: _, ...copied } = merged(current, copyOf(edited), writing, view);
        expect(result).toMatchObject(copied);
        if (result.extensions !== undefined) expectCounted(result.extensions);
      }),
    );
  });

  it("is merged like a copy of it if others changed the envelope meanwhile", () => {
    fc.assert(
      fc.property(envelopes, edits, edits, (envelope, first, second) => {
        const view = filterExtensions(envelope, writing);
        const edited = second(view);
        const between = merged(envelope, first(view), writing, view);
        fc.pre(between.extensions !== undefined);
        const current = between.extensions as Extensions;
        const { extensions: _, ...copied } = merged(current, copyOf(edited), writing, view);
        expect(merged(current, edited, writing, view)).toMatchObject(copied);
      }),
    );
  });
});

it("a list that amend extended is used without a copy", () => {
  const hop = { subject_id: "s", subject_type: "user" } as const;
  const envelope = createExtensions({ delegation: { chain: [hop] } });
  const view = filterExtensions(envelope, writing);
  const edited = amend(view, (draft) => {
    draft.delegation?.chain?.push({ ...hop, subject_id: "t" } as never);
  });
  const { extensions } = mergeExtensions(envelope, edited, writing, { view });
  expect(extensions.delegation?.chain).toHaveLength(2);
  expect(extensions.delegation?.chain).toBe(edited.delegation?.chain);
});
