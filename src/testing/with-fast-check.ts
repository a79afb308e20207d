/** The laws and arbitraries, which need fast-check. The rest of `glassine/testing` does not. */
import { GlassineError } from "../core/errors/index.ts";
import { standardHost } from "../core/host/index.ts";
import type { HostArbitraries } from "./arbitraries.ts";
import type { AdapterFixtures, AdapterUnderTest } from "./laws/adapter-laws.ts";
import type { Law } from "./laws/law.ts";
import type { AnyHost, HostValues, PluginUnderTest } from "./subject.ts";

type Made = typeof import("./needs-fast-check.ts");

const made: Made | undefined = await import("./needs-fast-check.ts").catch(absent);

function absent(error: unknown): undefined {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  if (code === "ERR_MODULE_NOT_FOUND" && /'fast-check'/.test(String(message))) return undefined;
  throw error;
}

/**
 * Returns arbitraries derived from the tables of a host: the standard one
 * (`import * as glassine from "glassine"`), or what `defineHost` returned.
 *
 * Values match the types of a schema, including lengths, ranges and patterns; those that its other
 * rules refuse are left out. If none is left, pass some: `{ values: { billing: fc.… } }`.
 *
 * @throws GlassineError `options_invalid` for what is not a host, and for a slot for which no values
 *   are found
 * @example
 * ```ts
 * import * as fc from "fast-check";
 * import * as glassine from "glassine";
 * import { arbitrariesFor } from "glassine/testing";
 *
 * const { extensions, labels } = arbitrariesFor(glassine);
 * fc.assert(
 *   fc.property(extensions, labels, (envelope, label) => {
 *     return glassine.hasLabel(glassine.addLabels(envelope, label), label);
 *   }),
 * );
 * console.log("holds"); // holds
 * ```
 */
export function arbitrariesFor<const H extends AnyHost>(
  host: H,
  values?: HostValues,
): HostArbitraries<H> {
  return needingFastCheck("arbitrariesFor").arbitrariesOf(host, values);
}

/**
 * Returns the laws of one plugin, for each of its hooks: it completes on any valid input, removes
 * no label, settles in time, and its answer depends only on its input, not on what it may not see
 * or on earlier requests. The library's own tests cover what it enforces for any plugin, such as
 * that labels stay; by these laws, the plugin must not even try to remove one.
 *
 * `payloads` narrows what is tried; `options` are the manager's. Handlers without a deadline of
 * their own have one second. If the host refuses the plugin, because it lacks configuration or a
 * plugin it depends on, no law is broken: `check` rejects with the host's own error.
 *
 * @throws GlassineError `options_invalid` for a plugin without hooks, for what is not a host, and for
 *   a slot or hook for which no values are found
 * @throws What `createPluginManager` rejects with (as a rejection of `check`)
 * @example
 * ```ts
 * import { definePlugin } from "glassine";
 * import { pluginLaws } from "glassine/testing";
 *
 * const stamp = definePlugin({
 *   name: "stamp",
 *   version: "1.0.0",
 *   capabilities: ["append_labels"],
 *   hooks: {
 *     tool_pre_invoke: (_payload, _context, extensions) => ({
 *       modifiedExtensions: { security: { labels: [...extensions.security.labels, "SEEN"] } },
 *     }),
 *   },
 * });
 * const laws = pluginLaws({ plugin: stamp });
 * for (const law of laws) await law.check({ numRuns: 10 });
 * console.log(laws.map(({ id }) => id).join()); // L37,L8,P1,L13,L36
 * ```
 */
export function pluginLaws(test: PluginUnderTest): readonly Law[] {
  return needingFastCheck("pluginLaws").lawsOfPlugin(test);
}

/**
 * Returns the laws of the envelope over a host's slots: what plugins see, what a merge may change,
 * and what is read and written. `values` has some for slots whose schemas have rules that the kit
 * cannot guess.
 *
 * They find mistakes that a table cannot exclude and that the host must avoid: a transform that
 * changes its own result, a default or `derive` that returns a different value each time, or a
 * `derive` that fails.
 *
 * @throws GlassineError `options_invalid` for what is not a host, and for a slot for which no values
 *   can be made
 * @example
 * ```ts
 * import { defineHost } from "glassine/host";
 * import { slotLaws } from "glassine/testing";
 * import * as z from "zod";
 *
 * const slots = {
 *   billing: {
 *     tier: "immutable",
 *     read: "read_billing",
 *     description: "Who pays.",
 *     schema: z.object({ account: z.string() }),
 *   },
 * } as const;
 *
 * const laws = slotLaws(defineHost({ slots }));
 * for (const law of laws) await law.check({ numRuns: 20 });
 * console.log(laws[0]?.id, laws.length); // L1 22
 * ```
 */
export function slotLaws(host: AnyHost = standardHost, values?: HostValues): readonly Law[] {
  return needingFastCheck("slotLaws").lawsOfSlots(host, values);
}

/**
 * Returns the laws of a provider's conversions, for a provider of the library or your own: what is
 * read is written back unchanged, an edit replaces all that it should, nothing hidden goes
 * unreported, a stream is the same however it is cut, and work grows in proportion to the input.
 * Work is counted in steps, so a busy machine makes no difference. Without `stream` and `toEvents`,
 * the laws of streams are left out.
 *
 * @throws GlassineError `options_invalid`
 * @example
 * ```ts
 * import { anthropic } from "glassine/anthropic";
 * import { adapterLaws } from "glassine/testing";
 *
 * const said = [{ type: "text", text: "Ahoy" }];
 * const laws = adapterLaws(anthropic, {
 *   requests: [{ model: "m", max_tokens: 9, messages: [{ role: "user", content: "Ahoy" }] }],
 *   answers: [{ type: "message", role: "assistant", content: said, stop_reason: "end_turn" }],
 *   words: ["type", "role", "stop_reason"],
 *   pieceIn: (event) => (JSON.stringify(event).includes("text_delta") ? ["delta", "text"] : undefined),
 * });
 * for (const law of laws) await law.check({ numRuns: 5 });
 * console.log(laws.map(({ id }) => id).join()); // C1,C2,C3,C4,C5,C6
 * ```
 */
export function adapterLaws(provider: AdapterUnderTest, fixtures: AdapterFixtures): readonly Law[] {
  return needingFastCheck("adapterLaws").lawsOfAdapter(provider, fixtures);
}

/** @throws GlassineError `setting_invalid` if fast-check is not installed */
function needingFastCheck(call: string): Made {
  if (made !== undefined) return made;
  throw new GlassineError(
    "setting_invalid",
    `${call} uses the package fast-check, which is not installed. Run \`npm install --save-dev fast-check@4\`.`,
  );
}
