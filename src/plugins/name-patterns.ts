import { matchesPattern } from "../messages.ts";

/** Whether a name is one of these, or fits one of them: `*` is any run without `/`, `**` any run. */
export function nameMatcher(patterns: readonly string[]): (name: string) => boolean {
  const names = new Set(patterns.filter((pattern) => !pattern.includes("*")));
  const wild = patterns.filter((pattern) => pattern.includes("*"));
  return (name) => names.has(name) || wild.some((pattern) => matchesPattern(pattern, name));
}
