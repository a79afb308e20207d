/** An envelope counts for its whole size, however it was created. */
import {
  addLabels,
  amend,
  createExtensions,
  createPluginManager,
  declassify,
  decodeExtensions,
  definePlugin,
  type Extensions,
  encodeExtensions,
  type filterExtensions,
  mergeExtensions,
  type PluginContext,
  setCustom,
  setHeader,
  withSlots,
} from "glassine";
import { expect, it } from "vitest";
import { expectCounted } from "../support/sizes.ts";

const envelope = createExtensions({
  security: { labels: ["a"], subject: { id: "u", type: "user", claims: { plan: "secret" } } },
  http: { headers: { "x-a": "long", "x-b": "2" } },
  custom: { gone: "text", list: [1, "two", { three: 3 }] },
});
const merged = (returned: object, envelopeNow: Extensions = envelope) =>
  mergeExtensions(envelopeNow, returned as never, []).extensions;
const none = createExtensions({});
/** More values than a merge leaves room for where it does not count to the last one. */
const many = Array<number>(1000).fill(1);

type View = ReturnType<typeof filterExtensions<["append_labels"]>>;

/** The envelope of a run in which another one added labels. */
async function nested(): Promise<Extensions> {
  const managerOf = (handler: (context: PluginContext, view: View) => unknown) => {
    const plugin = definePlugin({
      name: "labels",
      version: "1.0.0",
      capabilities: ["append_labels"],
      hooks: {
        tool_pre_invoke: (_: unknown, context: PluginContext, view: View) => handler(context, view),
      },
    } as never);
    return createPluginManager({ plugins: [plugin] });
  };
  const call = { name: "t" };
  const inner = await managerOf((_, view) => ({
    modifiedExtensions: addLabels(view, ["b", "c"]),
  }));
  const outer = await managerOf(async (context) => {
    await inner.invoke("tool_pre_invoke", call, { parent: context });
  });
  const { extensions } = await outer.invoke("tool_pre_invoke", call, { extensions: envelope });
  expect(extensions.security?.labels).toEqual(["a", "b", "c"]);
  return extensions;
}

it.each<readonly [string, () => Extensions | Promise<Extensions>]>([
  ["by the host", () => envelope],
  ["of nothing", () => none],
  ["from the wire", () => decodeExtensions(encodeExtensions(envelope)).extensions],
  ["with other slots", () => withSlots(envelope, { custom: { more: "text" }, http: {} })],
  ["with no other slots", () => withSlots(envelope, {})],
  [
    "without a label",
    () => {
      const why = { labels: ["a"], reason: "r", authority: "a" };
      return declassify(envelope, why).extensions;
    },
  ],
  ["with a label of the host", () => addLabels(envelope, "bb")],
  ["with the only label", () => addLabels(none, "bb")],
  ["with another header value", () => setHeader(envelope, "X-A", "1")],
  ["with less data", () => setCustom(envelope, "list", undefined)],
  ["by a recipe of the host", () => amend(envelope, (draft) => void draft.custom?.list)],
  ["by a merge of other data", () => merged({ custom: { gone: 1, list: ["two", 1, 2] } })],
  ["by a merge of a slot that was not there", () => merged({ custom: { new: ["a"] } }, none)],
  ["with many more values", () => setCustom(envelope, "many", many)],
  ["by a merge of many values", () => merged({ custom: { many } })],
  ["by a nested run", nested],
])("made %s", async (_, make) => {
  expectCounted(await make());
});

it("counts additions and removals over a hundred merges", () => {
  let now = envelope;
  for (let i = 0; i < 100; i++) {
    now = merged({ custom: { part: "x".repeat((i * 37) % 50), [`key${i % 3}`]: [i] } }, now);
    expectCounted(now);
  }
});
