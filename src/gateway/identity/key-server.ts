/**
 * Keys from a JWKS URL. jose caches them for ten minutes and fetches them again for an unknown key,
 * at most every 30 seconds. A redirect counts as a failure.
 */
import { attempt, isRecord } from "../../core/data/index.ts";
import type { Jose, KeyFinder } from "./jose.ts";
import { Refused } from "./refusals.ts";

const timeoutMs = 5_000;
/** After a failure nothing is fetched for this long, even if callers send made-up tokens. */
const pauseMs = 5_000;
const maxBytes = 1_048_576;

/** Error codes that mean a faulty token, not a faulty key server. */
const faultsOfTokens = new Set([
  "ERR_JWKS_NO_MATCHING_KEY",
  "ERR_JWKS_MULTIPLE_MATCHING_KEYS",
  "ERR_JOSE_NOT_SUPPORTED",
]);

export function keysOfServer(
  { createRemoteJWKSet, customFetch }: Jose,
  text: string,
  now: () => number,
): KeyFinder {
  const url = new URL(text);
  let pausedUntil = Number.NEGATIVE_INFINITY;
  const find = createRemoteJWKSet(url, {
    timeoutDuration: timeoutMs,
    [customFetch]: async (address: string, init: RequestInit) => {
      if (now() < pausedUntil) throw new Error("The keys could not be fetched a moment ago.");
      try {
        const response = await fetch(address, init);
        return Response.json(await jwksIn(response));
      } catch (error) {
        pausedUntil = now() + pauseMs;
        throw error;
      }
    },
  });
  return async (header, token) => {
    try {
      return await find(header, token);
    } catch (error) {
      const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
      if (typeof code === "string" && faultsOfTokens.has(code)) throw error;
      throw new Refused({
        status: 503,
        code: "keys_unavailable",
        reason: "Tokens cannot be checked at the moment.",
        detail: `The keys of ${url.origin} cannot be used: ${String(message)}`,
      });
    }
  };
}

/** Returns the JWKS document in a response, of which at most `maxBytes` are read. */
async function jwksIn(response: Response): Promise<unknown> {
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`The server answered with status ${response.status}.`);
  }
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > maxBytes) throw new Error(`The answer is larger than ${maxBytes} bytes.`);
    text += decoder.decode(chunk, { stream: true });
  }
  const document = attempt((): unknown => JSON.parse(text));
  if (document === undefined) throw new Error("The answer is not JSON.");
  if (!isRecord(document) || !("keys" in document))
    throw new Error("The answer is not a JWKS document.");
  return document;
}
