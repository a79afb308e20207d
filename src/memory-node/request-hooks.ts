/** The hooks of every request: who calls, for whom, and what they may do. */
import * as z from "zod";
import { defineHooks, jsonValue } from "../host.ts";
import { word } from "./open-object.ts";
import { identitySchema, tenantSchema } from "./shapes.ts";

export const requestHooks = defineHooks({
  identity_resolve: {
    semantic: "filter_chain",
    description:
      "A request arrived with credentials, which must not reach a log or the audit trail. The value is the caller's identity.",
    ordering: "core_first",
    band: "AUTHN",
    payload: identitySchema,
    operation: z.strictObject({ rawCredentials: jsonValue() }),
  },
  tenant_resolve: {
    semantic: "filter_chain",
    description: "The caller is known. The value is the tenant whose data the request concerns.",
    ordering: "core_first",
    band: "AUTHN",
    payload: tenantSchema,
    operation: z.strictObject({ identity: identitySchema }),
  },
  capability_check: {
    semantic: "voting",
    description: "A caller wants to use a permission that it holds. Decides whether it may, now.",
    ordering: "core_first",
    band: "AUTHZ",
    payload: z.strictObject({ identity: identitySchema, capability: word(), tenant: tenantSchema }),
  },
});
