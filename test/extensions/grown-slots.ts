/** Slots with a set that grows: as a whole, or by a mark on the field. */
import { stringSet } from "glassine/host";
import * as z from "zod";

const schema = z.object({ seen: stringSet().default([]) });
export const grown = {
  tier: "monotonic",
  read: "everyone",
  write: "everyone",
  grows: "seen",
  description: "Of a test.",
  schema,
} as const;
export const marked = {
  tier: "mutable",
  read: "everyone",
  write: "everyone",
  description: "Of a test.",
  schema,
  fields: { seen: { tier: "monotonic" } },
} as const;
