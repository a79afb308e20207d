/** How much a value may hold. Lengths are UTF-16 units, depth counts nested containers. */
export interface Limits {
  readonly depth: number;
  readonly nodes: number;
  readonly units: number;
  readonly keyUnits: number;
  readonly labels: number;
  readonly labelCodePoints: number;
  readonly headers: number;
  readonly headerNameUnits: number;
  readonly headerValueUnits: number;
  readonly hops: number;
  readonly hopScopes: number;
  /** Length of JSON text, checked before it is parsed: keys and punctuation count as well. */
  readonly textUnits: number;
}

/** For extensions, whoever hands them in. */
export const extensionsLimits: Limits = Object.freeze({
  depth: 32,
  nodes: 20_000,
  units: 1_048_576,
  keyUnits: 256,
  labels: 256,
  labelCodePoints: 128,
  headers: 128,
  headerNameUnits: 128,
  headerValueUnits: 8_192,
  hops: 16,
  hopScopes: 64,
  textUnits: 4_194_304,
});

/** For payloads and messages. */
export const payloadLimits: Limits = Object.freeze({
  ...extensionsLimits,
  depth: 64,
  nodes: 1_000_000,
  units: 16_777_216,
  textUnits: 33_554_432,
});

const names = Object.freeze(Object.keys(extensionsLimits)) as readonly (keyof Limits)[];

/** Whether everything that `narrow` lets through passes `wide` too. */
export function areWithin(narrow: Limits, wide: Limits): boolean {
  if (narrow === wide) return true;
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as keyof Limits;
    if (narrow[name] > wide[name]) return false;
  }
  return true;
}
