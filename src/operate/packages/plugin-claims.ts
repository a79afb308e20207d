/**
 * Whether a package.json that is refused is one of a plugin. Any other is no business of the host,
 * and is not to keep it from starting.
 */
import { isObject, readSmallFile } from "./small-file.ts";

/** More than any that is no plugin has. */
const maxBytes = 16 * 1024 * 1024;

/** By its text, whatever is wrong with it: `JSON.parse` takes what the strict reader refuses. */
export function claimsPlugin(text: string, field: string): boolean {
  try {
    const data: unknown = JSON.parse(text);
    if (isObject(data)) {
      const { keywords } = data;
      const hasKeyword = Array.isArray(keywords) && keywords.includes(`${field}-plugin`);
      return Object.hasOwn(data, field) || hasKeyword;
    }
  } catch {
    // Then it is told where it says so.
  }
  return text.includes(`"${field}"`) || text.includes(`"${field}-plugin"`);
}

/**
 * The same of a file that is too large or a link. It is read for this alone, through links too, and
 * no pipe is waited for. True where it cannot be known.
 */
export async function mayClaimPlugin(path: string, field: string): Promise<boolean> {
  const file = await readSmallFile(path, { maxBytes, followLinks: true });
  return "fault" in file || claimsPlugin(new TextDecoder().decode(file.bytes), field);
}
