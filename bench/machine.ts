/** On what was measured. */
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import os from "node:os";
import Database from "better-sqlite3";
import { claudeBinary, versionOf } from "./world.ts";

export interface Machine {
  readonly date: string;
  readonly commit: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memory: string;
  readonly system: string;
  readonly node: string;
  readonly sqlite: string;
  readonly sdk: string;
  readonly claude: string;
  /**
   * Runnable processes over the last minute when the run began: more than a little means that
   * others worked too.
   */
  readonly load: string;
}

export function machine(): Machine {
  const database = new Database(":memory:");
  const { sqlite } = database.prepare("SELECT sqlite_version() AS sqlite").get() as { sqlite: string };
  database.close();
  const { version } = createRequire(createRequire(import.meta.url).resolve("@anthropic-ai/claude-agent-sdk"))("./package.json") as {
    version: string;
  };
  return {
    date: `${new Date().toISOString().slice(0, 16).replace("T", " ")} UTC`,
    commit: git("rev-parse", "--short", "HEAD"),
    cpu: os.cpus()[0]?.model ?? "unknown",
    cores: os.cpus().length,
    memory: `${Math.round(os.totalmem() / 2 ** 30)} GiB`,
    system: `${os.type()} ${os.release()} ${os.arch()}`,
    node: process.version,
    sqlite,
    sdk: version,
    claude: versionOf(claudeBinary()),
    load: (os.loadavg()[0] ?? 0).toFixed(2),
  };
}

function git(...args: string[]): string {
  try {
    return execFileSync("git", args, { encoding: "utf8", cwd: import.meta.dirname, stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return "unknown"; // A checkout without git.
  }
}
