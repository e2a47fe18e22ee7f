/** Names snapshots by refs. A ref is only ever created, never moved. */
import path from "node:path";
import type { Git, GitCall } from "./git.ts";
import { GitProblem } from "./git-problem.ts";
import { despiteOwnLock } from "./own-lock.ts";

/** Below it are the snapshots of all tasks. */
const root = "refs/claude-worker/";

/**
 * Creates `<refs>/<number>`. A name that another data directory has taken is passed over.
 * @returns the ref. @throws GitProblem.
 */
export async function createRef(git: Git, refs: string, number: number, commit: string): Promise<string> {
  const ref = `${refs}/${number}`;
  if (await create(git, ref, commit)) return ref;
  const next = `${refs}/${(await highest(git, refs)) + 1}`;
  if (await create(git, next, commit)) return next;
  throw new GitProblem("failed", `${next} was created by another program at the same moment.`);
}

/**
 * Deletes refs that still name these commits. Others are left alone.
 * @throws GitProblem.
 */
export async function deleteRefs(
  git: Git,
  refs: readonly { readonly ref: string; readonly commit: string }[],
  call: Pick<GitCall, "env"> = {},
): Promise<void> {
  const present = new Set(
    (await git.text(["for-each-ref", "--format=%(refname) %(objectname)", root], { ...call, isPlain: true })).split("\n"),
  );
  const found = refs.filter(({ ref, commit }) => present.has(`${ref} ${commit}`));
  if (found.length === 0) return;
  const input = found.map(({ ref, commit }) => `delete ${ref}\0${commit}\0`).join("");
  await git.run(["update-ref", "-z", "--stdin"], { ...call, use: "write", isPlain: true, input });
}

/** The names of all snapshots, of other data directories too. @throws GitProblem. */
export async function presentRefs(git: Git, call: Pick<GitCall, "env"> = {}): Promise<Set<string>> {
  return new Set((await git.text(["for-each-ref", "--format=%(refname)", root], { ...call, isPlain: true })).split("\n"));
}

/**
 * Creates refs again that another program has deleted (`git fetch --prune`), where their commits
 * are still there. @returns how many. @throws GitProblem.
 */
export async function renewRefs(
  git: Git,
  refs: readonly { readonly ref: string; readonly commit: string }[],
  call: Pick<GitCall, "env"> = {},
): Promise<number> {
  const present = await presentRefs(git, call);
  const missing = refs.filter(({ ref }) => !present.has(ref));
  if (missing.length === 0) return 0;
  const asked = missing.map(({ commit }) => `${commit}\n`).join("");
  const kinds = (await git.text(["cat-file", "--batch-check=%(objecttype)"], { ...call, isPlain: true, input: asked })).split("\n");
  const found = missing.filter((_, at) => kinds[at] === "commit");
  const input = found.map(({ ref, commit }) => `create ${ref}\0${commit}\0`).join("");
  if (found.length > 0) await git.run(["update-ref", "-z", "--stdin"], { ...call, use: "write", isPlain: true, input });
  return found.length;
}

/** @returns whether it is there now: false, when there is one of this name already. */
async function create(git: Git, ref: string, commit: string): Promise<boolean> {
  try {
    const make = async (): Promise<unknown> =>
      await git.run(["update-ref", "-z", "--stdin"], { use: "write", isPlain: true, input: `create ${ref}\0${commit}\0` });
    await despiteOwnLock(`${ref}.lock`, make, async () => {
      const common = await git.text(["rev-parse", "--git-common-dir"], { isPlain: true });
      return path.resolve(git.directory, common);
    });
    return true;
  } catch (error) {
    if ((await commitAt(git, ref)) === null) throw error;
    return false;
  }
}

async function commitAt(git: Git, ref: string): Promise<string | null> {
  return await git.find(["rev-parse", "--verify", "--quiet", ref], { isPlain: true });
}

async function highest(git: Git, refs: string): Promise<number> {
  const names = await git.text(["for-each-ref", "--format=%(refname)", `${refs}/`], { isPlain: true });
  const numbers = names.split("\n").map((name) => Number(name.slice(refs.length + 1)));
  return Math.max(0, ...numbers.filter((each) => Number.isSafeInteger(each)));
}
