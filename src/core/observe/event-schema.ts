/** The schema of an event as a whole. No program needs it to run, so none makes it at its start. */
import * as z from "zod";
import type { Json } from "../data/index.ts";
import { eventTypePattern, keyPattern } from "./event.ts";
import { textSchema } from "./fact-kinds.ts";

const timestampPattern: RegExp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const keySchema = z.string().regex(keyPattern);
const factSchema: z.ZodType<Json, Json> = z
  .lazy(() =>
    z.union([
      textSchema,
      z.number(),
      z.boolean(),
      z.null(),
      z.array(factSchema),
      z.record(keySchema, factSchema),
    ]),
  )
  .meta({ id: "fact" });

/** The one schema of an event. `spec/schemas/audit-event.schema.json` is written from it. */
export const auditEventSchema = z.strictObject({
  eventType: z.string().regex(eventTypePattern).describe("What happened, in dotted words."),
  actorUri: textSchema.describe("Who did it."),
  targetUri: textSchema.describe("What was affected."),
  tenantId: textSchema.describe("Whose data it is about; `system` for what is nobody's."),
  timestamp: z.string().regex(timestampPattern).describe("When it was raised, in UTC."),
  outcome: z.enum(["success", "failure"]),
  metadata: z.record(keySchema, factSchema).describe("The facts, by keys in snake_case."),
});
