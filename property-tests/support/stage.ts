/**
 * A watched plugin in runs with others. The others base what they do on data that the watched
 * plugin may see, or only touch parts that it may not see, so anything else it noticed would be
 * leaked by the library.
 */
import fc from "fast-check";
import { deny, type Mode, type OnError, type PluginContext } from "glassine";
import type { AnyInvokeResult } from "../../src/core/hooks/index.ts";
import type { CompiledSlots, Node } from "../../src/core/slots/index.ts";
import type { Level } from "./data.ts";
import { grantsOf } from "./documents.ts";
import { functionsOf } from "./host-functions.ts";
import { type Hostile, hostiles, type Place, places, plant, Watch } from "./hostile.ts";
import { isHidden, isOpen, type Part, partsOf } from "./nodes.ts";
import { Notebook } from "./notebook.ts";
import { type Plan, plansOf, propose, proposeAmong } from "./proposals.ts";
import type { World } from "./tables.ts";

const ends = ["proposes", "proposes", "proposes", "throws", "denies", "helps", "nothing"] as const;

/** What a handler does at its turn. */
interface Deed {
  readonly ends: (typeof ends)[number];
  readonly plan: Plan;
  readonly mode: Mode;
  readonly priority: number;
  readonly onError: OnError;
  readonly waits: boolean;
  readonly extensions: boolean;
}
interface Other extends Deed {
  /** Which parts it may change: those the watched plugin sees, or those it does not. */
  readonly side: "shown" | "hidden";
  readonly grant: readonly string[];
}
export interface Scene {
  /** What the watched plugin does on the point, and on the hook that covers it. */
  readonly watched: readonly [Deed, Deed];
  readonly spoilt: readonly [Hostile, Place] | null;
  readonly others: readonly Other[];
  readonly strict: boolean;
}

const modes = ["sequential", "transform", "audit", "concurrent", "fire_and_forget"] as const;

export function scenesOf({ slots }: World): fc.Arbitrary<Scene> {
  const deed = {
    ends: fc.constantFrom(...ends),
    plan: plansOf(slots, 1),
    mode: fc.oneof(fc.constant("sequential" as const), fc.constantFrom(...modes)),
    priority: fc.nat(4),
    onError: fc.constantFrom<OnError>("fail", "ignore", "disable"),
    waits: fc.boolean(),
    extensions: fc.oneof({ weight: 9, arbitrary: fc.constant(true) }, fc.boolean()),
  };
  const deeds = fc.record(deed);
  const others = fc.record({
    ...deed,
    side: fc.constantFrom("shown" as const, "hidden" as const),
    grant: fc.oneof(fc.constant([...slots.capabilities.names]), grantsOf(slots)),
  });
  return fc.record({
    watched: fc.tuple(deeds, deeds),
    spoilt: fc.option(fc.tuple(hostiles, places), { freq: 4 }),
    others: fc.array(others, { maxLength: 4 }),
    strict: fc.boolean(),
  });
}

const point = "cmf.tool_pre_invoke";
const message = { role: "user", content: [{ content_type: "text", text: "ahoy" }] };
/** What the watched plugin tries on its view. */
const helpers = (host: World["host"]) => {
  const { addLabels, amend, appendHop, mergeExtensions, setCustom, setHeader } =
    host as unknown as Record<string, (...args: unknown[]) => object>;
  return {
    addLabels: (view: object) => addLabels!(view, "mine"),
    setHeader: (view: object) => setHeader!(view, "x-mine", "1"),
    "setHeader again": (view: object) => setHeader!(view, "authorization", "1"),
    setCustom: (view: object) => setCustom!(view, "mine", { a: 1 }),
    appendHop: (view: object) => appendHop!(view, { subject_id: "mine", subject_type: "agent" }),
    amend: (view: object) =>
      amend!(view, (draft: { security?: { labels?: string[] } }) => {
        draft.security?.labels?.push("mine");
      }),
    mergeExtensions: (view: object) =>
      mergeExtensions!(view, { custom: { mine: 1 } }, host.resolveCapabilities([])),
  };
};

export interface Played {
  readonly notebook: Notebook;
  readonly results: readonly AnyInvokeResult[];
}

