/** What every `to…` takes. */
import type { LimitOptions } from "../rewrite/index.ts";
import type { ModelExtensions } from "./extensions.ts";

/** How messages become a document. */
export interface WriteOptions<Document extends object> extends LimitOptions {
  /**
   * The document that the messages came from. What the messages do not show is taken from it, and
   * what did not change keeps its exact JSON. It is read and never changed.
   */
  readonly onto?: Document | undefined;
  /** Used without `onto`: the model, and for a response its id, time, usage and stop reason. */
  readonly extensions?: ModelExtensions | undefined;
}
