/** Runs the shell blocks of a page as a reader would. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, symlinkSync } from "node:fs";
import path from "node:path";
import { text } from "node:stream/consumers";
import { repositoryRoot } from "../../testing/source-files.ts";

export interface Ran {
  readonly block: string;
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Makes a directory with `claude-worker` in it, and this Node before any other. */
export function binDirectory(directory: string): string {
  const bin = path.join(directory, "bin");
  mkdirSync(bin);
  symlinkSync(path.join(repositoryRoot, "bin", "claude-worker"), path.join(bin, "claude-worker"));
  symlinkSync(process.execPath, path.join(bin, "node"));
  return bin;
}

/** Standard input is closed, as in cron: with a socket there bash would read its startup files. */
export async function bash(block: string, options: { cwd: string; env: Record<string, string> }): Promise<Ran> {
  const child = spawn("bash", ["-euo", "pipefail", "-c", block], { ...options, stdio: ["ignore", "pipe", "pipe"], timeout: 900_000 });
  const closed = once(child, "close");
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = (await closed) as [number | null];
  return { block, code: code ?? -1, stdout, stderr };
}
