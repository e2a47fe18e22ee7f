/**
 * A package of nothing but the real launcher, and a Node that believes itself to be of another
 * version.
 */
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { repositoryRoot } from "./source-files.ts";

/** @param cli source of its dist/cli.cjs; absent: it is not built. @returns the launcher's path. */
export function installLauncher(root: string, cli?: string): string {
  cpSync(path.join(repositoryRoot, "bin"), path.join(root, "bin"), { recursive: true });
  writeFileSync(path.join(root, "package.json"), `{"type":"module"}`);
  if (cli !== undefined) {
    mkdirSync(path.join(root, "dist"));
    writeFileSync(path.join(root, "dist", "cli.cjs"), cli);
  }
  return path.join(root, "bin", "claude-worker");
}

/**
 * @param root where a file for it may be written. @returns flags for Node, with which it says that
 * its version is this one, e.g. "22.13.0".
 */
export function pretending(root: string, version: string): string[] {
  const preload = path.join(root, `pretend-${version}.cjs`);
  const versions = `Object.assign({}, process.versions, { node: ${JSON.stringify(version)} })`;
  writeFileSync(preload, `Object.defineProperty(process, "versions", { value: ${versions} });`);
  return ["--require", preload];
}
