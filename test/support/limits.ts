/** The default limits of extensions; `test/pins/limits.test.ts` compares them. */
export const defaultLimits = {
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
} as const;
