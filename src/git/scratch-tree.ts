/**
 * Computes what the work of a task gives on top of a commit, in a worktree of its own that is
 * removed again. Touches no branch and no file of a person. Of the programs of the repository only
 * filters run, where the work has files of one.
 */
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { plainLine } from "../domain/text/plain-text.ts";
import { failpoint } from "../processes/failpoint.ts";
import type { ApplyWay } from "../domain/workspace/apply.ts";
import { nameOf } from "./changed-files.ts";
import type { BytePath } from "./changed-files.ts";
import { Git } from "./git.ts";
import type { GitCall } from "./git.ts";
import { GitProblem } from "./git-problem.ts";
import type { GitProgram } from "./git-program.ts";
import { treeToCommit } from "./filtered-files.ts";
import { Objects } from "./objects.ts";
import { filesOf } from "./path-list.ts";
import type { FileEntry } from "./path-list.ts";
import { worktreeFacts } from "./worktree-facts.ts";

const timeoutMs = 600_000;
const prefix = ".scratch-";
const shownNames = 10;
/** More commits than this are not applied one by one. */
const maxCommits = 500;
/** Mode of a repository inside of the work tree. */
const nestedMode = "160000";

const quiet = [
  ["rerere.enabled", "false"],
  ["merge.verifySignatures", "false"],
  ["merge.renormalize", "false"],
  ["merge.autoStash", "false"],
  ["advice.detachedHead", "false"],
] as const;

export interface WorkToApply {
  readonly way: ApplyWay;
  /** The common git directory. */
  readonly repository: string;
  /** Where the scratch worktree may lie: a directory of ours. */
  readonly directory: string;
  /** The commit that the work is put on. */
  readonly onto: string;
  /** The snapshot with all files of the task. */
  readonly snapshot: string;
  /** The commit that the task began with. */
  readonly base: string;
  /** What of the task was applied before; null: nothing. */
  readonly applied: string | null;
  /** The task's last commit. */
  readonly head: string;
  /** The message of a commit that is made. */
  readonly message: string;
}

export interface AppliedWork {
  /** The tree that the target gets. */
  readonly tree: string;
  /** The commit that the target gets; null: nothing is committed. */
  readonly commit: string | null;
}

/**
 * @returns null: the target has the work already.
 * @throws GitProblem `failed`: it does not fit, with the files' names.
 */
export async function computeApply(program: GitProgram, work: WorkToApply): Promise<AppliedWork | null> {
  const { repository, directory, onto, way } = work;
  const git = new Git(program, repository);
  removeScratch(directory, repository);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const place = path.join(directory, `${prefix}${process.pid}-${Date.now()}`);
  const call: GitCall = { use: "complete", settings: quiet, timeoutMs };
  try {
    await git.run(["worktree", "add", "--detach", "--no-checkout", "--", place, onto], { ...call, env: { GIT_DIR: repository } });
    const scratch = new Scratch(new Git(program, place), new Objects(program, repository), call, work);
    await scratch.run(["reset", "--hard", "--quiet"]);
    const found = way === "merge" ? await scratch.merge() : way === "rebase" ? await scratch.rebase() : await scratch.squash();
    failpoint("apply.computed");
    return found;
  } finally {
    removeScratch(directory, repository);
  }
}

/** The work and the target changed the same parts of files. */
export class WorkConflict extends GitProblem {
  /** Relative to the top. */
  readonly files: readonly string[];

  constructor(files: readonly string[]) {
    const shown = files.slice(0, shownNames).map((each) => plainLine(each, 200));
    super("failed", `The work does not fit: ${shown.join(", ")}${files.length > shownNames ? " …" : ""} changed on both sides.`);
    this.files = files;
  }
}

class Scratch {
  readonly #git: Git;
  readonly #objects: Objects;
  readonly #call: GitCall;
  readonly #work: WorkToApply;

