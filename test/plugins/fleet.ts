/**
 * Plugins that know nothing of extensions. Each is on all eight older hooks, takes payload and
 * context, and says in its metadata or by a change what it found.
 */
import { answers } from "./fleet-answers.ts";
import { forms } from "./fleet-forms.ts";
import type { Shape } from "./fleet-shape.ts";

export const fleet: readonly Shape[] = [...forms, ...answers];
