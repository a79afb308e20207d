/** The side of a comparison that runs in CPEX, in `server.py` or `tools/bench/cpex-rust`. */
import type { Comparison, Elsewhere, Side } from "../harness.ts";
import { cratePath, pythonPath } from "./find-peer.ts";
import { type LineServer, startLineServer } from "./line-server.ts";

/** The cases that CPEX can time, each with its input. */
export type PeerCase =
  | { readonly case: "filter"; readonly input: Granted }
  | { readonly case: "turn"; readonly input: Granted & { readonly edit: PeerEdit } }
  | { readonly case: "execute"; readonly input: Execution }
  | { readonly case: "views"; readonly input: OfText & Envelope & { readonly read: boolean } }
  | { readonly case: "decode" | "encode"; readonly input: OfText };

/** The edit that a plugin makes to its view. */
export type PeerEdit = "none" | "label" | "header";

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

/** Makes a comparison of our side with a CPEX case. */
export type Versus = (
  id: string,
  workload: string,
  goal: number,
  ours: () => Side | Promise<Side>,
  peer: PeerCase,
) => Comparison;

export const versusCpex = versus("CPEX", () => {
  // `-I`: neither the current folder nor the environment affects what Python imports.
  return startLineServer(madeAt(pythonPath()), ["-I", "tools/bench/cpex/server.py"]);
});

/** The Rust program only has the cases `filter` and `execute`. */
export const versusCrate = versus("cpex-core", () => startLineServer(madeAt(cratePath()), []));

/** Starts the program once, when the first comparison is measured. */
function versus(name: string, start: () => LineServer): Versus {
  let server: LineServer | undefined;
  let sides = 0;

  async function peerSide(peer: PeerCase): Promise<Elsewhere> {
    server ??= start();
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

  return (id, workload, goal, ours, peer) => ({
    id,
    workload: `${workload}, vs ${name}`,
    goal,
    sides: async () => [await ours(), await peerSide(peer)],
  });
}

function madeAt(path: string | undefined): string {
  if (path === undefined) throw new Error("CPEX is not installed.");
  return path;
}
