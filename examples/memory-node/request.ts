/** Before any operation: identify the caller, resolve the tenant and check permissions. */
import { randomUUID } from "node:crypto";
import type { Json } from "glassine";
import type { Identity, Tenant } from "glassine/memory-node";
import { type Caller, type MemoryNode, NodeError } from "./node.ts";

/**
 * @throws NodeError 401 the credentials could not be resolved
 */
export async function resolveIdentity(
  { manager }: MemoryNode,
  rawCredentials: Json,
): Promise<Identity> {
  // Credentials must not appear in any record or log line.
  const secrets = textsIn(rawCredentials);
  try {
    return await manager.invoke("identity_resolve", {}, { operation: { rawCredentials }, secrets });
  } catch (error) {
    throw new NodeError(401, "The caller could not be identified.", error);
  }
}

/** Returns all strings in the credentials, whatever their shape. */
function textsIn(credentials: Json): readonly string[] {
  if (typeof credentials === "string") return credentials === "" ? [] : [credentials];
  if (typeof credentials !== "object" || credentials === null) return [];
  return Object.values(credentials).flatMap(textsIn);
}

/**
 * Resolves the tenant of a request. Fails rather than fall back to the shared tenant.
 *
 * @throws NodeError 403 if no plugin answers, or the answer is not a tenant
 */
export async function resolveTenant({ manager }: MemoryNode, identity: Identity): Promise<Tenant> {
  const { tenant_id: source } = identity;
  const standard: Tenant = {
    tenantId: "default",
    metadata: {
      tenant_context_source: "hook",
      ...(source === undefined ? {} : { source_tenant_id: source }),
    },
  };
  try {
    return await manager.invoke("tenant_resolve", standard, { operation: { identity } });
  } catch (error) {
    throw new NodeError(403, "The tenant could not be resolved.", error);
  }
}

/** Resolves the caller and assigns the request a fresh id. */
export async function callerOf(node: MemoryNode, rawCredentials: Json): Promise<Caller> {
  const identity = await resolveIdentity(node, rawCredentials);
  return { identity, tenant: await resolveTenant(node, identity), requestId: randomUUID() };
}

/**
 * Whether a caller may use a permission now. Plugins run only if the caller holds it.
 *
 * @throws NodeError 500 a plugin failed, so the operation is rejected
 */
export async function can(
  { manager }: MemoryNode,
  { identity, tenant }: Caller,
  capability: string,
): Promise<boolean> {
  if (identity.permissions?.includes(capability) !== true) return false;
  try {
    return (await manager.invoke("capability_check", { identity, capability, tenant })).allow;
  } catch (error) {
    throw new NodeError(500, "The permission could not be checked.", error);
  }
}

/** @throws NodeError 403 not permitted, and whatever `can` throws */
export async function expectCan(
  node: MemoryNode,
  caller: Caller,
  capability: string,
): Promise<void> {
  if (!(await can(node, caller, capability))) throw new NodeError(403, `${capability} is needed`);
}
