/** Keeps something for each request, as long as it may be needed. */

/** How many requests to keep. Beyond that, the least recently used one is dropped. */
const maxRequests = 1_000;

/** Returns a function that returns what is kept for a request; `make` creates it if needed. */
export function keptByRequest<Kept>(make: () => Kept): (request: string) => Kept {
  const all = new Map<string, Kept>();
  return (request) => {
    const kept = all.get(request) ?? make();
    all.delete(request);
    all.set(request, kept);
    const [oldest] = all.keys();
    if (all.size > maxRequests && oldest !== undefined) all.delete(oldest);
    return kept;
  };
}
