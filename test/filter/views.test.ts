/** What a filter returns each time, and of a view that was edited. */
import { type Extensions, setCustom } from "glassine";
import { defineHost } from "glassine/host";
import { describe, expect, it } from "vitest";

describe("a filter", () => {
  it("is compiled once for its grant, even if other hosts filter in between", () => {
    const hosts = [defineHost({ slots: {} }), defineHost({ slots: {} })] as const;
    const levels = () =>
      hosts.map(
        (host) => host.filterExtensions(host.createExtensions({}), ["append_labels"]).security,
      );
    const first = levels();
    const again = levels();
    // The view of an absent level is created with the filter, so it shows whether that is new.
    for (const [index, level] of first.entries()) expect(again[index]).toBe(level);
  });

  it("of an edit returns a view like any other", () => {
    const host = defineHost({ slots: {} });
    const envelope = host.createExtensions({ agent: { turn: 1 }, custom: { a: 1 } });
    const wide = host.filterExtensions(envelope, ["read_agent"]);
    const narrow = host.filterExtensions(setCustom(wide, "c", 3) as Extensions, []);
    const edited = setCustom(narrow, "b", 2);
    expect(edited.custom).toEqual({ a: 1, b: 2, c: 3 });
    const { extensions } = host.mergeExtensions(envelope, edited, [], { view: narrow });
    expect(extensions).toMatchObject({ agent: { turn: 1 }, custom: { a: 1, b: 2 } });
  });
});
