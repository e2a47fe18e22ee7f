/**
 * A corner of the disk that belongs to one test: a home for Claude Code, a place for Claude
 * Worker's state, and working directories.
 */
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import type { TestContext } from "node:test";

export interface Scratch {
  /** Real path of the corner. */
  readonly directory: string;
  /** HOME of Claude Code. */
  readonly home: string;
  /** CLAUDE_WORKER_HOME: not made yet. */
  readonly dataHome: string;
  /** A working directory that Claude Code trusts. */
  readonly work: string;
  /** Makes another working directory. It is trusted unless `trusted` is false. */
  workdir(name: string, options?: { trusted?: boolean }): string;
  /** Notes that the person of this home trusts the directory, where Claude Code does. */
  trust(directory: string): void;
  /** Writes a file below the corner, with its folders. Returns its path. */
  file(name: string, text: string): string;
  remove(): Promise<void>;
}

/** Makes a scratch directory. With a test context, the end of the test removes it. */
export function scratch(t: TestContext | null): Scratch {
  const directory = realpathSync(mkdtempSync(path.join(os.tmpdir(), "cw-")));
  const home = path.join(directory, "home");
  mkdirSync(home, { mode: 0o700 });
  const workdir = (name: string, { trusted = true } = {}): string => {
    const dir = path.join(directory, name);
    mkdirSync(dir, { recursive: true });
    if (trusted) trust(home, dir);
    return dir;
  };
  // A process that was just ended may still write, so the removal is retried for a while. rmSync of
  // Node 24 ignores these options.
  const remove = (): Promise<void> => rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  t?.after(remove);
  return {
    directory,
    home,
    dataHome: path.join(directory, "data"),
    work: workdir("work"),
    workdir,
    trust: (dir) => trust(home, dir),
    file: (name, text) => {
      const file = path.join(directory, name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, text);
      return file;
    },
    remove,
  };
}

/**
 * Writes down that the person of this home trusts the directory, where Claude Code itself keeps it.
 */
function trust(home: string, directory: string): void {
  const file = path.join(home, ".claude.json");
  const state = readState(file);
  state.projects = { ...state.projects, [directory]: { hasTrustDialogAccepted: true } };
  writeFileSync(file, JSON.stringify({ hasCompletedOnboarding: true, ...state }), { mode: 0o600 });
}

function readState(file: string): { projects?: Record<string, unknown> } {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as { projects?: Record<string, unknown> };
  } catch {
    // There is none before the first directory is trusted.
    return {};
  }
}