  constructor(git: Git, objects: Objects, call: GitCall, work: WorkToApply) {
    this.#git = git;
    this.#objects = objects;
    this.#call = call;
    this.#work = work;
  }

  async run(args: readonly string[], more: Partial<GitCall> = {}): Promise<string> {
    return (await this.#git.run(args, { ...this.#call, ...more })).toString("utf8").trim();
  }

  /** All that the task changed since its base, or since it was applied, as one change. */
  async squash(): Promise<AppliedWork | null> {
    const { onto, snapshot, applied, message, way, head } = this.#work;
    const base = (await this.#commonBase(snapshot)) ?? this.#work.base;
    const filtered = async (commit: string): Promise<string> =>
      await this.#withoutClones(await treeToCommit(this.#git, this.#call, { commit, base, head }));
    const before = applied === null ? base : await this.#commit(await filtered(applied), [base], "x");
    const change = await this.#commit(await filtered(snapshot), [before], "x");
    const tree = await this.#pick(change);
    if (tree === (await this.#treeOf(onto))) return null;
    return { tree, commit: way === "patch" ? null : await this.#commit(tree, [onto], message, await this.#person()) };
  }

  async merge(): Promise<AppliedWork | null> {
    const { onto, head, message } = this.#work;
    if (await this.#isIn(head, onto)) return null;
    await this.#attempt(["merge", "--no-commit", "--no-ff", "--no-verify", "--no-log", "--quiet", head]);
    const tree = await this.run(["write-tree"]);
    return { tree, commit: await this.#commit(tree, [onto, head], message, await this.#person()) };
  }

  async rebase(): Promise<AppliedWork | null> {
    const { onto, head, base } = this.#work;
    const span = (await this.#commonBase(head)) === null ? [head, `^${base}`] : [`${onto}..${head}`];
    const range = ["--reverse", `--max-count=${maxCommits + 1}`, ...span];
    const commits = (await this.run(["rev-list", "--no-merges", ...range])).split("\n").filter((each) => each !== "");
    if (commits.length > maxCommits)
      throw new GitProblem("failed", `The task made more than ${maxCommits} commits. Apply them as one: --squash`);
    if ((await this.run(["rev-list", "--merges", "--max-count=1", ...span])) !== "")
      throw new GitProblem("failed", "The task's branch has merges, which cannot be applied one by one. Use --merge or --squash.");
    let last = onto;
    for (const each of commits) {
      const tree = await this.#pick(each);
      // The target has this change already.
      if (tree === (await this.#treeOf(last))) continue;
      const [message, person] = [await this.run(["log", "-1", "--format=%B", each]), await this.#authorOf(each)];
      last = await this.#commit(tree, [last], message, { ...(await this.#person()), ...person });
      await this.run(["reset", "--hard", "--quiet", last]);
    }
    return last === onto ? null : { tree: await this.#treeOf(last), commit: last };
  }

  /**
   * A tree of the task without the repositories that it cloned and did not commit: there the target
   * would have a commit that it knows no address of.
   */
  async #withoutClones(tree: string): Promise<string> {
    const [present, committed] = [await filesOf(this.#objects, tree), await filesOf(this.#objects, this.#work.head)];
    const isClone = ([file, { mode }]: readonly [BytePath, FileEntry]): boolean =>
      mode === nestedMode && committed.get(file)?.mode !== nestedMode;
    const loose = [...present].filter(isClone).map(([file]) => file);
    if (loose.length === 0) return tree;
    const submodules = present.has(".gitmodules") ? await this.#submodules(tree) : new Set<BytePath>();
    const clones = loose.filter((file) => !submodules.has(file));
    const env = { GIT_INDEX_FILE: `${this.#git.directory}.index` };
    await this.run(["read-tree", tree], { env });
    const input = Buffer.from(clones.map((file) => `${file}\0`).join(""), "latin1");
    await this.run(["update-index", "-z", "--force-remove", "--stdin"], { env, input });
    return await this.run(["write-tree"], { env });
  }

  /** Paths that the tree's `.gitmodules` names. */
  async #submodules(tree: string): Promise<Set<BytePath>> {
    const args = ["config", "-z", `--blob=${tree}:.gitmodules`, "--get-regexp", String.raw`^submodule\..*\.path$`];
    const said = Buffer.from((await this.#git.find(args, { isPlain: true })) ?? "").toString("latin1");
    return new Set(said.split("\0").flatMap((entry) => entry.split("\n")[1] ?? []));
  }

  /** Null: the target has no history in common with it, as after a shallow fetch. */
  async #commonBase(commit: string): Promise<string | null> {
    return await this.#git.find(["merge-base", this.#work.onto, commit], { isPlain: true });
  }

  /** @returns the tree with the change of a commit. */
  async #pick(commit: string): Promise<string> {
    await this.#attempt(["cherry-pick", "--no-commit", "--allow-empty", commit]);
    return await this.run(["write-tree"]);
  }

  /** @throws GitProblem with the names of the files that do not fit. */
  async #attempt(args: readonly string[]): Promise<void> {
    try {
      await this.run(args, { env: { GIT_COMMITTER_NAME: "x", GIT_COMMITTER_EMAIL: "x@localhost" } });
    } catch (error) {
      const output = await this.#git.run(["ls-files", "--unmerged", "-z"], this.#call);
      const names = new Set(
        output
          .toString("latin1")
          .split("\0")
          .filter((line) => line !== "")
          .map((line) => nameOf(line.slice(line.indexOf("\t") + 1))),
      );
      if (names.size === 0) throw error;
      throw new WorkConflict([...names]);
    }
  }

  async #commit(tree: string, parents: readonly string[], message: string, person: Record<string, string> = ownName): Promise<string> {
    const id = await this.run(["rev-parse", "--verify", tree]);
    const args = ["commit-tree", id, ...parents.flatMap((each) => ["-p", each]), "-F", "-"];
    return await this.run(args, { input: message, env: person, isPlain: true });
  }

  /** Whom git takes for the person; Claude Worker where it takes no one. */
  async #person(): Promise<Record<string, string>> {
    const name = await this.#git.find(["config", "user.name"], { isPlain: true });
    const email = await this.#git.find(["config", "user.email"], { isPlain: true });
    return name === null || email === null ? ownName : nameOfPerson(name, email);
  }

  async #authorOf(commit: string): Promise<Record<string, string>> {
    const [name = "", email = "", date = ""] = (await this.run(["log", "-1", "--format=%an%x00%ae%x00%ad", "--date=raw", commit])).split(
      "\0",
    );
    return { GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: email, GIT_AUTHOR_DATE: date };
  }

  async #treeOf(commit: string): Promise<string> {
    return await this.run(["rev-parse", "--verify", `${commit}^{tree}`]);
  }

  async #isIn(commit: string, target: string): Promise<boolean> {
    return (await this.#git.find(["merge-base", "--is-ancestor", commit, target], { isPlain: true })) !== null;
  }
}

const ownName = nameOfPerson("Claude Worker", "claude-worker@localhost");

function nameOfPerson(name: string, email: string): Record<string, string> {
  return { GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: email, GIT_COMMITTER_NAME: name, GIT_COMMITTER_EMAIL: email };
}

/** Removes scratch worktrees, also one that a kill has left. No person or agent works there. */
export function removeScratch(directory: string, repository: string): void {
  let names: string[] = [];
  try {
    names = readdirSync(directory).filter((name) => name.startsWith(prefix));
  } catch {
    return;
  }
  for (const name of names) {
    const place = path.join(directory, name);
    const { entry } = worktreeFacts(place, repository);
    rmSync(place, { recursive: true, force: true });
    if (entry !== null) rmSync(entry, { recursive: true, force: true });
  }
}
