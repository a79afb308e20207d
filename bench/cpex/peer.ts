/** One side of a comparison that runs in Python: a case of `server.py`. */
import type { Comparison, Elsewhere, Side } from "../harness.ts";
import { pythonPath } from "./find-python.ts";
import { type LineServer, startLineServer } from "./line-server.ts";

/** What `server.py` can time, each with the workload that it needs. */
export type PeerCase =
  | { readonly case: "filter"; readonly input: Granted }
  | { readonly case: "merge" | "turn"; readonly input: Granted & { readonly edit: PeerEdit } }
  | { readonly case: "execute"; readonly input: Execution }
  | { readonly case: "views"; readonly input: OfText & Envelope & { readonly read: boolean } }
  | { readonly case: "decode" | "encode"; readonly input: OfText };

/** What a plugin does with its view. */
export type PeerEdit = "none" | "label" | "header" | "hop" | "custom" | "copy";

interface Envelope {
  readonly envelope: object;
}
interface Granted extends Envelope {
  readonly capabilities: readonly string[];
}
interface OfText {
  readonly text: string;
}
interface Execution extends Partial<Envelope> {
  readonly kind: "two" | "three" | "labels";
  readonly plugins: number;
  readonly capabilities: readonly string[];
  readonly payload: object;
}

/** A comparison of ours with a case of CPEX. */
export function versusCpex(
  id: string,
  workload: string,
  goal: number,
  ours: () => Side | Promise<Side>,
  peer: PeerCase,
): Comparison {
  return {
    id,
    workload: `${workload}, vs CPEX`,
    goal,
    sides: async () => [await ours(), await peerSide(peer)],
  };
}

let server: LineServer | undefined;
let sides = 0;

async function peerSide(peer: PeerCase): Promise<Elsewhere> {
  server ??= startPeer();
  const { ask, end } = server;
  sides += 1;
  const id = String(sides);
  await ask({ prepare: id, ...peer });
  return {
    spend: async (times) => {
      const { cpuNs } = await ask({ case: id, times });
      return Number(cpuNs) / 1e6;
    },
    end,
  };
}

function startPeer(): LineServer {
  const python = pythonPath();
  if (python === undefined) throw new Error("CPEX_PYTHON names no Python.");
  // Isolated: neither the folder nor the environment adds to what it imports.
  return startLineServer(python, ["-I", "bench/cpex/server.py"]);
}
