/** Loads the optional peers for gRPC, and the services that are offered with them. */
import type { Server, ServerCredentials, ServiceDefinition } from "@grpc/grpc-js";
import type { fromJSON } from "@grpc/proto-loader";
import { loadPeer } from "../../operate/packages/index.ts";
import { messages } from "./messages.ts";

export interface Grpc {
  readonly Server: typeof Server;
  readonly ServerCredentials: typeof ServerCredentials;
  readonly services: {
    readonly processor: ServiceDefinition;
    readonly health: ServiceDefinition;
  };
}

interface ProtoLoader {
  readonly fromJSON: typeof fromJSON;
}

/** @throws GlassineError (as a rejection) `setting_invalid` if a peer is not installed */
export async function loadGrpc(): Promise<Grpc> {
  const install = "@grpc/grpc-js@1 @grpc/proto-loader@0.8";
  const grpc = await loadPeer({
    name: "@grpc/grpc-js",
    install,
    exports: ["Server", "ServerCredentials"],
  });
  const loader = (await loadPeer({
    name: "@grpc/proto-loader",
    install,
    exports: ["fromJSON"],
  })) as ProtoLoader;
  const found = loader.fromJSON(documentOf(messages), { keepCase: true, oneofs: true });
  return {
    ...(grpc as Pick<Grpc, "Server" | "ServerCredentials">),
    services: {
      processor: found["envoy.service.ext_proc.v3.ExternalProcessor"] as ServiceDefinition,
      health: found["grpc.health.v1.Health"] as ServiceDefinition,
    },
  };
}

interface Namespace {
  nested: Record<string, Namespace | object>;
}

/** Nests the definitions as protobuf.js expects: packages contain packages and definitions. */
function documentOf(packages: Readonly<Record<string, Readonly<Record<string, object>>>>) {
  const root: Namespace = { nested: {} };
  for (const [path, definitions] of Object.entries(packages)) {
    let at = root;
    for (const name of path.split(".")) {
      at.nested[name] ??= { nested: {} };
      at = at.nested[name] as Namespace;
    }
    Object.assign(at.nested, definitions);
  }
  return root;
}
