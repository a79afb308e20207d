/** Limits what may happen per minute, by a token bucket for each key. The buckets are bounded. */
import { putNewest } from "../../core/data/index.ts";

const minuteMs = 60_000;

interface Bucket {
  tokens: number;
  at: number;
}

const maxKeys = 10_000;

export function ratePerMinute(perMinute: () => number) {
  const buckets = new Map<string, Bucket>();
  return {
    /**
     * Takes tokens of `key`, or returns the seconds to wait if there is none. If there are fewer
     * than `count`, the rest is owed.
     */
    take(key: string, count = 1): number | undefined {
      const at = performance.now();
      const most = perMinute();
      const known = buckets.get(key) ?? { tokens: most, at };
      const tokens = Math.min(most, known.tokens + ((at - known.at) * most) / minuteMs);
      putNewest(buckets, key, { tokens: tokens < 1 ? tokens : tokens - count, at }, maxKeys);
      if (tokens >= 1) return undefined;
      return Math.ceil(((1 - tokens) * minuteMs) / most / 1000);
    },
  };
}
