/** Whether a value, such as a logger that is itself a function, has functions of these names. */
export function hasFunctions(value: unknown, names: readonly string[]): boolean {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return false;
  return names.every((name) => typeof (value as Record<string, unknown>)[name] === "function");
}
