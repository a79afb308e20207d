/** How a code comes to light: thrown, recorded as a refusal, or reported as an ignored change. */
export interface ErrorCodeSpec {
  readonly kind: "refusal" | "violation" | "rejection" | "misuse" | "failure";
  readonly means: string;
  readonly todo: string;
}
