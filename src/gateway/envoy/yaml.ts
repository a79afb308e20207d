/** Writes YAML with comments, for operators to read and change. */
import { Document, parseAllDocuments, type Scalar, visit } from "yaml";

/** Comments by the key that they go before. Each is written once, at the first such key. */
export type Comments = Readonly<Record<string, string>>;

const width = 96;

export function commented(value: object, comments: Comments): string {
  const document = new Document(value, { aliasDuplicateObjects: false });
  const left = new Map(Object.entries(comments));
  visit(document, {
    Pair(_, pair) {
      const key = String((pair.key as Scalar).value);
      const text = left.get(key);
      if (text === undefined) return;
      left.delete(key);
      (pair.key as Scalar).commentBefore = wrapped(text);
    },
  });
  return document.toString({ lineWidth: 0 });
}

/**
 * Parses the documents in a YAML or JSON string.
 *
 * @throws Error if it is neither
 */
export function documentsIn(text: string): readonly unknown[] {
  return [...parseAllDocuments(text)].map((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw error;
    return document.toJS() as unknown;
  });
}

function wrapped(text: string): string {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) as string;
    if (line.length + word.length > width) lines.push(` ${word}`);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines.join("\n");
}
