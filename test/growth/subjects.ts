/** Tests how functions that untrusted text reaches scale, and that none is forgotten. */
import { isGlassineError } from "glassine";
import { createMessage, type Message } from "glassine/messages";
import { describe, expect, it } from "vitest";
import { excessOf } from "../support/growth.ts";
import { type Family, familiesOf } from "./families.ts";

/** A document of usual size, whose parts grow in turn, and what is done with it. */
export interface Subject {
  readonly seed: unknown;
  readonly run: (document: never) => unknown;
  /** Used instead of growing the parts of the document. */
  readonly families?: readonly Family[];
}

/** For each function by name, how it is tested, or a sentence that says why it is not. */
export type Subjects = Readonly<Record<string, Subject | readonly Subject[] | string>>;

/** Tests each function of an entry. Fails if the table lacks one, or has one that is gone. */
export function tryGrowth(entry: object, subjects: Subjects, says: () => void = () => {}): void {
  const names = Object.entries(entry).flatMap(([name, value]) =>
    typeof value === "function" ? [name] : [],
  );

  it("says of each function how it is tried, or why it is not", () => {
    expect(Object.keys(subjects).sort()).toEqual(names.sort());
    for (const why of Object.values(subjects)) {
      if (typeof why === "string") expect(why).toMatch(/^[A-Z].*\.$/);
    }
  });

  describe("takes time, and returns an answer, in proportion to its input", () => {
    for (const [name, tried] of Object.entries(subjects)) {
      if (typeof tried === "string") continue;
      it(name, { timeout: 300_000 }, async () => {
        says();
        for (const subject of [tried].flat() as readonly Subject[]) await expectBounded(subject);
      });
    }
  });
}

export async function expectBounded({ seed, run, families }: Subject): Promise<void> {
  // A seed that is refused would test only the refusal.
  await run(structuredClone(seed) as never);
  const accepts = async (document: unknown) => {
    try {
      await run(document as never);
      return true;
    } catch {
      return false;
    }
  };
  for (const { name, input } of families ?? (await familiesOf(seed, accepts))) {
    const excess = await excessOf({ input, run: (document) => run(document as never) });
    expect(excess, name).toBeUndefined();
  }
}

/** The result of each edit, or the message if the format cannot express it. */
export function eachEdit(
  messages: readonly Message[],
  write: (messages: readonly Message[]) => unknown,
): readonly unknown[] {
  return edited(messages).map((changed) => {
    try {
      return write(changed);
    } catch (error) {
      if (isGlassineError(error)) return error.message;
      throw error;
    }
  });
}

/** Messages as plugins leave them: reordered and with changed parts, or fewer of both. */
function edited(messages: readonly Message[]): readonly (readonly Message[])[] {
  const parts = (change: (content: Message["content"]) => Message["content"]) =>
    messages.map((message) => createMessage({ ...message, content: change(message.content) }));
  return [
    parts((content) => content.toReversed().map(inOtherWords)).toReversed(),
    parts((content) => content.filter((_, at) => at % 2 === 0)).filter((_, at) => at % 2 === 0),
  ];
}

function inOtherWords(part: Message["content"][number]): Message["content"][number] {
  if (part.content_type === "text") return { ...part, text: `${part.text}!` };
  if (part.content_type !== "tool_result") return part;
  return { ...part, content: { ...part.content, content: "Redacted." } };
}
