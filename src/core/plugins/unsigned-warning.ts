/** Warnings of plugins that run although nobody checked their signature. */
import { intrinsics } from "../data/index.ts";
import type { DiscoveryFacts } from "./discovered.ts";
import { byUnits } from "./order.ts";
import { quoteName } from "./read-plain.ts";

const { freeze, monotonicNow } = intrinsics;

type Warn = (text: string) => void;

/** Their names, sorted. */
export function unsignedAmong(discovered: DiscoveryFacts | undefined): readonly string[] {
  const found = discovered?.plugins.filter(
    ({ origin }) => origin.decision === "development_unsigned_override",
  );
  return freeze((found ?? []).map(({ plugin }) => plugin.name).sort(byUnits));
}

/** Warns of each of them, once, and of plugins of other kinds that are the host's to run. */
export function warnOfUnsigned(
  discovered: DiscoveryFacts | undefined,
  { warn }: { readonly warn: Warn },
): void {
  for (const name of [...unsignedAmong(discovered), ...(discovered?.unsignedOthers ?? [])])
    warn(unsignedWarning(name, discovered?.signingVariable ?? ""));
}

/** What is said of a plugin that is loaded without a verified signature, because of a setting. */
export function unsignedWarning(name: string, signingVariable: string): string {
  return `SECURITY WARNING: unsigned plugin ${quoteName(name)} loaded because ${signingVariable}=false; do not use this setting in production`;
}

const everyMs = 60_000;

/** `invoke`, with a warning before it: at the first run, and at most once a minute afterwards. */
export function warnedAbout<Run extends (...given: never[]) => unknown>(
  invoke: Run,
  discovered: DiscoveryFacts | undefined,
  { warn }: { readonly warn: Warn },
): Run {
  const names = unsignedAmong(discovered);
  if (names.length === 0) return invoke;
  const text = `SECURITY WARNING: unsigned plugins active via ${discovered?.signingVariable}=false: ${names.join(", ")}`;
  let due = monotonicNow();
  return ((hook: never, payload: never, options: never) => {
    const now = monotonicNow();
    if (now >= due) {
      due = now + everyMs;
      warn(text);
    }
    // By name: a patched iterator would be handed the payload and the extensions.
    return invoke(hook, payload, options);
  }) as Run;
}
