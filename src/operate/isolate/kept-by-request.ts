/** Keeps something for each request, as long as it may be needed. */
import { putNewest } from "../../core/data/index.ts";

/** How many requests to keep. Beyond that, the least recently used one is dropped. */
const maxRequests = 1_000;

/** Returns a function that returns what is kept for a request; `make` creates it if needed. */
export function keptByRequest<Kept>(make: () => Kept): (request: string) => Kept {
  const all = new Map<string, Kept>();
  return (request) => {
    const kept = all.get(request) ?? make();
    putNewest(all, request, kept, maxRequests);
    return kept;
  };
}
