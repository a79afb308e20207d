/** Loads the package jose, which only gateways that accept tokens need. */
import type { JWTVerifyGetKey } from "jose";
import { loadPeer } from "../../operate/packages/index.ts";
import type { GatewayConfig } from "../config/index.ts";

export type Jose = typeof import("jose");
/** Finds the key for a token by its header. */
export type KeyFinder = JWTVerifyGetKey;
export type Algorithm = NonNullable<GatewayConfig["identity"]["jwt"]>["algorithms"][number];

/** @throws GlassineError (as a rejection) `setting_invalid` if jose is not installed */
export async function loadJose(): Promise<Jose> {
  const exports = ["jwtVerify", "createLocalJWKSet", "createRemoteJWKSet"];
  return (await loadPeer({ name: "jose", install: "jose@6", exports })) as Jose;
}
