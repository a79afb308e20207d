import { hostOf } from "./define-host.ts";
import { type Standard, standardSurface } from "./standard.ts";

/** The standard host as one object, for functions that take a host. */
export const standardHost: Standard = /* @__PURE__ */ hostOf(standardSurface);
