// An external processor that inspects nothing and sends every body back unchanged.
//
//     node tools/bench/envoy/nothing.mjs SOCKET
import process from "node:process";
import { createJiti } from "jiti";

const { loadGrpc } = await createJiti(import.meta.url).import(
  "../../../src/gateway/envoy/load-grpc.ts",
);
const { Server, ServerCredentials, services } = await loadGrpc();
const server = new Server();
server.addService(services.processor, {
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
server.addService(services.health, {
  Check: (_, answer) => answer(null, { status: 1 }),
});
server.bindAsync(`unix:${process.argv[2]}`, ServerCredentials.createInsecure(), () => {
  process.stdout.write("ready\n");
});
