/** The hooks of an assertion: authorize, validate, transform, store, propagate, audit. */
import * as z from "zod";
import { defineHooks } from "../host.ts";
import { orNull } from "./open-object.ts";
import {
  assertRequestSchema,
  factSchema,
  identitySchema,
  outcomeSchema,
  requestIdSchema,
  tenantSchema,
} from "./shapes.ts";

const request = { identity: identitySchema, tenant: tenantSchema, requestId: requestIdSchema };

export const assertHooks = defineHooks({
  pre_assert_authorize: {
    semantic: "voting",
    description:
      "A caller wants to assert a fact that nothing has looked at yet. Decides whether it may.",
    ordering: "core_first",
    band: "AUTHZ",
    payload: z.strictObject({ req: assertRequestSchema, ...request }),
  },
  pre_assert_validate: {
    semantic: "voting",
    description: "A permitted caller asserts a fact. Decides whether the request is well formed.",
    ordering: "core_first",
    band: "VALIDATE",
    payload: z.strictObject({ req: assertRequestSchema, ...request }),
  },
  pre_assert_transform: {
    semantic: "filter_chain",
    description: "A valid request is about to be stored. The value is what will be stored.",
    ordering: "plugins_first",
    band: "TRANSFORM",
    payload: assertRequestSchema,
    operation: z.strictObject(request),
  },
  post_assert_persist: {
    semantic: "fire_and_forget",
    description:
      "A fact was written, and its transaction is still open. A failure does not undo it.",
    ordering: "plugin_only",
    band: "PERSIST",
    payload: z.strictObject({ fact: factSchema, ...request }),
  },
  post_assert_propagate: {
    semantic: "fire_and_forget",
    description: "A fact was stored, and its peers are about to be notified.",
    ordering: "plugin_only",
    band: "PERSIST",
    payload: z.strictObject({ fact: factSchema, ...request }),
  },
  post_assert_audit: {
    semantic: "fire_and_forget",
    description:
      "An assertion succeeded or failed; the fact is null if none was stored. A failure reaches the caller.",
    strict: true,
    ordering: "core_only_default",
    band: "AUDIT",
    payload: z.strictObject({
      fact: orNull(factSchema),
      req: assertRequestSchema,
      ...request,
      outcome: outcomeSchema,
    }),
  },
});
