export { checkOrigin } from "./check-origin.ts";
export {
  createIdentifier,
  type Identifier,
  isAnonymous,
  localIdentity,
} from "./create-identifier.ts";
export type { Identity } from "./identity.ts";
export type { Refusal } from "./refusals.ts";
export { namedByConnection } from "./shown-headers.ts";
