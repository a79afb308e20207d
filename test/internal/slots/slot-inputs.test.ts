/** What a host may write in a standard slot equals what its schema reads, by zod's own types. */
import { expectTypeOf, it } from "vitest";
import type { Json } from "../../../src/core/data/index.ts";
import type { jsonObject } from "../../../src/core/schema/index.ts";
import type { StandardSlots } from "../../../src/core/slots/index.ts";
import type { agentSchema } from "../../../src/core/slots/schemas/agent.ts";
import type { delegationSchema } from "../../../src/core/slots/schemas/delegation.ts";
import type { httpSchema } from "../../../src/core/slots/schemas/http.ts";
import type { mcpSchema } from "../../../src/core/slots/schemas/mcp.ts";
import type {
  completionSchema,
  frameworkSchema,
  llmSchema,
  metaSchema,
  provenanceSchema,
} from "../../../src/core/slots/schemas/model.ts";
import type { requestSchema } from "../../../src/core/slots/schemas/request.ts";
import type { securitySchema } from "../../../src/core/slots/schemas/security.ts";
import type { HostInputOf } from "../../../src/core/slots/types.ts";

interface Schemas {
  readonly request: typeof requestSchema;
  readonly agent: typeof agentSchema;
  readonly http: typeof httpSchema;
  readonly security: typeof securitySchema;
  readonly delegation: typeof delegationSchema;
  readonly mcp: typeof mcpSchema;
  readonly completion: typeof completionSchema;
  readonly provenance: typeof provenanceSchema;
  readonly llm: typeof llmSchema;
  readonly framework: typeof frameworkSchema;
  readonly meta: typeof metaSchema;
  readonly custom: ReturnType<typeof jsonObject>;
}

type InputOf<Slot extends keyof StandardSlots> = HostInputOf<StandardSlots[Slot]["schema"]>;
type Alike<A, B> = [A, B] extends [B, A] ? true : false;

it("as the type says", () => {
  type Simple = Exclude<keyof StandardSlots, "delegation">;
  expectTypeOf<{
    [Slot in Simple]: Alike<InputOf<Slot>, HostInputOf<Schemas[Slot]>>;
  }>().toEqualTypeOf<Record<Simple, true>>();
});

it("and of a hop, whose details may have fields that zod has no name for", () => {
  type HopIn<Level> = Level extends { readonly chain?: infer Chain }
    ? NonNullable<Chain> extends readonly (infer Hop)[]
      ? Hop
      : never
    : never;
  type Hop = HopIn<InputOf<"delegation">>;
  type ZodHop = HopIn<HostInputOf<Schemas["delegation"]>>;
  type Alone<Level> = Omit<Level, "chain">;
  type Simple<Level> = Omit<Level, "authorization_details">;
  expectTypeOf<
    Alike<Alone<InputOf<"delegation">>, Alone<HostInputOf<Schemas["delegation"]>>>
  >().toEqualTypeOf<true>();
  expectTypeOf<Alike<Simple<Hop>, Simple<ZodHop>>>().toEqualTypeOf<true>();
  interface Detail {
    readonly type: string;
    readonly locations?: readonly string[] | null | undefined;
    readonly actions?: readonly string[] | null | undefined;
    readonly datatypes?: readonly string[] | null | undefined;
    readonly identifier?: string | null | undefined;
    readonly privileges?: readonly string[] | null | undefined;
    readonly [key: string]: Json | undefined;
  }
  expectTypeOf<Hop["authorization_details"]>().toEqualTypeOf<
    readonly Detail[] | null | undefined
  >();
});
