/** The hooks of federation: who a peer is, what comes in from it, what goes out to it. */
import * as z from "zod";
import { defineHooks } from "../host.ts";
import { exactlyOne } from "./exactly-one.ts";
import { anyObject } from "./open-object.ts";
import { factSchema, identitySchema, peerSchema, tenantSchema } from "./shapes.ts";

/** What an inbound fact came with: a capability token, or a peer and the token it showed. */
export const inboundForms = [["capToken"], ["peer", "tokenPayload"]] as const;

const withInbound = <const Shape extends z.ZodRawShape>(shape: Shape) =>
  exactlyOne(
    { ...shape, factScope: z.string(), tenant: tenantSchema },
    { capToken: anyObject(), peer: peerSchema, tokenPayload: anyObject() },
    inboundForms,
    "either capToken, or peer and tokenPayload",
  );

const outbound = z.strictObject({
  peer: peerSchema,
  tokenPayload: anyObject(),
  tenant: tenantSchema,
});

export const federationHooks = defineHooks({
  federation_peer_authenticate: {
    semantic: "voting",
    description: "A node wants to be registered as a peer. Is it who it says it is?",
    ordering: "core_first",
    band: "AUTHN",
    payload: z.strictObject({ req: peerSchema, identity: identitySchema, tenant: tenantSchema }),
  },
  federation_inbound_validate: {
    semantic: "voting",
    description: "A peer sent a fact. Is this one acceptable?",
    ordering: "core_first",
    band: "VALIDATE",
    payload: withInbound({ fact: factSchema }),
  },
  federation_inbound_filter: {
    semantic: "filter_chain",
    description: "An acceptable fact of a peer is about to be stored. The value is what will be.",
    ordering: "plugins_first",
    band: "FILTER",
    payload: factSchema,
    operation: withInbound({}),
  },
  federation_outbound_filter: {
    semantic: "filter_chain",
    description: "Facts are about to go to a peer. The value is those that do.",
    ordering: "plugins_first",
    band: "FILTER",
    payload: z.array(factSchema),
    operation: outbound,
  },
  federation_outbound_sign: {
    semantic: "filter_chain",
    description: "What goes to a peer is decided. The value is that, with what signs it.",
    ordering: "plugins_first",
    band: "TRANSFORM",
    payload: z.array(factSchema),
    operation: outbound,
  },
});
