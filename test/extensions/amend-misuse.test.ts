import { amend, createExtensions, filterExtensions, mergeExtensions } from "glassine";
import { describe, expect, it } from "vitest";
import { codeOf } from "../data/support.ts";

const extensions = createExtensions({
  request: { request_id: "r" },
  http: { headers: { a: "1" }, method: "GET" },
  security: { labels: ["PII"], subject: { id: "u", type: "user" } },
  custom: { list: [1, { deep: true }] },
});
const all = ["append_labels", "append_delegation", "write_headers", "read_subject"] as const;
const view = filterExtensions(extensions, all);
const applied = (edited: object) => mergeExtensions(extensions, edited, all, { view });

describe("a recipe that goes too far", () => {
  type Loose = Record<string, Record<string, never>>;
  const loosely = (recipe: (draft: Loose) => unknown) => amend(view, recipe as never);

  it("cannot write what is immutable: the merge ignores and reports it", () => {
    const edited = loosely((draft) =>
      Object.assign(draft.security ?? {}, { classification: "public" }),
    );
    const merged = applied(edited);
    expect(merged.extensions).toBe(extensions);
    expect(merged.rejections).toMatchObject([
      { path: "security.classification", code: "tier_immutable" },
    ]);
  });

  it("cannot remove a label in any way", () => {
    const gone = loosely(
      (draft) => draft.security?.labels && (draft.security.labels as string[]).pop(),
    );
    expect(codeOf(() => applied(gone))).toBe("tier_monotonic");
    const left = loosely((draft) => delete (draft as { security?: unknown }).security);
    expect(applied(left).extensions).toBe(extensions);
  });

  it("is refused at once if it makes invalid data", () => {
    const put = (value: unknown) => () =>
      loosely((draft) => Object.assign(draft.custom ?? {}, { value }));
    expect(codeOf(put(new Date()))).toBe("snapshot_prototype");
    expect(codeOf(put(() => 0))).toBe("snapshot_type");
    expect(codeOf(put(new Map()))).toBe("snapshot_prototype");
    expect(codeOf(() => loosely((draft) => Object.assign(draft, { evil: 1 })))).toBe(
      "slot_unknown",
    );
    expect(codeOf(() => amend(view, (draft) => draft.security.labels.push(" EU")))).toBe(
      "label_invalid",
    );
  });

  it.each([
    [undefined, "undefined"],
    [null, "null"],
    [{ content: [] }, "object"],
    ["content", "string"],
  ])("is refused if it is not a function: %j", (recipe, type) => {
    const text = `amend expects a recipe as its second parameter, a function that changes the draft; got ${type}.`;
    const refusal = expect.objectContaining({ code: "edit_denied", message: text });
    for (const value of [view, { content: [] }])
      expect(() => amend(value, recipe as never)).toThrow(refusal);
  });

  it("is refused if it is asynchronous", () => {
    const late = async (draft: Loose) => Object.assign(draft.custom ?? {}, { a: 1 });
    expect(codeOf(() => loosely(late))).toBe("edit_denied");
  });

  it.each<[string, (draft: Loose) => unknown]>([
    ["an object", (draft) => ({ ...draft, custom: { a: 1 } })],
    ["a list", () => [1]],
  ])("is refused if it changes nothing and returns %s", (_, recipe) => {
    expect(codeOf(() => loosely(recipe))).toBe("edit_denied");
    const payload = { content: [{ text: "secret" }] };
    expect(() => amend(payload, (draft) => draft.content.map(() => ({ text: "***" })))).toThrow(
      "Assign to the draft",
    );
  });

  it("may return anything if it changes the draft, and may always return the draft", () => {
    const payload = { content: [{ text: "secret" }], at: { n: 1 } };
    expect(amend(payload, (draft) => (draft.content = []))).toEqual({ content: [], at: { n: 1 } });
    expect(amend(payload, (draft) => Object.assign(draft.at, { n: 2 })).at.n).toBe(2);
    expect(amend(payload, (draft) => draft)).toBe(payload);
    expect(amend(payload, (draft) => draft.content.find(({ text }) => text === "secret"))).toBe(
      payload,
    );
    expect(amend(payload, () => 1)).toBe(payload);
  });

  it("propagates what it throws", () => {
    const own = new Error("mine");
    expect(() =>
      amend(view, () => {
        throw own;
      }),
    ).toThrow(own);
  });
});

describe("a value that cannot be amended", () => {
  it.each<[string, unknown]>([
    ["a map", new Map([[1, 2]])],
    ["a set", new Set([1])],
    ["a date", new Date(0)],
    ["a string", "content"],
  ])("is refused if it is %s", (_, value) => {
    expect(() => amend(value as object, () => {})).toThrow(
      expect.objectContaining({
        code: "edit_denied",
        message: "amend expects a view, extensions or plain data; got another value.",
      }),
    );
  });
});
