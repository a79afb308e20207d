/** What is sent is what was allowed, whatever plugins rewrite one after the other. */
import fc from "fast-check";
import { createPluginManager, definePlugin, deny, type Mode } from "glassine";
import { freezePayload } from "glassine/messages";
import { describe, expect, it } from "vitest";
import { expectSome } from "./support/runs.ts";

const hook = "tool_pre_invoke";
const names = ["a", "b", "c"] as const;
type Name = (typeof names)[number];
type Act = "allow" | "deny" | "throw" | Name;

/** What a plugin does with each name, and the names it is limited to. */
interface Spec {
  readonly mode: Mode;
  readonly acts: Readonly<Record<Name, Act>>;
  readonly tools: readonly Name[];
  readonly isAsync: boolean;
}

const act = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Act>("allow") },
  { weight: 1, arbitrary: fc.constantFrom<Act>("deny", "throw") },
  { weight: 2, arbitrary: fc.constantFrom<Act>(...names) },
);
const spec: fc.Arbitrary<Spec> = fc.record({
  mode: fc.constantFrom<Mode>("sequential", "sequential", "transform", "audit", "concurrent"),
  acts: fc.record({ a: act, b: act, c: act }),
  tools: fc.oneof(fc.constant(names), fc.uniqueArray(fc.constantFrom(...names), { minLength: 1 })),
  isAsync: fc.boolean(),
});

/** A manager of the plugins, and what each last let pass: what it saw, or its replacement. */
async function watched(specs: readonly Spec[]) {
  const passed = specs.map((): Name | undefined => undefined);
  const answer = (place: number, name: Name) => {
    const { acts, mode } = specs[place] as Spec;
    const wish = acts[name];
    passed[place] = undefined;
    if (wish === "deny") return deny("no");
    if (wish === "throw") throw new Error("no");
    const changes = wish !== "allow" && (mode === "sequential" || mode === "transform");
    passed[place] = changes ? wish : name;
    return wish === "allow" ? undefined : { modifiedPayload: { name: wish } };
  };
  const plugins = specs.map(({ mode, tools, isAsync }, place) =>
    definePlugin({
      name: `plugin-${place}`,
      version: "1.0.0",
      hooks: {
        [hook]: {
          mode,
          conditions: { tools: [...tools] },
          onError: "fail" as const,
          handler: isAsync
            ? async ({ name }: { name: Name }) => answer(place, name)
            : ({ name }: { name: Name }) => answer(place, name),
        },
      } as never,
    }),
  );
  return { passed, manager: await createPluginManager({ plugins, onHandlerError: () => {} }) };
}

describe("dispatch", () => {
  it("L71: with recheck, every plugin that may deny has passed exactly the payload that is forwarded", async () => {
    let changed = 0;
    let contested = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(spec, { minLength: 1, maxLength: 5 }),
        fc.constantFrom(...names),
        async (specs, name) => {
          const { manager, passed } = await watched(specs);
          const given = freezePayload({ name });
          const result = await manager.invoke(hook, given, { recheck: true });
          if (result.violation?.code === "payload_contested") contested += 1;
          if (!result.continueProcessing) return;
          const last = (result.payload as { name: Name }).name;
          if (last !== name) changed += 1;
          for (const [place, { mode, tools }] of specs.entries()) {
            const judges = mode === "sequential" || mode === "concurrent";
            if (judges && tools.includes(last))
              expect([place, passed[place]]).toEqual([place, last]);
          }
        },
      ),
    );
    expectSome(changed);
    expectSome(contested);
  });

  it("L71: if no payload changes, recheck changes nothing", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(spec, { minLength: 1, maxLength: 5 }),
        fc.constantFrom(...names),
        async (specs, name) => {
          const still = specs.map((each) => ({
            ...each,
            acts: { a: "allow", b: "allow", c: "allow", [name]: each.acts[name] } as Spec["acts"],
            mode: names.includes(each.acts[name] as Name) ? ("audit" as const) : each.mode,
          }));
          const outcomeWith = async (recheck: boolean) => {
            const { manager } = await watched(still);
            const { context: _context, ...outcome } = await manager.invoke(
              hook,
              freezePayload({ name }),
              { recheck },
            );
            return outcome;
          };
          expect(await outcomeWith(true)).toEqual(await outcomeWith(false));
        },
      ),
    ));
});
