/**
 * Plugins that know nothing about extensions. Each is on all eight older hooks, takes payload and
 * context, and reports what it found in its metadata or with a change.
 */
import { answers } from "./fleet-answers.ts";
import { forms } from "./fleet-forms.ts";
import type { Shape } from "./fleet-shape.ts";

export const fleet: readonly Shape[] = [...forms, ...answers];
