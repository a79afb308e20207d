// The graph of src/, as data. import-graph.test.ts holds every import to it.

/** A room may import the rooms of its list, through their `index.ts`. */
export interface Room {
  readonly mayImport: readonly string[];
  /** Rooms of which only types may be taken, by `import type`. */
  readonly mayImportTypes?: readonly string[];
  /** The folders of this room stand alone: none imports another. */
  readonly foldersApart?: true;
}

export interface Plan {
  /** In order: a room may only import rooms listed before it. */
  readonly rooms: Readonly<Record<string, Room>>;
  /** What `src/index.ts`, the public door, may import. */
  readonly door: Room;
  /** Files that another room may import although they are not the index of theirs. */
  readonly sideDoors: readonly SideDoor[];
  /** Files that load what is named only at run time: the code of plugins, and of optional peers. */
  readonly loaders: readonly string[];
  /** Where each dependency is at home; none may be imported elsewhere. */
  readonly packages: Readonly<Record<string, readonly string[]>>;
  readonly maxLines: number;
  /** Files the generator writes: no limit on their length. */
  readonly generated: RegExp;
}

interface SideDoor {
  readonly from: string;
  readonly to: string;
  readonly because: string;
}

export const plan: Plan = {
  rooms: {
    errors: { mayImport: [] },
    admit: { mayImport: ["errors"] },
    services: { mayImport: ["errors"] },
    audit: { mayImport: ["errors", "admit"] },
    slots: { mayImport: ["errors", "admit"] },
    extensions: { mayImport: ["errors", "admit", "slots"] },
    filter: { mayImport: ["errors", "admit", "slots", "extensions"] },
    merge: { mayImport: ["errors", "admit", "slots", "extensions", "filter"] },
    messages: { mayImport: ["errors", "admit", "slots"] },
    documents: { mayImport: ["errors", "admit", "messages"] },
    views: { mayImport: ["errors", "admit", "slots", "extensions", "messages"] },
    hooks: {
      mayImport: ["errors", "admit", "slots", "extensions", "filter", "merge", "messages"],
    },
    labels: { mayImport: ["errors", "admit", "extensions"], mayImportTypes: ["views"] },
    redis: { mayImport: ["errors", "admit", "labels"] },
    plugins: {
      mayImport: [
        "errors",
        "admit",
        "services",
        "audit",
        "slots",
        "extensions",
        "filter",
        "merge",
        "messages",
        "hooks",
      ],
    },
    wire: {
      mayImport: ["errors", "admit", "slots", "extensions", "filter", "messages", "hooks"],
      mayImportTypes: ["plugins"],
    },
    host: {
      mayImport: [
        "errors",
        "admit",
        "services",
        "slots",
        "extensions",
        "filter",
        "merge",
        "messages",
        "views",
        "hooks",
        "plugins",
        "wire",
      ],
    },
    "memory-node": {
      mayImport: ["errors", "admit", "services", "slots", "messages", "hooks", "plugins", "host"],
    },
    testing: {
      mayImport: [
        "errors",
        "admit",
        "services",
        "audit",
        "slots",
        "extensions",
        "filter",
        "merge",
        "messages",
        "documents",
        "views",
        "hooks",
        "labels",
        "plugins",
        "wire",
        "host",
      ],
    },
    adapters: {
      mayImport: [
        "errors",
        "admit",
        "slots",
        "extensions",
        "messages",
        "documents",
        "hooks",
        "labels",
      ],
      mayImportTypes: ["plugins", "host"],
      foldersApart: true,
    },
    packages: { mayImport: ["errors", "admit"] },
    trust: { mayImport: ["errors", "admit", "audit", "plugins", "packages"] },
    discovery: {
      mayImport: [
        "errors",
        "admit",
        "services",
        "audit",
        "slots",
        "hooks",
        "plugins",
        "host",
        "packages",
        "trust",
      ],
    },
    cli: {
      mayImport: [
        "errors",
        "admit",
        "audit",
        "slots",
        "hooks",
        "plugins",
        "host",
        "packages",
        "trust",
        "discovery",
      ],
    },
    node: { mayImport: ["errors", "admit", "audit", "packages", "trust", "discovery", "cli"] },
  },
  door: {
    mayImport: [
      "errors",
      "admit",
      "services",
      "audit",
      "slots",
      "extensions",
      "filter",
      "merge",
      "messages",
      "views",
      "hooks",
      "labels",
      "plugins",
      "wire",
      "host",
    ],
  },
  sideDoors: [],
  loaders: [
    "src/discovery/import-module.ts",
    "src/cli/import-host.ts",
    "src/trust/signing/peer.ts",
  ],
  packages: {
    zod: [
      "audit",
      "slots",
      "admit",
      "messages",
      "documents",
      "hooks",
      "plugins",
      "wire",
      "adapters",
      "memory-node",
      "testing",
      "cli",
    ],
    "fast-check": ["testing"],
    immer: ["extensions"],
    "fast-deep-equal": ["trust"],
    semver: ["plugins"],
    "ts-pattern": ["hooks", "plugins", "merge", "adapters"],
    "@humanwhocodes/momoa": ["packages"],
    "smol-toml": ["trust"],
    "@sigstore/bundle": ["trust"],
    "@sigstore/verify": ["trust"],
    commander: ["cli"],
    picocolors: ["cli"],
    "node:crypto": ["packages", "trust"],
    "node:fs": ["packages", "trust", "discovery", "cli"],
    "node:fs/promises": ["node", "packages", "trust", "discovery", "cli"],
    "node:module": ["discovery", "cli"],
    "node:os": ["packages", "trust", "discovery", "cli"],
    "node:path": ["packages", "trust", "discovery", "cli"],
    "node:process": ["cli"],
    "node:url": ["packages", "trust", "discovery", "cli"],
    "node:util": ["trust"],
    "node:zlib": ["trust"],
  },
  maxLines: 350,
  generated: /(^|\/)generated\/|\.generated\.ts$/,
};
