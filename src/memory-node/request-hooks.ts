/** The hooks of every request: who calls, for whom, and what they may do. */
import * as z from "zod";
import { defineHooks, jsonValue } from "../host.ts";
import { word } from "./open-object.ts";
import { identitySchema, tenantSchema } from "./shapes.ts";

export const requestHooks = defineHooks({
  identity_resolve: {
    semantic: "filter_chain",
    description:
      "A request came with credentials, which are for no log and no trail. The value is who calls.",
    ordering: "core_first",
    band: "AUTHN",
    payload: identitySchema,
    operation: z.strictObject({ rawCredentials: jsonValue() }),
  },
  tenant_resolve: {
    semantic: "filter_chain",
    description: "It is known who calls. The value is the tenant whose data the request is about.",
    ordering: "core_first",
    band: "AUTHN",
    payload: tenantSchema,
    operation: z.strictObject({ identity: identitySchema }),
  },
  capability_check: {
    semantic: "voting",
    description: "Somebody holds a permission and wants to use it. May they, now?",
    ordering: "core_first",
    band: "AUTHZ",
    payload: z.strictObject({ identity: identitySchema, capability: word(), tenant: tenantSchema }),
  },
});
