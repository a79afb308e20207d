/** File names that are valid, and different from each other, on every system. */

const lenient = new TextDecoder("utf-8", { ignoreBOM: true });

/** Decodes a name as the system stores it, for a message: with replacement characters. */
export function decodeForMessage(bytes: Uint8Array): string {
  return lenient.decode(bytes);
}

// Control characters and line separators, which could forge records and lines of output.
const control = /[\p{Cc}\p{Zl}\p{Zp}]/u;
// Windows takes these for a drive, a stream, a separator or a pattern.
const notForWindows = /[<>:"|?*\\]/;
const device = /^(?:CON|PRN|AUX|NUL|CLOCK\$|CONIN\$|CONOUT\$|(?:COM|LPT)[0-9\u00b9\u00b2\u00b3])$/i;

/** Why the name of a file or folder is not valid on every system, as the end of a sentence. */
export function nameFault(name: string): string | undefined {
  if (control.test(name)) return "has a control character in its name";
  if (notForWindows.test(name) || /[. ]$/.test(name)) return "has a name that Windows cannot hold";
  // Windows ignores what follows the first dot, and spaces before it.
  const stem = name.replace(/\..*$/s, "").replace(/ +$/, "");
  return device.test(stem) ? "has the name of a device of Windows" : undefined;
}

/**
 * The same for names that a system may treat as one: those that differ in case or Unicode
 * composition. Lower case comes first, so that both cases of the sharp s match.
 */
export function foldedName(name: string): string {
  return name.normalize("NFC").toLowerCase().toUpperCase().normalize("NFC");
}