/** Plays the scene twice in one request over an envelope, background included. */
export async function play(
  world: World,
  envelope: Level,
  grant: readonly string[],
  scene: Scene,
  scheduler: fc.Scheduler,
): Promise<Played> {
  const { definePlugin, createPluginManager } = functionsOf(world);
  const notebook = new Notebook();
  let round = 0;
  const turn = async (waits: boolean) => {
    if (waits) await scheduler.schedule(Promise.resolve());
  };
  const watched = (hook: string, deed: Deed) =>
    entryOf(deed, (payload, context, view) => {
      const page = `${round} ${hook}`;
      notebook.look(page, payload, context, view);
      if (deed.ends === "helps" && view !== undefined) {
        for (const [name, help] of Object.entries(helpers(world.host))) {
          notebook.attempt(page, name, () => help(view));
        }
      }
      const act = () => {
        let returned = propose(world.slots, view ?? {}, deed.plan);
        if (scene.spoilt !== null) {
          returned = plant(returned, scene.spoilt[0].make(new Watch()), scene.spoilt[1]);
        }
        return endOf(deed, returned);
      };
      return deed.waits ? turn(true).then(act) : act();
    });
  const [onPoint, onCover] = scene.watched;
  const plugins = [
    definePlugin({
      name: "watched",
      version: "1.0.0",
      capabilities: grant,
      hooks: {
        [point]: watched("point", onPoint),
        message_pre_invoke: watched("cover", onCover),
      },
    }),
    ...scene.others.map((other, index) => {
      const entry = entryOf(other, async (_payload, _context, view) => {
        await turn(other.waits);
        return endOf(other, proposalOf(world, grant, other, view));
      });
      return definePlugin({
        name: `other-${index}`,
        version: "1.0.0",
        capabilities: other.grant,
        // Its hidden changes may be refused in only one of the two worlds.
        hooks: { [point]: other.side === "hidden" ? { ...entry, onError: "ignore" } : entry },
      });
    }),
  ];
  const manager = await createPluginManager({
    plugins,
    strict: scene.strict,
    logger: {},
  });
  const results: AnyInvokeResult[] = [];
  let extensions: object = envelope;
  for (; round < 2; round++) {
    const context = results.at(-1)?.context;
    const running = manager.invoke(point, message, {
      extensions,
      request: "r-1",
      operation: { round },
      ...(context === undefined ? {} : { context }),
    });
    const result = await scheduler.waitFor(running);
    results.push(result);
    extensions = result.extensions;
    // Background work of this round belongs on its pages.
    await scheduler.waitFor(settledBackground(result));
  }
  await scheduler.waitFor(manager.close());
  return { notebook, results };
}

/** Background handlers start on timers without delay, so a later timer fires after them. */
async function settledBackground({ executions }: AnyInvokeResult): Promise<void> {
  if (executions.every(({ status }) => status !== "started")) return;
  for (let i = 0; i < 2; i++) await new Promise((resolve) => setTimeout(resolve, 1));
}

type Act = (payload: unknown, context: PluginContext, view: object | undefined) => unknown;

function entryOf({ mode, priority, onError, extensions }: Deed, act: Act) {
  const handler = extensions
    ? (payload: unknown, context: PluginContext, view: object) => act(payload, context, view)
    : (payload: unknown, context: PluginContext) => act(payload, context, undefined);
  return { handler, extensions, mode, priority, onError, timeoutMs: null };
}

function endOf({ ends: end }: Deed, modifiedExtensions: unknown): unknown {
  if (end === "nothing") return undefined;
  if (end === "throws") throw new Error("on purpose");
  if (end === "denies") return deny("on purpose");
  return { modifiedExtensions, metadata: { was: "here" } };
}

/**
 * What another plugin proposes; `grant` is the watched plugin's. On the shown side it uses only
 * what both see, because even the presence of a level can depend on hidden data.
 */
export function proposalOf(
  { slots, host }: World,
  grant: readonly string[],
  { side, plan }: Pick<Other, "side" | "plan">,
  view: object | undefined,
): unknown {
  const parts = partsFor(slots, slots.capabilities.mask(grant), side);
  if (view === undefined) return proposeAmong(slots, parts, {}, plan);
  const seen = side === "shown" ? host.filterExtensions(view as never, grant as never) : view;
  return proposeAmong(slots, parts, seen, plan);
}

/** The parts that a grant shows down to their last field, or those it hides. */
function partsFor(slots: CompiledSlots, mask: number, side: Other["side"]): readonly Part[] {
  const open = (node: Node): boolean => isOpen(node, mask) && node.fields.every(open);
  return partsOf(slots).filter(({ path, node }) => {
    const hidden = isHidden(slots, path, mask);
    return side === "hidden" ? hidden : !hidden && open(node);
  });
}
