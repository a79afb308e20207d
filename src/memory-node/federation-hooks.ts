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
    description:
      "A node asks to be registered as a peer. Decides whether it is who it claims to be.",
    ordering: "core_first",
    band: "AUTHN",
    payload: z.strictObject({ req: peerSchema, identity: identitySchema, tenant: tenantSchema }),
  },
  federation_inbound_validate: {
    semantic: "voting",
    description: "A peer sent a fact. Decides whether to accept it.",
    ordering: "core_first",
    band: "VALIDATE",
    payload: withInbound({ fact: factSchema }),
  },
  federation_inbound_filter: {
    semantic: "filter_chain",
    description:
      "An accepted fact of a peer is about to be stored. The value is what will be stored.",
    ordering: "plugins_first",
    band: "FILTER",
    payload: factSchema,
    operation: withInbound({}),
  },
  federation_outbound_filter: {
    semantic: "filter_chain",
    description: "Facts are about to be sent to a peer. The value is the facts to send.",
    ordering: "plugins_first",
    band: "FILTER",
    payload: z.array(factSchema),
    operation: outbound,
  },
  federation_outbound_sign: {
    semantic: "filter_chain",
    description:
      "The facts to send to a peer are settled. The value is these facts; handlers sign them.",
    ordering: "plugins_first",
    band: "TRANSFORM",
    payload: z.array(factSchema),
    operation: outbound,
  },
});
