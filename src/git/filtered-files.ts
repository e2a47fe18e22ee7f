/**
 * Gives the files of a snapshot the content with which git commits them. A snapshot has a file of a
 * filter (Git LFS) as it is on the disk, and a commit has what the filter makes of it. The filters
 * of the repository run here, as for `git add`.
 */
import { rmSync } from "node:fs";
import path from "node:path";
import { nameOf } from "./changed-files.ts";
import type { BytePath } from "./changed-files.ts";
import type { Git, GitCall } from "./git.ts";

/** A filter may send files away. */
const filterMs = 1_800_000;
const regular = /^100/;

export interface TreeToCommit {
  /** The snapshot. */
  readonly commit: string;
  /** What the files are compared with: files that are the same there stay. */
  readonly base: string;
  /** The last commit of the task: what it has was made by git. */
  readonly head: string;
}

interface Change {
  readonly mode: string;
  readonly blob: string;
}

/**
 * @param git in a work tree of ours, which gets files for the moment.
 * @returns the tree. @throws GitProblem, also where a filter fails.
 */
export async function treeToCommit(git: Git, call: GitCall, { commit, base, head }: TreeToCommit): Promise<string> {
  const whole = await git.text(["rev-parse", "--verify", `${commit}^{tree}`], { isPlain: true });
  const filters = await git.filters();
  if (filters.size === 0) return whole;
  const changes = await changesBetween(git, call, base, commit);
  const byGit = await changesBetween(git, call, base, head);
  const files = [...changes].filter(([file, { mode, blob }]) => regular.test(mode) && byGit.get(file)?.blob !== blob);
  if (files.length === 0) return whole;
  const index = path.join(git.directory, ".claude-worker-index");
  const ours: GitCall = { ...call, env: { GIT_INDEX_FILE: index } };
  try {
    await git.run(["read-tree", whole], ours);
    const wanted = (
      await withFilter(
        git,
        ours,
        files.map(([file]) => file),
      )
    ).filter(([, filter]) => filters.has(filter));
    const lines: string[] = [];
    for (const [file] of wanted) {
      const blob = await commitBlob(git, ours, whole, file);
      lines.push(`${changes.get(file)?.mode ?? "100644"} ${blob} 0\t${file}\0`);
    }
    if (lines.length === 0) return whole;
    await git.run(["update-index", "-z", "--index-info"], { ...ours, input: Buffer.from(lines.join(""), "latin1") });
    return await git.text(["write-tree"], ours);
  } finally {
    for (const file of [index, `${index}.lock`]) rmSync(file, { force: true });
  }
}

/** The files that another commit adds or changes, with what it has of them. */
async function changesBetween(git: Git, call: GitCall, from: string, to: string): Promise<Map<BytePath, Change>> {
  const output = await git.run(["diff-tree", "-r", "-z", "--raw", "--no-abbrev", "--no-renames", from, to, "--"], {
    ...call,
    isPlain: true,
  });
  const parts = output.toString("latin1").split("\0");
  const changes = new Map<BytePath, Change>();
  for (let at = 0; at + 1 < parts.length; at += 2) {
    const [, mode = "", , blob = ""] = (parts[at] ?? "").split(" ");
    changes.set(parts[at + 1] ?? "", { mode, blob });
  }
  return changes;
}

/** The filter that the attributes of the index give each file. */
async function withFilter(git: Git, call: GitCall, files: readonly BytePath[]): Promise<[file: BytePath, filter: string][]> {
  const input = Buffer.from(files.map((file) => `${file}\0`).join(""), "latin1");
  const parts = (await git.run(["check-attr", "--cached", "-z", "--stdin", "filter"], { ...call, isPlain: true, input }))
    .toString("latin1")
    .split("\0");
  return parts.flatMap((file, at): [BytePath, string][] =>
    at % 3 === 0 && parts[at + 2] !== undefined ? [[file, parts[at + 2] ?? ""]] : [],
  );
}

/** What git commits for a file of the index. */
async function commitBlob(git: Git, call: GitCall, tree: string, file: BytePath): Promise<string> {
  const input = Buffer.from(`${file}\0`, "latin1");
  const [temporary = ""] = (await git.text(["checkout-index", "--temp", "-z", "--stdin"], { ...call, input })).split("\t", 1);
  try {
    const args = ["hash-object", "-w", `--path=${nameOf(file)}`, "--", temporary];
    return await git.text(args, { use: "checkout", env: { ...call.env, GIT_ATTR_SOURCE: tree }, timeoutMs: filterMs });
  } finally {
    rmSync(path.join(git.directory, temporary), { force: true });
  }
}
