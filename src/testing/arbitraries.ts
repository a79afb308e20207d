/** The arbitraries of a host: envelopes, grants, views, proposals, payloads. */
import type * as fc from "fast-check";
import type * as z from "zod/mini";
import type { HookSpec, HookTable, OperationInputOf, PayloadInputOf } from "../core/hooks/index.ts";
import type { PluginManager } from "../core/host/index.ts";
import type { SlotTable } from "../core/slots/index.ts";
import type { HostileValue, Watch } from "./hostile-values.ts";
import type { AnyHost } from "./subject.ts";

type HooksOf<H extends AnyHost> =
  Awaited<ReturnType<H["createPluginManager"]>> extends PluginManager<SlotTable, infer Hooks>
    ? Hooks
    : HookTable;

/** The hook in the host's type, or `unknown` if the type does not have it. */
type SpecOf<H extends AnyHost, Hook> =
  HooksOf<H> extends infer Hooks extends HookTable
    ? Hook extends keyof Hooks
      ? Hooks[Hook]
      : unknown
    : unknown;

type PayloadInput<H extends AnyHost, Hook> =
  SpecOf<H, Hook> extends infer Spec extends HookSpec ? PayloadInputOf<Spec> : unknown;

/** If the host is typed, the hook's type says whether it asks for facts. */
type OperationInput<H extends AnyHost, Hook> =
  SpecOf<H, Hook> extends infer Spec extends HookSpec
    ? HookSpec extends Spec
      ? unknown
      : Spec extends { readonly operation: z.core.$ZodType }
        ? OperationInputOf<Spec>
        : undefined
    : unknown;

/** A capability of the host that opens slots, not a service. */
type SlotCapability<H extends AnyHost> = Parameters<
  H["resolveCapabilities"]
>[0] extends readonly (infer Name extends string)[]
  ? Name
  : string;

/** A proposal with a hostile value somewhere in it. */
export interface HostileProposal {
  /** What the plugin returns. */
  readonly proposal: unknown;
  /** The hostile value in it. */
  readonly hostile: HostileValue;
  /** Counts how often its code ran. */
  readonly watch: Watch;
}

/** Arbitraries for one host. */
export interface HostArbitraries<H extends AnyHost> {
  /** Input of `createExtensions`: any slots, including nulls and defaults. */
  readonly documents: fc.Arbitrary<Parameters<H["createExtensions"]>[0]>;
  /** Envelopes that the host made. */
  readonly extensions: fc.Arbitrary<ReturnType<H["createExtensions"]>>;
  /** Sets of slot capabilities, from none to all of them. */
  readonly capabilities: fc.Arbitrary<readonly SlotCapability<H>[]>;
  readonly labels: fc.Arbitrary<string>;
  readonly headers: fc.Arbitrary<Record<string, string>>;
  readonly json: fc.Arbitrary<unknown>;
  /**
   * What a plugin that saw `view` might return: the view, parts of it, or copies with changes that
   * its capabilities allow or do not allow. Never uses what the view hides.
   */
  proposals(view: object): fc.Arbitrary<unknown>;
  /** The same with an untrustworthy value in it; see `hostileValues`. */
  hostileProposals(view: object): fc.Arbitrary<HostileProposal>;
  /**
   * Payloads that the hook accepts.
   *
   * @throws GlassineError `hook_unknown`; `options_invalid` if none are found
   */
  payloads<Hook extends keyof H["hookNames"] & string>(
    hook: Hook,
  ): fc.Arbitrary<PayloadInput<H, Hook>>;
  /**
   * Facts for `invoke(hook, payload, { operation })`; `undefined` if the hook asks for none.
   *
   * @throws GlassineError `hook_unknown`; `options_invalid` if none are found
   */
  operations<Hook extends keyof H["hookNames"] & string>(
    hook: Hook,
  ): fc.Arbitrary<OperationInput<H, Hook>>;
}
