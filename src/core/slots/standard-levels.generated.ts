// Generated from the slot table by `npm run generate`. Edit the table, not this file.
import type { Take } from "./types.ts";

/** Copy functions, one for each level that can be shown in part. */
export const standardLevels: readonly Take[] = [
  (level, open) => ({
    request: open[0] ? level.request : undefined,
    agent: open[1] ? level.agent : undefined,
    http: open[2] ? level.http : undefined,
    security: open[3] ? level.security : undefined,
    delegation: open[4] ? level.delegation : undefined,
    mcp: open[5] ? level.mcp : undefined,
    completion: open[6] ? level.completion : undefined,
    provenance: open[7] ? level.provenance : undefined,
    llm: open[8] ? level.llm : undefined,
    framework: open[9] ? level.framework : undefined,
    meta: open[10] ? level.meta : undefined,
    custom: open[11] ? level.custom : undefined,
  }),
  (level, open) => ({
    labels: open[0] ? level.labels : undefined,
    classification: open[1] ? level.classification : undefined,
    subject: open[2] ? level.subject : undefined,
    objects: open[3] ? level.objects : undefined,
    data: open[4] ? level.data : undefined,
    client: open[5] ? level.client : undefined,
    caller_workload: open[6] ? level.caller_workload : undefined,
    this_workload: open[7] ? level.this_workload : undefined,
    auth_method: open[8] ? level.auth_method : undefined,
  }),
  (level, open) => ({
    id: open[0] ? level.id : undefined,
    type: open[1] ? level.type : undefined,
    roles: open[2] ? level.roles : undefined,
    permissions: open[3] ? level.permissions : undefined,
    teams: open[4] ? level.teams : undefined,
    claims: open[5] ? level.claims : undefined,
  }),
];
