import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Definitions, definitionHash } from "../../../../src/gateway/definitions/index.ts";

const tools = fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 6 }).map((fields) => ({
  ...fields,
  name: "tool",
}));

/** The same JSON, the members of each object the other way round. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, reversed(member)]),
  );
}

describe("the hash of a definition", () => {
  it("is the same in any order of members, and whatever `_meta` says", () => {
    fc.assert(
      fc.property(tools, fc.jsonValue(), (tool, meta) => {
        const same = { ...(reversed(tool) as object), _meta: meta };
        expect(definitionHash(same)).toBe(definitionHash({ ...tool, _meta: {} }));
      }),
    );
  });

  it("is the same for two definitions only if their JSON says the same", () => {
    fc.assert(
      fc.property(tools, tools, (one, other) => {
        const withoutMeta = ({ _meta, ...rest }: Record<string, unknown>) =>
          JSON.parse(JSON.stringify(rest));
        const equal =
          JSON.stringify(ordered(withoutMeta(one))) === JSON.stringify(ordered(withoutMeta(other)));
        expect(definitionHash(one) === definitionHash(other)).toBe(equal);
      }),
    );
  });

  it("sees a member named __proto__", () => {
    const poisoned = JSON.parse('{"name":"a","inputSchema":{"__proto__":{"x":1}}}');
    expect(definitionHash(poisoned)).not.toBe(definitionHash({ name: "a", inputSchema: {} }));
  });
});

/** Written differently from the code that it checks: a list of pairs, sorted. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return ["list", ...value.map(ordered)];
  if (typeof value !== "object" || value === null) return value;
  return Object.keys(value)
    .sort()
    .map((key) => [key, ordered((value as Record<string, unknown>)[key])]);
}

describe("a tool that cannot be compared", () => {
  it("counts as changed: nested too deep, unnamed, with an endless name", () => {
    const depth = 100_000;
    const deep = JSON.parse(`{"name":"deep","x":${"[".repeat(depth)}${"]".repeat(depth)}}`);
    const changed: string[] = [];
    const definitions = new Definitions(({ tool }) => changed.push(tool));
    const fine = { name: "fine" };
    const judged = definitions.judge([
      deep,
      1,
      null,
      { name: 7 },
      { name: "x".repeat(5000) },
      fine,
    ]);
    expect(judged).toEqual([fine]);
    expect(changed).toEqual(["deep"]);
    expect(definitions.isChanged("deep")).toBe(true);
  });
});
