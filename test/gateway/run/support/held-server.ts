import type { ServerResponse } from "node:http";
import { listening } from "../../../support/listening.ts";

/** A server over HTTP whose answers the test writes. */
export async function heldServer() {
  const waiting: ServerResponse[] = [];
  const { url } = await listening((request, response) => {
    request.resume();
    waiting.push(response);
  });
  return { waiting, url };
}
