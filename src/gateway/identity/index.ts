export {
  createIdentifier,
  type Identifier,
  type IdentifierOptions,
  localIdentity,
} from "./create-identifier.ts";
export type { Identity } from "./identity.ts";
export { checkOrigin } from "./listen.ts";
export type { Refusal } from "./refusals.ts";
