// An external processor that looks at nothing: it sends back what comes.
//
//     node tools/bench/envoy/nothing.mjs SOCKET
import process from "node:process";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { fromJSON } from "@grpc/proto-loader";
import { createJiti } from "jiti";

const jiti = createJiti(import.meta.url);
const { messages } = await jiti.import("../../../src/gateway/envoy/messages.ts");
const root = { nested: {} };
for (const [path, definitions] of Object.entries(messages)) {
  let at = root;
  for (const name of path.split(".")) {
    at.nested[name] ??= { nested: {} };
    at = at.nested[name];
  }
  Object.assign(at.nested, definitions);
}
const found = fromJSON(root, { keepCase: true, oneofs: true });
const server = new Server();
server.addService(found["envoy.service.ext_proc.v3.ExternalProcessor"], {
  Process(call) {
    call.on("data", (message) => {
      for (const side of ["request", "response"]) {
        const headers = message[`${side}_headers`];
        const piece = message[`${side}_body`];
        if (headers) call.write({ [`${side}_headers`]: {} });
        const body = piece && { body: piece.body, end_of_stream: piece.end_of_stream };
        if (piece)
          call.write({
            [`${side}_body`]: { response: { body_mutation: { streamed_response: body } } },
          });
        if (side === "response" && (piece?.end_of_stream || headers?.end_of_stream)) call.end();
      }
    });
    call.on("end", () => call.end());
    call.on("error", () => {});
  },
});
server.addService(found["grpc.health.v1.Health"], {
  Check: (_, answer) => answer(null, { status: 1 }),
});
server.bindAsync(`unix:${process.argv[2]}`, ServerCredentials.createInsecure(), () => {
  process.stdout.write("ready\n");
});
