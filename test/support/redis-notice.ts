/** Says once a run that tests are skipped for want of a server. */
import process from "node:process";

export function setup(): void {
  if (process.env.GLASSINE_REDIS_URL) return;
  process.stderr.write(
    "GLASSINE_REDIS_URL names no server: the tests against Redis or Valkey are skipped.\n",
  );
}
