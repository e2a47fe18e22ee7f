/** `pr`: pushes a task's branch and opens a pull request for it, or updates the open one. */
import type { TaskView } from "../../../contract/views/task.ts";
import { WorkerError } from "../../../domain/errors.ts";
import { isTerminal } from "../../../domain/task/status.ts";
import { plainLine } from "../../../domain/text/plain-text.ts";
import { listedFields, mostListed, ownerOf, ownPullRequest } from "../../../domain/pull-requests/own-pull-request.ts";
import type { OpenPullRequest } from "../../../domain/pull-requests/own-pull-request.ts";
import { GhProblem, ghProgram } from "../../../git/gh.ts";
import type { RunGh } from "../../../git/gh.ts";
import { Git } from "../../../git/git.ts";
import { GitProblem } from "../../../git/git-problem.ts";
import { GitProgram } from "../../../git/git-program.ts";
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { connectionOf } from "../../server/connection.ts";
import { pullRequestOf } from "../../task/pull-request.ts";
import { sayUnproven } from "../../task/say-unproven.ts";
import { actTaskId } from "../../task/task-reference.ts";
import { sayWatched } from "../../task/watched-pull-request.ts";
import { canAsk, confirm } from "../../terminal/confirm.ts";
import { writeJson } from "../../terminal/io.ts";
import { say } from "../../terminal/render/wrap.ts";

interface PrFlags {
  readonly title?: string;
  readonly remote?: string;
  readonly base?: string;
  readonly watch?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

const pushMs = 600_000;
const ghMs = 120_000;

export const command = defineCommand<PrFlags>({
  name: "pr",
  summary: "Push a task's branch and open a pull request for it, or update the open one",
  details:
    "Title and text come from the task's result and its checks. Without the program gh the branch is pushed, and the words are printed to be pasted. Nothing is pushed before you have said yes.",
  arguments: [{ name: "<id>", description: "the task: its id, last, or its whole name", completes: "tasks" }],
  options: [
    { flags: "--title <text>", description: "default: the task's name or title" },
    { flags: "--base <branch>", description: "the branch that is to get the work; default: that of the repository at GitHub" },
    { flags: "--remote <name>", description: "where the branch is pushed; default: origin" },
    { flags: "--watch", description: "then have failed checks and review comments come back to the task (`pr watch`)" },
    { flags: "--dry-run", description: "only show the words; nothing is pushed" },
    { flags: "-y, --yes", description: "do not ask; needed where there is no terminal" },
  ],
  forPeople: true,
  examples: [
    { command: "claude-worker pr 42", does: "show the words, ask, push, and open it" },
    { command: "claude-worker pr 42 --watch", does: "also have failed checks and review comments come back to the task" },
    { command: "claude-worker pr 42 --base release-2 --yes", does: "in a script; says its address" },
  ],
  async run({ words: [word = ""], options, io }) {
    const { title, remote = "origin", base, watch, dryRun, yes, json } = options;
    const { client, isLocal } = connectionOf(io);
    if (!isLocal) throw new WorkerError("invalid_input", "The repository is on the server's machine. Call pr there.");
    const id = await actTaskId(client, word);
    const task = await client.getTask({ id });
    const { branch, directory, isOwn } = branchOf(task);
    const git = new Git(new GitProgram(io.env), directory);
    await requireRemote(git, remote);
    const words = pullRequestOf(task, title);
    if (json !== true) await sayUnproven(io, client, [id]);
    if (dryRun === true) {
      if (json === true) writeJson(io.stdout, { id, branch, ...words, pushed: false, url: null });
      else io.stdout.write(`${words.title}\n\n${words.body}`);
      return exitCodes.ok;
    }
    if (yes !== true) {
      const otherwise = new WorkerError("invalid_input", "Nothing was pushed. Without a terminal, say --yes.");
      if (!canAsk(io)) throw otherwise;
      io.stderr.write(`${words.title}\n\n${words.body}\n`);
      const into = base === undefined ? "" : ` into ${plainLine(base)}`;
      const question = `Push ${plainLine(branch)} to ${plainLine(remote)}, and open or update its pull request${into}?`;
      await confirm(io, question, new WorkerError("invalid_input", "Nothing was pushed."));
    }
    const gh = ghProgram(io.env, "here");
    const look = async (): Promise<OpenPullRequest | null | "missing"> => await openOne(gh, git, remote, branch);
    if (!isOwn && (await isThere(git, remote, branch))) {
      const known = await look();
      if (known === null || known === "missing") throw foreignBranch(id, branch, remote);
    }
    await push(git, remote, branch);
    const open = await look();
    if (open === "missing") {
      const unwatched = watch === true ? " It is not watched: that needs gh, too." : "";
      if (json === true) writeJson(io.stdout, { id, branch, ...words, pushed: true, url: null });
      else {
        say(
          io.stderr,
          `Pushed ${plainLine(branch)} to ${plainLine(remote)}. There is no gh here: open the pull request with these words.${unwatched}`,
        );
        io.stdout.write(`${words.title}\n\n${words.body}`);
      }
      return exitCodes.ok;
    }
    const texts = [`--title=${words.title}`, "--body-file=-", ...(base === undefined ? [] : [`--base=${base}`])];
    const args = open === null ? ["pr", "create", `--head=${branch}`, ...texts] : ["pr", "edit", String(open.number), ...texts];
    const said = await asPushed(gh(args, { repository: directory, input: words.body, timeoutMs: ghMs }));
    const url = open?.url ?? said.trim().split("\n").at(-1) ?? "";
    if (json !== true) say(io.stdout, `${open === null ? "Opened" : "Updated"} ${plainLine(url, 500)}`);
    const watched = watch === true ? { watch: await client.watchPullRequest({ id }) } : {};
    if (json === true) writeJson(io.stdout, { id, branch, ...words, pushed: true, url, updated: open !== null, ...watched });
    else if (watched.watch !== undefined) sayWatched(io.stdout, watched.watch);
    return exitCodes.ok;
  },
});

interface TaskBranch {
  readonly branch: string;
  readonly directory: string;
  /** Whether it is the one that was made for the task: Claude may have checked out another. */
  readonly isOwn: boolean;
}

/** @throws WorkerError conflict: there is nothing that could be pushed. */
function branchOf({ id, status, workspace, worktree_branch: named }: TaskView): TaskBranch {
  if (!isTerminal(status)) throw new WorkerError("conflict", `Task ${id} has not ended. Wait for its end: claude-worker wait ${id}`);
  if (workspace?.kind !== "worktree" || workspace.repository === null)
    throw new WorkerError("conflict", `Task ${id} has no branch of its own. Submit tasks with --worktree for that.`);
  if (workspace.branch === null)
    throw new WorkerError("conflict", `The worktree of task ${id} is on no branch. Make one there: claude-worker workspace shell ${id}`);
  const advice = `claude-worker send ${id} "Commit your work"`;
  if (workspace.dirty === true) throw new WorkerError("conflict", `Task ${id} has changes that it has not committed. Let it: ${advice}`);
  if (workspace.head_commit === workspace.base_commit)
    throw new WorkerError("conflict", `Task ${id} has made no commit. Let it: ${advice}`);
  const isOwn = workspace.branch === named || workspace.branch.startsWith(`cw/${id}-`);
  return { branch: workspace.branch, directory: workspace.repository, isOwn };
}

async function requireRemote(git: Git, remote: string): Promise<void> {
  const names = (await asConflict(git.text(["remote"], { isPlain: true, env: { GIT_DIR: git.directory } })))
    .split("\n")
    .filter((each) => each !== "");
  if (names.includes(remote)) return;
  const known =
    names.length === 0
      ? "The repository has none: git remote add NAME URL"
      : `There are: ${names.map((each) => plainLine(each)).join(", ")}`;
  throw new WorkerError("conflict", `There is no remote ${plainLine(remote)}. ${known}`);
}

/** Never by force: a branch that others have moved stays as it is. */
async function push(git: Git, remote: string, branch: string): Promise<void> {
  const ref = `refs/heads/${branch}`;
  await asConflict(
    git.run(["push", "--quiet", "--no-follow-tags", "--", remote, `${ref}:${ref}`], {
      use: "checkout",
      env: { GIT_DIR: git.directory },
      timeoutMs: pushMs,
    }),
  );
}

async function asConflict<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof GitProblem ? new WorkerError("conflict", error.message) : error;
  }
}

