import { isBuiltin } from "node:module";
import ts from "typescript-5.9";

/** What the structure tests need to know about a TypeScript file, from the compiler's parser. */
export interface SourceFile {
  /** From the root of the repository, with forward slashes: `src/slots/table.ts`. */
  readonly path: string;
  readonly lineCount: number;
  readonly imports: readonly ImportEdge[];
  /** Imports whose target is computed, so that no test can follow them. */
  readonly computedImports: readonly Place[];
  /**
   * Names used as values that neither the file nor its imports declare. A property of `globalThis`
   * counts if the code relies on it, but not if the access allows for its absence (`?.`).
   */
  readonly globals: readonly (Place & { readonly name: string })[];
}

export interface ImportEdge extends Place {
  readonly specifier: string;
  /** True if erasing the types removes the whole import. */
  readonly typeOnly: boolean;
}

interface Place {
  /** Counted from 1. */
  readonly line: number;
}

/** Parses one file, without running it or resolving its imports. */
export function readSource(path: string, text: string): SourceFile {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true, ts.ScriptKind.TS);
  const imports: ImportEdge[] = [];
  const computedImports: Place[] = [];
  let globals: SourceFile["globals"] | undefined;
  const lineOf = (node: ts.Node) =>
    file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1;

  const add = (at: ts.Node, target: ts.Node | undefined, typeOnly: boolean) => {
    if (target && ts.isStringLiteralLike(target)) {
      imports.push({ line: lineOf(at), specifier: target.text, typeOnly });
    } else {
      computedImports.push({ line: lineOf(at) });
    }
  };

  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      // With verbatimModuleSyntax, `import { type A }` loads the module; `import type` does not.
      add(node, node.moduleSpecifier, node.importClause?.isTypeOnly ?? false);
    } else if (ts.isExportDeclaration(node) && node.moduleSpecifier) {
      add(node, node.moduleSpecifier, node.isTypeOnly);
    } else if (ts.isImportTypeNode(node)) {
      add(node, ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined, true);
    } else if (ts.isImportEqualsDeclaration(node)) {
      if (ts.isExternalModuleReference(node.moduleReference))
        add(node, node.moduleReference.expression, node.isTypeOnly);
    } else if (ts.isCallExpression(node) && loadsModule(node)) {
      add(node, node.arguments[0], false);
    } else if (ts.isModuleDeclaration(node) && ts.isStringLiteral(node.name)) {
      add(node, node.name, true);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);

  for (const { fileName, pos } of file.typeReferenceDirectives) {
    const line = file.getLineAndCharacterOfPosition(pos).line + 1;
    imports.push({ line, specifier: fileName, typeOnly: true });
  }

  return {
    path,
    lineCount: text.replace(/\n$/, "").split("\n").length,
    imports,
    computedImports,
    // Computed on demand: few files need them, and the type checker is slow.
    get globals() {
      globals ??= freeNames(file).map((node) => ({ line: lineOf(node), name: node.text }));
      return globals;
    },
  };
}

/** Returns the file that an import leads to, or `undefined` if it names a package. */
export function resolveRelative(from: string, specifier: string): string | undefined {
  if (!specifier.startsWith(".") && !specifier.startsWith("/")) return undefined;
  return new URL(specifier, `file:///${from}`).pathname.slice(1);
}

