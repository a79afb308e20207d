/** What `sign` needs of this package, which has no types of its own. */
declare module "npm-packlist" {
  interface Tree {
    readonly path: string;
    readonly package: object;
    readonly isProjectRoot: true;
    /** Its dependencies, of which those that are bundled are packed. */
    readonly edgesOut: ReadonlyMap<string, object>;
  }
  /** Returns the paths, with `/`, of the files that npm packs from a folder. */
  function packlist(tree: Tree): Promise<string[]>;
  export = packlist;
}
