/** Names snapshots by refs. A ref is only ever created, never moved. */
import type { Git } from "./git.ts";
import { GitProblem } from "./git-problem.ts";

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
export async function deleteRefs(git: Git, refs: readonly { readonly ref: string; readonly commit: string }[]): Promise<void> {
  for (const { ref, commit } of refs) {
    if ((await commitAt(git, ref)) !== commit) continue;
    await git.run(["update-ref", "-d", ref, commit], { use: "write", isPlain: true });
  }
}

/** @returns whether it is there now: false, when there is one of this name already. */
async function create(git: Git, ref: string, commit: string): Promise<boolean> {
  try {
    await git.run(["update-ref", "-z", "--stdin"], { use: "write", isPlain: true, input: `create ${ref}\0${commit}\0` });
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
