/** Gives a stored task a repository with two snapshots, without a runner. */
import path from "node:path";
import { Git } from "../src/git/git.ts";
import { GitProgram } from "../src/git/git-program.ts";
import { PrivateIndex } from "../src/git/private-index.ts";
import { openRepository } from "../src/git/repository.ts";
import { takeSnapshot } from "../src/git/snapshot.ts";
import type { Workspace } from "../src/domain/workspace/workspace.ts";
import type { Store } from "../src/store/store.ts";
import { plainGit } from "./git-repository.ts";

export interface SnapshotSeries {
  /** Takes a snapshot of the files as they are now, and stores it. Returns its commit. */
  take(reason?: "start" | "turn" | "end"): Promise<string>;
  git(...args: string[]): string;
}

/** Makes a repository in the directory. @param attemptId of the task's attempt; any number does. */
export async function snapshotsOf(
  store: Store,
  { id, directory, home, attemptId = 1 }: { id: number; directory: string; home: string; attemptId?: number },
): Promise<SnapshotSeries> {
  const env = { PATH: process.env["PATH"] ?? "", HOME: home };
  const git = (...args: string[]): string => plainGit(directory, env, args);
  git("init", "-q", "-b", "main");
  const repository = await openRepository(new Git(new GitProgram(env), directory));
  let number = 0;
  const workspace: Workspace = {
    taskId: id,
    kind: "in_place",
    state: null,
    path: directory,
    prefix: "",
    repository: repository.commonDirectory,
    branch: "main",
    namesBranch: false,
    baseCommit: null,
    headCommit: null,
    host: null,
    beginsWith: null,
    changes: null,
    isDirty: null,
    problem: null,
    trash: null,
    trashedAt: null,
    ports: null,
    isSetUp: false,
    setup: null,
  };
  await store.write(() => store.workspaces.put(workspace));
  const take: SnapshotSeries["take"] = async (reason = number === 0 ? "start" : "turn") => {
    number += 1;
    const taken = await takeSnapshot({
      repository: { ...repository, git: repository.git.again() },
      index: new PrivateIndex(path.join(home, `snapshots-${id}`, "index")),
      refs: `refs/claude-worker/${id}/1`,
      number,
      message: "x",
      last: null,
      except: [],
      limits: { fileBytes: 20_000_000, totalBytes: 1_000_000_000 },
      timeoutMs: 30_000,
    });
    if (taken === null) throw new Error("A snapshot without one before it is always taken.");
    const { isDirty: _isDirty, ...rest } = taken;
    const row = { ...rest, taskId: id, number, attemptId, reason, turn: number, at: Date.now(), changes: null, leftOutCount: 0 };
    await store.write(() => store.checkpoints.insert(row));
    return taken.commit;
  };
  return { take, git };
}
