export {
  type PolicyInput,
  type PolicyInputOptions,
  type SerializedContext,
  type SerializedView,
  type SerializeOptions,
  serializeView,
  toPolicyInput,
} from "./serialize.ts";
export type {
  DataPolicy,
  ObjectProfile,
  PartView,
  ViewAction,
  ViewedExtensions,
  ViewKind,
} from "./types.ts";
export { type ViewsOptions, viewsOf } from "./views-of.ts";
