/** What the name of a signer may look like, in settings, files and certificates. */

/** A signer as named by a certificate is the longest: an issuer and the URL of a workflow. */
export const maxIdentityUnits = 1024;

/** Invisible characters, and spaces that look like the plain one. */
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|(?! )\p{Zs}/u;

/**
 * Why a string cannot be the name of a signer, as the end of a sentence.
 *
 * Names are compared as they are. Two that look alike and are not would differ by what is refused
 * here, or be split in two by the list they stand in.
 */
export function identityFault(text: string): string | undefined {
  if (text === "") return "is empty";
  if (text.length > maxIdentityUnits) return `is longer than ${maxIdentityUnits} characters`;
  if (text.trim() !== text) return "has spaces around it";
  if (text.includes(",")) return "has a comma in it";
  if (unseen.test(text)) return "has a control character or one that nobody sees";
  if (text.normalize("NFC") !== text) return "is not in Unicode's normal form C";
  // What a record has in place of a signer.
  if (text === "unsigned") return "is the word for a package that nobody signed";
  return undefined;
}

/** A key is named by a word without spaces, so that it can be said in any message. */
export const keyIdPattern = /^[A-Za-z0-9][A-Za-z0-9._:@/+=-]{0,127}$/;
