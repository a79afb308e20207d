import * as z from "zod/mini";
import { fieldOf } from "./host-values.ts";

/** Objects distinguished by a field. Those with another string there may contain anything. */
export function byField(
  field: string,
  kinds: ReadonlyMap<unknown, z.ZodMiniType>,
  other: z.ZodMiniType = z.looseObject({ [field]: z.string() }),
): z.ZodMiniType<{ readonly [key: string]: unknown }> {
  // A union would tell what is wrong with the wrong option.
  return z.custom<{ readonly [key: string]: unknown }>().check((payload) => {
    const kind = kinds.get(fieldOf(payload.value, field)) ?? other;
    const { error } = z.safeParse(kind, payload.value);
    for (const issue of error?.issues ?? []) payload.issues.push(issue as never);
  });
}
