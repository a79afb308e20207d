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
    description: "Somebody wants to assert a fact; nothing was looked at yet. May they?",
    ordering: "core_first",
    band: "AUTHZ",
    payload: z.strictObject({ req: assertRequestSchema, ...request }),
  },
  pre_assert_validate: {
    semantic: "voting",
    description: "Somebody who may assert wants to assert this. Is the request well formed?",
    ordering: "core_first",
    band: "VALIDATE",
    payload: z.strictObject({ req: assertRequestSchema, ...request }),
  },
  pre_assert_transform: {
    semantic: "filter_chain",
    description: "A valid request is about to be stored. The value is what will be.",
    ordering: "plugins_first",
    band: "TRANSFORM",
    payload: assertRequestSchema,
    operation: z.strictObject(request),
  },
  post_assert_persist: {
    semantic: "fire_and_forget",
    description: "A fact was written, and the transaction is still open. A failure undoes nothing.",
    ordering: "plugin_only",
    band: "PERSIST",
    payload: z.strictObject({ fact: factSchema, ...request }),
  },
  post_assert_propagate: {
    semantic: "fire_and_forget",
    description: "A fact is stored, and peers are about to be told.",
    ordering: "plugin_only",
    band: "PERSIST",
    payload: z.strictObject({ fact: factSchema, ...request }),
  },
  post_assert_audit: {
    semantic: "fire_and_forget",
    description:
      "An assertion ended, well or not; the fact is null where none was stored. A failure reaches the caller.",
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
