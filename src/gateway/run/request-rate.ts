/** How many requests a subject may send in a minute: a bucket for each, bounded in number. */

const minuteMs = 60_000;

interface Bucket {
  tokens: number;
  at: number;
}

const maxKeys = 10_000;

export function requestRate(perMinute: () => number) {
  const buckets = new Map<string, Bucket>();
  return {
    /** Takes one of `key`; returns the seconds to wait if there is none. */
    take(key: string): number | undefined {
      const at = performance.now();
      const most = perMinute();
      const known = buckets.get(key) ?? { tokens: most, at };
      const tokens = Math.min(most, known.tokens + ((at - known.at) * most) / minuteMs);
      // The last in the order is the last that was used.
      buckets.delete(key);
      buckets.set(key, { tokens: Math.max(0, tokens - 1), at });
      const [oldest] = buckets.keys();
      if (buckets.size > maxKeys && oldest !== undefined) buckets.delete(oldest);
      if (tokens >= 1) return undefined;
      buckets.set(key, { tokens, at });
      return Math.ceil(((1 - tokens) * minuteMs) / most / 1000);
    },
  };
}
