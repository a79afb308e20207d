/** Laws of the patterns for URIs in stock plugins, against what `new URL` reads. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { allowedUris, refusedUris } from "../src/plugins/targets.ts";
import { expectSome } from "./support/runs.ts";

const pieces = fc.constantFrom(
  ..."/ \\ . .. %2e %2E %2f %5c ; ? # @ : :443 a b public www .a.example a.example. A.EXAMPLE".split(
    " ",
  ),
  ...[" ", "\t", "\n", "//", "https:", "HTTPS:", "file:"],
);
const tails = fc.array(pieces, { maxLength: 8 }).map((list) => list.join(""));

function parsed(uri: string): URL | undefined {
  return URL.canParse(uri) ? new URL(uri) : undefined;
}

it("a wildcard allows only URIs that are read as below its prefix", () => {
  const matches = allowedUris(["file:///public/**", "https://*.a.example/public/**"]);
  const begins = fc.constantFrom(
    "file:///public/",
    "https://",
    "https://www.a.example/public/",
    "",
  );
  let allowed = 0;
  fc.assert(
    fc.property(begins, tails, (begin, tail) => {
      const uri = begin + tail;
      if (!matches(uri)) return;
      allowed += 1;
      const url = parsed(uri);
      expect(url?.pathname.startsWith("/public/")).toBe(true);
      if (url?.protocol !== "file:") expect(url?.hostname.endsWith(".a.example")).toBe(true);
      expect(decodeURIComponent(url?.pathname ?? "")).not.toMatch(/(^|[/\\])\.\.?([/\\;]|$)/);
    }),
  );
  expectSome(allowed);
});

it("a pattern refuses every URI that is read as below its prefix", () => {
  const matches = refusedUris(["https://a.example/**"]);
  const begins = fc.constantFrom("https://a.example", "https://", "HTTPS:", " https://b@", "");
  let refused = 0;
  fc.assert(
    fc.property(begins, tails, (begin, tail) => {
      const uri = begin + tail;
      const url = parsed(uri);
      const isThere =
        url?.protocol === "https:" && /^a\.example\.?$/.test(url.hostname) && url.port === "";
      expect(matches(uri)).toBe(isThere || uri.startsWith("https://a.example/"));
      if (isThere) refused += 1;
    }),
  );
  expectSome(refused);
});
