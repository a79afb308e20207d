/** What happened, and the way out. */
export interface ErrorCodeSpec {
  readonly means: string;
  readonly todo: string;
}
