/**
 * Whether the repository that all tasks of a chaos run work in is whole: nothing of the person
 * changed, no branch or worktree is half made, and the snapshots have what the tasks left.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import type { Acknowledged } from "./ledger.ts";
import type { CheckpointRow, Findings, Snapshot, WorkspaceRow } from "./snapshot.ts";

/** Makes the repository, with one commit. */
export function makeRepository(directory: string): void {
  const git = gitIn(directory);
  git("init", "-q", "-b", "main");
  git("-c", "user.name=A Person", "-c", "user.email=person@localhost", "commit", "-q", "--allow-empty", "-m", "first");
}

export function checkWorkspaces(
  directory: string,
  { workspaces, checkpoints, tasks, attempts, events }: Snapshot,
  acknowledged: readonly Acknowledged[],
  found: Findings,
): void {
  const git = gitIn(directory);
  const say = (sentence: string): void => void found.broken.push(`workspaces: ${sentence}`);
  try {
    git("fsck", "--strict", "--no-dangling");
  } catch (error) {
    say(String(error));
  }
  if (git("log", "--format=%s", "HEAD") !== "first") say("the person's branch has moved");
  if (git("diff", "--cached", "--name-only") !== "") say("the person's index has changed");
  const trees = workspaces.filter(({ kind }) => kind === "worktree");
  const branches = linesOf(git("for-each-ref", "--format=%(refname:short)", "refs/heads/cw"));
  const known = new Set(trees.map(({ branch }) => branch));
  for (const branch of branches) if (!known.has(branch)) say(`the branch ${branch} belongs to no task`);
  for (const tree of trees) checkTree(tree, branches, tasks.find(({ id }) => id === tree.task_id)?.status ?? "gone", say);
  const listed = linesOf(git("worktree", "list", "--porcelain"))
    .filter((line) => line.startsWith("worktree "))
    .slice(1);
  const paths = new Set(trees.map((tree) => tree.path));
  for (const line of listed) if (!paths.has(line.slice(9))) say(`${line} belongs to no task`);
  const refs = new Map(
    linesOf(git("for-each-ref", "--format=%(refname) %(objectname)", "refs/claude-worker")).map(
      (line) => line.split(" ", 2) as [string, string],
    ),
  );
  for (const { task_id: id, ref, commit_id: commit } of checkpoints)
    if (refs.get(ref) !== commit) say(`the snapshot ${ref} of task ${id} is gone`);
  const inPlace = new Set(workspaces.filter(({ kind }) => kind === "in_place").map(({ task_id: id }) => id));
  const last = new Map(checkpoints.map((each) => [each.task_id, each]));
  // A runner that was killed after the last step took no last snapshot.
  const whole = new Set(
    attempts.filter(({ id }) => events.some((event) => event.attempt_id === id && event.type === "attempt_ended")).map(({ id }) => id),
  );
  const lastAttempt = new Map(attempts.map(({ id, task_id: task }) => [task, id]));
  for (const task of acknowledged)
    if (inPlace.has(task.id) && whole.has(lastAttempt.get(task.id) ?? 0)) checkLast(git, task, last.get(task.id), say);
}

function checkTree(
  { task_id: id, state, path: place, branch }: WorkspaceRow,
  branches: readonly string[],
  status: string,
  say: (sentence: string) => void,
): void {
  if (state === "creating") {
    // It ended before it was made.
    if (status !== "cancelled" && status !== "skipped") say(`the worktree of task ${id}, which is ${status}, is not made`);
    return;
  }
  if (state !== "kept") say(`the worktree of task ${id}, which is ${status}, is ${state}`);
  if (!existsSync(path.join(place, ".git"))) say(`the worktree of task ${id} is gone`);
  if (!branches.includes(branch ?? "")) say(`the branch ${branch} of task ${id} is gone`);
}

/** The last snapshot has every step that the task had noted when it ended. */
function checkLast(git: Run, { id, file, name }: Acknowledged, last: CheckpointRow | undefined, say: (sentence: string) => void): void {
  if (!existsSync(file)) return;
  if (last === undefined) return say(`task ${id} has no snapshot`);
  const kept = git("show", `${last.commit_id}:${path.basename(file)}`);
  if (kept !== readFileSync(file, "utf8").trim()) say(`the last snapshot of task ${id} (${name}) has not what it left: ${kept}`);
}

type Run = (...args: string[]) => string;

function gitIn(directory: string): Run {
  return (...args) =>
    execFileSync("git", args, { cwd: directory, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], maxBuffer: 1e9 }).trim();
}

function linesOf(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}
