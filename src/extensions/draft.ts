/** `amend`: an Immer recipe over a view, an envelope or a payload. */
import { isDraftable, produce } from "immer";
import { admit, decisive, extensionsLimits, type LevelValue } from "../admit/index.ts";
import { formatPath, GlassineError } from "../errors/index.ts";
import type { Node } from "../slots/index.ts";
import { assertGrown } from "./grown.ts";
import { editedMark, type Mark, markOf, type Slots, seal } from "./mark.ts";

export function amendValue(value: object, recipe: (draft: never) => unknown): object {
  const mark = markOf(value);
  return mark === undefined ? run(value, recipe) : amendExtensions(value as Slots, mark, recipe);
}

function run(base: object, recipe: (draft: never) => unknown): object {
  if (!isDraftable(base)) {
    throw new GlassineError(
      "edit_denied",
      "amend expects a view, extensions or plain data; got another value.",
    );
  }
  return produce(base, (draft) => {
    // The value of an arrow such as `(d) => d.labels.push("x")` is no result.
    const returned = recipe(draft as never);
    if (typeof returned === "object" && returned !== null && "then" in returned) {
      throw new GlassineError(
        "edit_denied",
        "amend expects a recipe that is done when it returns; got a promise. Await first, then amend.",
      );
    }
  });
}

function amendExtensions(extensions: Slots, mark: Mark, recipe: (draft: never) => unknown): Slots {
  const base: Record<string, unknown> = { ...extensions };
  for (const slot of mark.slots.nodes) {
    if (base[slot.key] === undefined && maySomewhere(slot, mark.mask))
      base[slot.key] = containerOf(slot, mark);
  }
  const amended = run(base, recipe) as Record<string, unknown>;
  if (amended === base) return extensions;
  const proposed: Record<string, unknown> = { ...amended };
  for (const slot of mark.slots.nodes) {
    // A container that was lent and not used goes back.
    if (proposed[slot.key] === base[slot.key]) proposed[slot.key] = extensions[slot.key];
  }
  return read(extensions, mark, proposed);
}

function read(extensions: Slots, mark: Mark, proposed: object): Slots {
  const isHost = mark.mask === undefined;
  const admitted = admit(mark.slots.envelope, proposed, {
    origin: isHost ? "host" : "plugin",
    limits: extensionsLimits,
    shapeCode: "extensions_shape",
    strict: true,
    hint: extensions,
    partial: !isHost,
  });
  if (!admitted.ok) {
    const { code, path, expected, received } = decisive(admitted.problems);
    const text = `amend: ${formatPath(path)}: expected ${expected}, got ${received}.`;
    throw new GlassineError(code, text, { problems: admitted.problems });
  }
  if (admitted.value === extensions) return extensions;
  const next = mark.slots.copy(admitted.value as LevelValue);
  if (isHost) {
    assertGrown(mark.slots, extensions, next);
    return seal(next, mark);
  }
  return seal(next, editedMark(mark, extensions));
}

/** Whether a grant may write the slot or a field of it. The host may write anything. */
function maySomewhere(node: Node, mask: number | undefined): boolean {
  if (mask === undefined) return true;
  const here = node.tier !== "immutable" && (node.write === 0 || (node.write & mask) !== 0);
  return here || node.fields.some((field) => maySomewhere(field, mask));
}

function containerOf(slot: Node, mark: Mark): object {
  if (slot.compiled.shape !== "level") return {};
  const defaults = mark.slots.defaults(slot);
  if (mark.mask === undefined) return { ...defaults };
  // Only what the grant opens is lent, so that the draft shows nothing the view does not.
  const lent: Record<string, unknown> = { ...slot.compiled.level?.template };
  for (const field of slot.fields) {
    if (field.open === 0 || (field.open & mark.mask) !== 0) lent[field.key] = defaults[field.key];
  }
  return lent;
}
