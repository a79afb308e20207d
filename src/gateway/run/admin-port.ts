/**
 * The port for operators: whether the gateway is alive, whether it takes requests, and its metrics.
 * It gives no access to servers, models or plugins, and does not ask who is calling.
 */
import type { LabelStore } from "../../core/labels/index.ts";
import type { GatewayConfig } from "../config/index.ts";
import { checkOrigin } from "../identity/index.ts";
import { readinessSession } from "./label-store.ts";
import { type Listening, listenOn } from "./listen.ts";

export type Readiness =
  | "ready"
  | "starting"
  | "shutting_down"
  | "label_store_unreachable"
  | "audit_failed";

export interface AdminOptions {
  /** Returns whether the gateway takes requests, or why it does not. */
  readonly state: () => Readiness;
  readonly store: LabelStore;
  readonly generation: () => number;
  /** Returns the text for `/metrics`. */
  readonly metrics: () => string;
}

const noStore = { "cache-control": "no-store" };

/** @throws GlassineError (as a rejection) `setting_invalid` */
export async function openAdminPort(
  admin: NonNullable<GatewayConfig["admin"]>,
  { state, store, generation, metrics }: AdminOptions,
): Promise<Listening> {
  const listening = await listenOn("admin", admin, async (request) => {
    const { port } = listening.address;
    const refused = checkOrigin(request, { ...admin, port, allowedOrigins: [] });
    if (refused !== undefined) return refused;
    if (request.method !== "GET" && request.method !== "HEAD")
      return new Response(null, { status: 405, headers: { ...noStore, allow: "GET, HEAD" } });
    const { pathname } = new URL(request.url);
    if (pathname === "/healthz") return answer(200, { status: "ok" });
    if (pathname === "/readyz") return readiness();
    if (pathname !== "/metrics") return answer(404, { status: "not_found" });
    const type = "text/plain; version=0.0.4; charset=utf-8";
    return new Response(metrics(), { headers: { ...noStore, "content-type": type } });
  });

  async function readiness(): Promise<Response> {
    const code = state() === "ready" ? await storeState() : state();
    if (code === "ready") return answer(200, { status: code, generation: generation() });
    return answer(503, { status: "not_ready", code, generation: generation() });
  }

  /** Needs no timeout: a store settles in time, or rejects. */
  async function storeState(): Promise<Readiness> {
    try {
      await store.load(readinessSession);
      return "ready";
    } catch {
      return "label_store_unreachable";
    }
  }

  return listening;
}

function answer(status: number, body: object): Response {
  return Response.json(body, { status, headers: noStore });
}
