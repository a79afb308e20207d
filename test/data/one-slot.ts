/** A host with one slot of its own, `shelf`, that everyone may read and write. */
import type { Limits } from "glassine";
import { defineHook, defineHost, type SlotSpec } from "glassine/host";
import { freezePayload } from "glassine/messages";
import * as z from "zod";
import { defaultLimits } from "../support/limits.ts";
import { refusalOf } from "./support.ts";

type Level = Readonly<Record<string, unknown>>;
interface Envelope {
  readonly shelf?: Level | undefined;
}

/** The limits of a call that leave these to the slot: the envelope itself counts as one value. */
const limitsFor = ({ nodes = defaultLimits.nodes, ...others }: Partial<Limits>) => ({
  limits: { ...others, nodes: nodes + 1 },
});

/** Reads, merges and replaces the slot with this schema. */
export function slotOf(schema: z.ZodType, spec: Partial<SlotSpec> = {}) {
  const host = defineHost({
    slots: {
      shelf: {
        tier: "mutable",
        read: "everyone",
        ...(spec.tier === "immutable" ? {} : { write: "everyone" }),
        description: "Of a test.",
        schema,
        ...spec,
      } as SlotSpec,
    },
  });
  const envelopeOf = (shelf: unknown, limits: Partial<Limits> = {}): Envelope =>
    host.createExtensions({ shelf } as never, limitsFor(limits)) as never;
  const shelfIn = (envelope: object) => (envelope as Envelope).shelf as Level;
  const merge = (before: Envelope, shelf: unknown, limits: Partial<Limits> = {}) =>
    shelfIn(host.mergeExtensions(before as never, { shelf }, [], limitsFor(limits)).extensions);
  const replace = (before: Envelope, shelf: unknown, limits: Partial<Limits> = {}) =>
    shelfIn(host.withSlots(before as never, { shelf } as never, limitsFor(limits)));
  return {
    host,
    envelopeOf,
    /** The slot that a host creates. */
    create: (shelf: unknown, limits?: Partial<Limits>) => shelfIn(envelopeOf(shelf, limits)),
    /** The slot that was sent as JSON. */
    decode: (text: string, limits: Partial<Limits> = {}, strict = false) =>
      shelfIn(
        host.decodeExtensions(`{"shelf":${text}}`, { ...limitsFor(limits), strict }).extensions,
      ),
    /** The slot after a plugin returned this. */
    merge,
    /** The slot after the host replaced it. */
    replace,
  };
}

/**
 * What a plugin makes of a part of a payload that has this schema. The payload is passed as it is,
 * so it may lack fields, and may have others.
 */
export async function payloadPartAfter(
  schema: z.ZodType,
  shown: unknown,
  handler: () => unknown,
): Promise<{ readonly part: unknown; readonly refusal: string | undefined }> {
  const host = defineHost({
    hooks: {
      probe: defineHook({
        semantic: "message",
        description: "Of a test.",
        payload: z.object({ part: schema.optional() }),
        writable: ["part"],
      }),
    },
  });
  const plugin = host.definePlugin({
    name: "changes",
    version: "1.0.0",
    hooks: { probe: (_payload) => ({ modifiedPayload: { part: handler() } }) as never },
  });
  const manager = await host.createPluginManager({ plugins: [plugin] });
  const { payload, violation } = await manager.invoke(
    "probe",
    freezePayload({ part: shown }) as never,
  );
  return { part: payload.part, refusal: violation?.reason };
}

/** The problems for which a host is refused, each as `path | code | expected | received`. */
export function problemsIn(call: () => unknown): readonly string[] {
  return (refusalOf(call).data.problems ?? []).map(({ path: [, ...path], ...problem }) =>
    [path.join("/"), problem.code, problem.expected, problem.received].join(" | "),
  );
}
