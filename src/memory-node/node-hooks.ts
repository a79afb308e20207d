/** The hooks of the node itself: its schema, its audit trail, its plugins. */
import * as z from "zod";
import { defineHooks } from "../host.ts";
import { keepsMigrations } from "./keeps-migrations.ts";
import { anyObject, word } from "./open-object.ts";
import { eventSchema, migrationSchema, pluginViewSchema } from "./shapes.ts";

export const nodeHooks = defineHooks({
  migration_register: {
    semantic: "filter_chain",
    description:
      "The node starts. The value is the list of the plugins' migrations; each plugin adds its own.",
    ordering: "core_only_default",
    band: "TRANSFORM",
    payload: z.array(migrationSchema),
    operation: z.strictObject({ dbPath: word(), migrationsDir: word(), settings: anyObject() }),
    // An arrow, so that no declaration has to name the function of this room.
    keeps: (given, got, plugin) => keepsMigrations(given, got, plugin),
  },
  audit_emit: {
    semantic: "fire_and_forget",
    description:
      "An event was written to the audit trail. A failure reaches the code that emitted it.",
    strict: true,
    ordering: "core_only_default",
    band: "AUDIT",
    payload: z.strictObject({ event: eventSchema }),
  },
  config_validate: {
    semantic: "voting",
    description:
      "A plugin is being registered. Decides whether it may, with this name and these capabilities.",
    ordering: "core_first",
    band: "VALIDATE",
    payload: z.strictObject({ plugin: pluginViewSchema }),
  },
});
