/**
 * What worktrees and snapshots cost beside git itself, in pairs in one tree, and how long a list of
 * many workspaces takes.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { listWorkspaces } from "../src/operations/workspaces/list-workspaces.ts";
import { Git } from "../src/git/git.ts";
import { GitProgram } from "../src/git/git-program.ts";
import { PrivateIndex } from "../src/git/private-index.ts";
import { openRepository } from "../src/git/repository.ts";
import { snapshotLimits, takeSnapshot } from "../src/git/snapshot.ts";
import { prepareWorktree } from "../src/git/worktree.ts";
import { openStore } from "../src/store/sqlite/sqlite.ts";
import { plainTask } from "../testing/plain-task.ts";
import { plainWorkspace } from "../testing/plain-workspace.ts";
import { atMost } from "./figure.ts";
import type { Figure, Row } from "./figure.ts";
import { inTurns, median, timed } from "./measure.ts";

export const figures: readonly Figure[] = [
  { name: "workspaces: snapshot", run: snapshots },
  { name: "workspaces: worktree", run: worktrees },
  { name: "workspaces: list", run: lists },
];

/** A tree of 5,000 files; each snapshot finds one that has changed. */
async function snapshots({ quick }: { quick: boolean }): Promise<Row[]> {
  return inRepository(async ({ top, git, program, directory }) => {
    const index = new PrivateIndex(path.join(directory, "index"));
    let number = 0;
    // A runner opens it once an attempt.
    const repository = await openRepository(new Git(program, top));
    const snapshot = async (): Promise<void> => {
      number += 1;
      const taken = await takeSnapshot({
        repository: { ...repository, git: repository.git.again() },
        index,
        refs: "refs/claude-worker/1/1",
        number,
        message: "x",
        last: null,
        except: [],
        limits: snapshotLimits,
        timeoutMs: 60_000,
      });
      if (taken === null) throw new Error("No snapshot was taken.");
    };
    const change = (): void => writeFileSync(path.join(top, "d0/f0"), `${Math.random()}\n`);
    const rounds = quick ? 5 : 40;
    const times = await inTurns(rounds, {
      snapshot: async () => (change(), await timed(snapshot)),
      status: async () => (change(), await timed(async () => void git("status", "--porcelain"))),
    });
    return [pairs("snapshot ÷ `git status`", 4, times.snapshot, times.status, "5,000 files, one changed")];
  });
}

/** Both make a branch and check it out. */
async function worktrees({ quick }: { quick: boolean }): Promise<Row[]> {
  return inRepository(async ({ top, git, program, directory }) => {
    const baseCommit = git("rev-parse", "HEAD");
    let number = 0;
    const rounds = quick ? 3 : 20;
    const times = await inTurns(rounds, {
      ours: async () => {
        number += 1;
        const place = path.join(directory, "ours", `t${number}`);
        return await timed(
          async () =>
            await prepareWorktree(program, {
              isShared: false,
              state: "creating",
              path: place,
              prefix: "",
              repository: path.join(top, ".git"),
              branch: `cw/${number}-x`,
              isNamed: false,
              baseCommit,
              mark: `claude-worker: task ${number} (bench)`,
              lock: path.join(directory, "ours/.lock"),
              trash: path.join(directory, "ours/.trash"),
              files: null,
            }),
        );
      },
      git: async () => {
        number += 1;
        const place = path.join(directory, `git${number}`);
        return await timed(async () => void git("worktree", "add", "-q", "--no-track", "-b", `b${number}`, place, baseCommit));
      },
    });
    return [pairs("worktree ready ÷ `git worktree add`", 1.3, times.ours, times.git, "5,000 files")];
  });
}

async function lists({ quick }: { quick: boolean }): Promise<Row[]> {
  const directory = mkdtempSync(path.join(os.tmpdir(), "cw-bench-"));
  const store = openStore({ path: path.join(directory, "tasks.db") });
  try {
    await store.write(() => {
      for (let n = 0; n < 1000; n += 1) store.workspaces.put(plainWorkspace({ taskId: store.tasks.insert(plainTask()).id }));
    });
    const times: number[] = [];
    for (let round = quick ? 3 : 20; round > 0; round -= 1) {
      times.push(
        await timed(async () => {
          const found = JSON.stringify({ workspaces: listWorkspaces(store, {}) });
          if (!found.includes('"task":1000,')) throw new Error("The list is not whole.");
        }),
      );
    }
    return [atMost("1,000 workspaces listed", median(times), "ms", 100, `median of ${times.length}, from the store to JSON`)];
  } finally {
    await store.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The median of the pairs' quotients. */
function pairs(name: string, target: number, ours: readonly number[], theirs: readonly number[], of: string): Row {
  const quotient = median(ours.map((value, at) => value / (theirs[at] ?? Number.NaN)));
  const times = `medians ${median(ours).toFixed(0)} ms ÷ ${median(theirs).toFixed(0)} ms`;
  return atMost(name, quotient, "×", target, `median of ${ours.length} pairs; ${times}; ${of}`);
}

interface BenchRepository {
  /** Scratch, outside of the repository. */
  readonly directory: string;
  readonly top: string;
  readonly program: GitProgram;
  /** Git as a person runs it. */
  git(...args: string[]): string;
}

async function inRepository(work: (repository: BenchRepository) => Promise<Row[]>): Promise<Row[]> {
  const directory = realpathSync(mkdtempSync(path.join(os.tmpdir(), "cw-bench-")));
  const top = path.join(directory, "repository");
  const env = { PATH: process.env["PATH"] ?? "", HOME: directory };
  const who = ["-c", "user.name=A Person", "-c", "user.email=person@localhost"];
  const git = (...args: string[]): string => execFileSync("git", [...who, ...args], { cwd: top, env, encoding: "utf8" }).trim();
  try {
    for (let n = 0; n < 50; n += 1) {
      mkdirSync(path.join(top, `d${n}`), { recursive: true });
      for (let m = 0; m < 100; m += 1) writeFileSync(path.join(top, `d${n}/f${m}`), `${n} ${m}\n`.repeat(100));
    }
    git("init", "-q", "-b", "main");
    git("add", ".");
    git("commit", "-qm", "first");
    return await work({ directory, top, program: new GitProgram(env), git });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
