/** Proxies in place of what a filter hides, which no envelope created by a host contains. */
import { expect, it } from "vitest";
import { filterFor } from "../../../src/core/envelope/index.ts";
import { compileSlots, standardSlots } from "../../../src/core/slots/index.ts";
import { envelope, everything, subject } from "../../spec/support.ts";
import { verifies } from "../../support/verifies.ts";

const compiled = compileSlots(standardSlots);
const full = envelope(everything);

it("the filter does not read what it hides", () => {
  verifies("filter:unvisited");
  const looks: string[] = [];
  const hidden = new Proxy(
    {},
    new Proxy({}, { get: (_target, trap) => () => looks.push(String(trap)) && undefined }),
  );
  const { claims: _claims, ...others } = full.security?.subject ?? {};
  const watched = {
    ...full,
    agent: hidden,
    http: hidden,
    delegation: hidden,
    security: { ...full.security, labels: hidden, subject: { ...others, claims: hidden } },
  };
  const shown = filterFor(compiled, compiled.capabilities.mask(["read_roles"]))(watched);
  expect(shown).toMatchObject({ security: { subject: { roles: subject.roles } } });
  expect(looks).toEqual([]);
  expect(Object.hasOwn(hidden, "a")).toBe(false);
  expect(looks).toEqual(["getOwnPropertyDescriptor"]);
});
