/** Law of declarations: read once, so later changes do not affect runs. */
import fc from "fast-check";
import {
  addLabels,
  createPluginManager,
  definePlugin,
  type Mode,
  type OnError,
  type PluginContext,
} from "glassine";
import { expect, it } from "vitest";
import { bytesOf, call, type FullView, hook, type Result, start } from "./support/dispatch.ts";
import { attempts, reachAll, tamper } from "./support/tampering.ts";

/** What a plugin's author and the operator write, as data. */
const declarations = fc.array(
  fc.record({
    capabilities: fc.subarray(["append_labels", "write_headers", "read_subject"] as const),
    mode: fc.constantFrom<Mode>("sequential", "transform", "audit", "concurrent"),
    priority: fc.nat(3),
    onError: fc.constantFrom<OnError>("fail", "ignore"),
    tools: fc.constantFrom("add", "a*", "other"),
    grant: fc.boolean(),
    config: fc.option(fc.record({ level: fc.nat(9), list: fc.array(fc.nat(9)) }), {
      nil: undefined,
    }),
    hasSchema: fc.boolean(),
    asyncSafe: fc.boolean(),
    requiresHost: fc.constantFrom("*", ">=0.0.1", ">=0.0.1,<999.0.0"),
    returns: fc.constantFrom("label", "payload", "custom", "config", "throws"),
  }),
  { minLength: 1, maxLength: 4 },
);
type Declared = typeof declarations extends fc.Arbitrary<readonly (infer T)[]> ? T : never;

const handlerOf =
  ({ returns }: Declared, name: string) =>
  (payload: { readonly args: object }, context: PluginContext, view: FullView) => {
    if (returns === "throws") throw new Error(name);
    if (returns === "label") return { modifiedExtensions: addLabels(view, name) };
    if (returns === "payload") return { modifiedPayload: { ...payload, args: { by: name } } };
    if (returns === "custom") return { modifiedExtensions: { custom: { [name]: true } } };
    return { metadata: { config: context.config ?? null, can: [...context.capabilities] } };
  };

function manifestOf(declared: Declared, index: number) {
  const name = `plugin-${index}`;
  return {
    name,
    version: "1.0.0",
    requiresHost: declared.requiresHost,
    capabilities: [...declared.capabilities],
    asyncSafe: declared.asyncSafe,
    ...(declared.hasSchema
      ? { configSchema: { parse: (value: unknown) => ({ ...(value as object), read: true }) } }
      : {}),
    routes: [{ path: `/${name}` }],
    dependsOn: index === 0 ? [] : [`plugin-${index - 1}`],
    hooks: {
      [hook]: {
        handler: handlerOf(declared, name) as never,
        mode: declared.mode,
        onError: declared.onError,
        extensions: true,
        timeoutMs: 60_000,
        conditions: { tools: [declared.tools] },
      },
    },
  };
}

it("L32: later changes to a manifest or to the manager's options do not affect runs", () =>
  fc.assert(
    fc.asyncProperty(declarations, attempts, attempts, async (declared, early, late) => {
      const played = async (isTampered: boolean): Promise<string> => {
        const manifests = declared.map(manifestOf);
        const plugins = manifests.map((manifest) => definePlugin(manifest));
        if (isTampered) tamper([...reachAll(manifests)], early);
        const options = {
          plugins: plugins.map((plugin, index) => {
            const { grant, config, priority, capabilities } = declared[index] as Declared;
            return {
              plugin,
              priority,
              ...(grant ? { grant: capabilities.slice(1) } : {}),
              ...(config === undefined ? {} : { config: structuredClone(config) }),
            };
          }),
          limits: { nodes: 1000 },
          payloadPolicy: { [hook]: ["args"] },
          strict: false,
          onHandlerError: () => {},
        };
        const manager = await createPluginManager(options);
        const before = await manager.invoke(hook, call, { extensions: start, request: "r-1" });
        if (isTampered) tamper([...reachAll([manifests, options, plugins])], late);
        const after = await manager.invoke(hook, call, { extensions: start, request: "r-1" });
        return `${bytesOf(before as Result)} ${bytesOf(after as Result)}`;
      };
      expect(await played(true)).toBe(await played(false));
    }),
  ));