/** `zod/mini` belongs to the package `zod`, `@scope/name/part` to `@scope/name`. */
export function packageOf(specifier: string): string {
  if (isBuiltin(specifier)) return specifier;
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

function loadsModule({ expression: callee, questionDotToken }: ts.CallExpression): boolean {
  if (callee.kind === ts.SyntaxKind.ImportKeyword) return true;
  if (ts.isIdentifier(callee)) return callee.text === "require";
  // `getBuiltinModule?.("node:util")` works in runtimes without it, so it does not count.
  return (
    ts.isPropertyAccessExpression(callee) &&
    callee.name.text === "getBuiltinModule" &&
    !questionDotToken
  );
}

/** Returns the identifiers used as values for which the binder finds no declaration. */
function freeNames(file: ts.SourceFile): (ts.Identifier | ts.PrivateIdentifier)[] {
  const host: ts.CompilerHost = {
    getSourceFile: (name) => (name === file.fileName ? file : undefined),
    getDefaultLibFileName: () => "lib.d.ts",
    getCurrentDirectory: () => "/",
    getCanonicalFileName: (name) => name,
    getNewLine: () => "\n",
    useCaseSensitiveFileNames: () => true,
    fileExists: (name) => name === file.fileName,
    readFile: () => undefined,
    writeFile: () => undefined,
  };
  const program = ts.createProgram(
    [file.fileName],
    { noLib: true, noResolve: true, types: [], target: ts.ScriptTarget.ESNext },
    host,
  );
  const checker = program.getTypeChecker();

  const free: (ts.Identifier | ts.PrivateIdentifier)[] = [];
  const visit = (node: ts.Node): void => {
    // Types and `declare` are erased, so `typeof process` in a type cannot fail at run time.
    if (ts.isTypeNode(node) && !ts.isExpressionWithTypeArguments(node)) return;
    if (isDeclare(node) || ts.isInterfaceDeclaration(node)) return;
    if (ts.isIdentifier(node) && isValueUse(node)) {
      const symbol = symbolOf(node, checker);
      const declared = symbol?.declarations?.some((declaration) => !isAmbient(declaration));
      if (!declared && node.text !== "globalThis" && node.text !== "undefined") free.push(node);
    }
    if (ts.isPropertyAccessExpression(node) && isGlobalThis(node.expression) && isRelied(node))
      free.push(node.name);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return free;
}

/** Whether a declaration or one of its ancestors has `declare`, so that it defines nothing. */
function isAmbient(declaration: ts.Node): boolean {
  for (let node = declaration; node; node = node.parent) if (isDeclare(node)) return true;
  return false;
}

function isDeclare(node: ts.Node): boolean {
  const modifiers = ts.canHaveModifiers(node) ? ts.getModifiers(node) : undefined;
  return modifiers?.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword) ?? false;
}

/** Whether `node` is `globalThis`, possibly in parentheses or cast to another type. */
function isGlobalThis(node: ts.Expression): boolean {
  let bare = node;
  while (isWrapper(bare)) bare = bare.expression;
  return ts.isIdentifier(bare) && bare.text === "globalThis";
}

/** Whether `node` only wraps an expression, in parentheses or a cast, and keeps its value. */
function isWrapper(
  node: ts.Node,
): node is
  | ts.ParenthesizedExpression
  | ts.AsExpression
  | ts.SatisfiesExpression
  | ts.NonNullExpression {
  return (
    ts.isParenthesizedExpression(node) ||
    ts.isAsExpression(node) ||
    ts.isSatisfiesExpression(node) ||
    ts.isNonNullExpression(node)
  );
}

/** Whether the code fails without `node`: it reads from it or calls it, without `?.`. */
function isRelied(node: ts.Expression): boolean {
  let outer: ts.Node = node;
  while (isWrapper(outer.parent)) outer = outer.parent;
  const { parent } = outer;
  if (ts.isNewExpression(parent)) return parent.expression === outer;
  return (
    (ts.isPropertyAccessExpression(parent) ||
      ts.isElementAccessExpression(parent) ||
      ts.isCallExpression(parent)) &&
    parent.expression === outer &&
    !parent.questionDotToken
  );
}

function symbolOf(node: ts.Identifier, checker: ts.TypeChecker): ts.Symbol | undefined {
  const { parent } = node;
  // In `{ a }` and `export { a }` one name both declares something and reads something.
  if (ts.isShorthandPropertyAssignment(parent))
    return checker.getShorthandAssignmentValueSymbol(parent);
  if (ts.isExportSpecifier(parent)) return checker.getExportSpecifierLocalTargetSymbol(parent);
  return checker.getSymbolAtLocation(node);
}

/** False for names that only label something: property names, keys, imported and exported names. */
function isValueUse(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isShorthandPropertyAssignment(parent)) return parent.name === node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isExportSpecifier(parent))
    return !parent.parent.parent.moduleSpecifier && (parent.propertyName ?? parent.name) === node;
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node;
  if (ts.isExpressionWithTypeArguments(parent)) {
    const clause = parent.parent;
    return !(
      ts.isHeritageClause(clause) &&
      (clause.token === ts.SyntaxKind.ImplementsKeyword || ts.isInterfaceDeclaration(clause.parent))
    );
  }
  if (ts.isBindingElement(parent)) return parent.initializer === node;
  if (ts.isMetaProperty(parent) || ts.isQualifiedName(parent)) return false;
  if (ts.isImportSpecifier(parent) || ts.isImportAttribute(parent)) return false;
  if (ts.isLabeledStatement(parent) || ts.isBreakOrContinueStatement(parent)) return false;
  return true;
}
