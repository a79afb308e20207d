/**
 * `amend`: an Immer recipe for a view, an envelope or a payload.
 *
 * The caller may have patched the realm to mislead Immer. So Immer's result is read like any
 * foreign value, and from then until the brand nothing is looked up on a prototype or iterated.
 */
import { isDraft, isDraftable, produce } from "immer";
import { admit, decisive, dropPromise, extensionsLimits, typeName } from "../data/index.ts";
import { forEach, hasOwn } from "../data/intrinsics.ts";
import { formatPath, GlassineError } from "../errors/index.ts";
import type { LevelValue } from "../schema/index.ts";
import { defaultsOf, type Node } from "../slots/index.ts";
import { assertGrown, withDerived } from "./create.ts";
import { brandOf, type EnvelopeBrand, type Slots, sealEdit } from "./filter.ts";

export function amendValue(value: object, recipe: (draft: never) => unknown): object {
  if (typeof recipe !== "function") {
    throw new GlassineError(
      "edit_denied",
      `amend expects a recipe as its second parameter, a function that changes the draft; got ${typeName(recipe)}.`,
    );
  }
  const brand = brandOf(value);
  return brand === undefined ? run(value, recipe) : amendExtensions(value as Slots, brand, recipe);
}

function run<Base extends object>(base: Base, recipe: (draft: never) => unknown): Base {
  // Immer calls a map or set draftable, and then refuses it in words of its own.
  if (!isDraftable(base) || base instanceof Map || base instanceof Set) {
    throw new GlassineError(
      "edit_denied",
      "amend expects a view, extensions or plain data; got another value.",
    );
  }
  let hasResult = false;
  // Without freezing, Immer leaves drafts in a value that contains the same one several times.
  const amended = produce(base, (draft) => {
    // An arrow's value is not a result: `(d) => (d.labels = [])` or `(d) => d.labels.push("x")`.
    const returned = recipe(draft as never);
    if (typeof returned !== "object" || returned === null || isDraft(returned)) return;
    if (dropPromise(returned) || "then" in returned) {
      throw new GlassineError(
        "edit_denied",
        "amend expects a synchronous recipe; got a promise. Await first, then amend.",
      );
    }
    hasResult = true;
  });
  if (amended === base && hasResult) {
    throw new GlassineError(
      "edit_denied",
      "amend expects a recipe that changes the draft; got one that changes nothing and returns an object. Assign to the draft: `draft.content = …`.",
    );
  }
  return amended;
}

function amendExtensions(
  extensions: Slots,
  brand: EnvelopeBrand,
  recipe: (draft: never) => unknown,
): Slots {
  const { kind } = brand;
  const { nodes } = kind.slots;
  const base: Record<string, unknown> = { ...extensions };
  for (let i = 0; i < nodes.length; i++) {
    const slot = nodes[i] as Node;
    if (base[slot.key] === undefined && maySomewhere(slot, kind.mask))
      base[slot.key] = containerOf(slot, kind.mask);
  }
  const amended = run(base, recipe);
  if (amended === base) return extensions;
  const proposed: Record<string, unknown> = { ...amended };
  for (const key in base) {
    // Unchanged slots stay as they were, and containers that were lent but not used are dropped.
    if (hasOwn(base, key) && proposed[key] === base[key]) proposed[key] = extensions[key];
  }
  return read(extensions, brand, proposed);
}

function read(extensions: Slots, brand: EnvelopeBrand, proposed: object): Slots {
  const { slots, mask } = brand.kind;
  const isHost = mask === undefined;
  const options = {
    origin: isHost ? "host" : "plugin",
    limits: extensionsLimits,
    shapeCode: "extensions_shape",
    strict: true,
  } as const;
  const how = isHost ? "whole" : "partial";
  const admitted = admit(slots.envelope.read, proposed, options, extensions, how);
  if (!admitted.ok) {
    const { code, path, expected, received } = decisive(admitted.problems);
    const text = `amend: ${formatPath(path)}: expected ${expected}, got ${received}.`;
    throw new GlassineError(code, text, { problems: admitted.problems });
  }
  if (admitted.value === extensions) return extensions;
  const next: Record<string, unknown> = { ...(admitted.value as LevelValue) };
  if (!isHost) return sealEdit(brand, extensions, next);
  assertGrown(slots, extensions, next);
  return sealEdit(brand, extensions, { ...withDerived(slots, next, extensions) });
}

/** Whether a grant may write the slot or a field of it. The host may write anything. */
function maySomewhere(node: Node, mask: number | undefined): boolean {
  if (mask === undefined) return true;
  const here = node.tier !== "immutable" && (node.write === 0 || (node.write & mask) !== 0);
  if (here) return true;
  for (let i = 0; i < node.fields.length; i++) {
    if (maySomewhere(node.fields[i] as Node, mask)) return true;
  }
  return false;
}

function containerOf(slot: Node, mask: number | undefined): object {
  if (slot.compiled.shape !== "level") return {};
  const defaults = defaultsOf(slot);
  if (mask === undefined) return { ...defaults };
  // Only what the grant opens is lent, so that the draft shows nothing that the view does not.
  const lent: Record<string, unknown> = { ...slot.empty };
  forEach(slot.fields, ({ key, open }) => {
    if (open === 0 || (open & mask) !== 0) lent[key] = defaults[key];
  });
  return lent;
}
