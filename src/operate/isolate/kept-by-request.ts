/** What is kept of each request, for as long as somebody may ask about it. */

/** The most requests. What is kept of more is forgotten: that of the one asked about longest ago. */
const maxRequests = 1_000;

/** Returns what is kept of a request, which `make` makes where nothing is. */
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
