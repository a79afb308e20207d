import * as z from "zod/mini";

type Fields = Readonly<Record<string, unknown>>;

/**
 * An object whose kind determines what else it must have. An object of an unknown kind, which
 * `shapes` does not list, only has to match `base`. A union would report the problems of the wrong
 * kind.
 */
export function byKind<Base extends z.ZodMiniType<Fields>>(
  base: Base,
  kindOf: (value: Fields) => unknown,
  shapes: { readonly [kind: string]: z.ZodMiniType },
): Base {
  return base.check((payload) => {
    const kind = kindOf(payload.value);
    if (typeof kind !== "string" || !Object.hasOwn(shapes, kind)) return;
    const read = z.safeParse(shapes[kind] as z.ZodMiniType, payload.value);
    for (const issue of read.error?.issues ?? []) {
      payload.issues.push({ ...issue, input: payload.value } as z.core.$ZodRawIssue);
    }
  });
}