/** Whether the remote has the branch. @throws WorkerError conflict: it does not say. */
async function isThere(git: Git, remote: string, branch: string): Promise<boolean> {
  const call = { use: "checkout", isPlain: true, env: { GIT_DIR: git.directory }, timeoutMs: pushMs } as const;
  return (await asConflict(git.text(["ls-remote", "--heads", "--", remote, `refs/heads/${branch}`], call))) !== "";
}

function foreignBranch(id: number | string, branch: string, remote: string): WorkerError {
  const name = plainLine(branch, 200);
  return new WorkerError(
    "conflict",
    `Task ${id} works on ${name}, which was not made for it, and ${plainLine(remote, 200)} has that branch already. Look at it, and push it yourself: git push ${plainLine(remote, 200)} ${name}`,
  );
}

/**
 * @returns null: none is open; or that there is no gh.
 * @throws WorkerError conflict.
 */
async function openOne(gh: RunGh, git: Git, remote: string, branch: string): Promise<OpenPullRequest | null | "missing"> {
  const args = ["pr", "list", `--head=${branch}`, "--state=open", `--json=${listedFields}`, `--limit=${mostListed}`];
  const address = await asConflict(
    git.find(["config", "--get", `remote.${remote}.url`], { isPlain: true, env: { GIT_DIR: git.directory } }),
  );
  try {
    const said: unknown = JSON.parse(await gh(args, { repository: git.directory, timeoutMs: ghMs }));
    if (Array.isArray(said)) return ownPullRequest(said, ownerOf(address ?? ""));
  } catch (error) {
    if (error instanceof GhProblem && error.kind === "missing") return "missing";
    if (!(error instanceof SyntaxError)) return await asPushed(Promise.reject(error as Error));
  }
  throw new WorkerError("conflict", "gh said something that cannot be read. Is it up to date? gh --version");
}

/** What was pushed stays. */
async function asPushed<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof GhProblem
      ? new WorkerError("conflict", `${error.message} What was pushed stays; the same again is enough.`)
      : error;
  }
}
