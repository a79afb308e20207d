/** Modes and what each may do, in the order of their phases. */
export const modes = {
  sequential: { mayHalt: true, mayModify: true },
  transform: { mayHalt: false, mayModify: true },
  audit: { mayHalt: false, mayModify: false },
  concurrent: { mayHalt: true, mayModify: false },
  fire_and_forget: { mayHalt: false, mayModify: false },
  disabled: { mayHalt: false, mayModify: false },
} as const satisfies Record<string, { readonly mayHalt: boolean; readonly mayModify: boolean }>;

/** How a plugin runs on a hook. */
export type Mode = keyof typeof modes;

/** What happens when a handler fails or its result is refused. */
export type OnError = "fail" | "ignore" | "disable";
