/** Finds files that the rules of an earlier state ignore, whatever the rules are now. */
import { createHash } from "node:crypto";
import { lstatSync, mkdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import path from "node:path";
import type { BytePath } from "./changed-files.ts";
import type { FileEntry } from "./path-list.ts";
import type { PutBackPlan } from "./put-back.ts";
import { placeOf } from "./replace-files.ts";
import type { Repository } from "./repository.ts";

const timeoutMs = 120_000;
/** Larger files are not read to be compared. */
const mostBytes = 64 * 1024 * 1024;

/**
 * A file that the target's rules ignore is in no snapshot of then, so that the task may have found
 * it there: it is not removed.
 * @param target the files as they should be. @param scratch where a directory of ours may lie for
 * the moment. @throws GitProblem.
 */
export async function leaveIgnored(
  repository: Repository,
  plan: PutBackPlan,
  target: ReadonlyMap<BytePath, FileEntry>,
  scratch: string,
): Promise<PutBackPlan> {
  const ignored = await ignoredIn(repository, plan.remove, target, scratch);
  return { ...plan, remove: plan.remove.filter((each) => !ignored.has(each)), leftAlone: [...plan.leftAlone, ...ignored] };
}

async function ignoredIn(
  { git, gitDirectory }: Repository,
  files: readonly BytePath[],
  state: ReadonlyMap<BytePath, FileEntry>,
  scratch: string,
): Promise<Set<BytePath>> {
  if (files.length === 0) return new Set();
  const rules = [...state].filter(([file]) => path.posix.basename(file) === ".gitignore");
  const index = `${scratch}.index`;
  const clear = (): void => [scratch, index, `${index}.lock`].forEach((each) => rmSync(each, { recursive: true, force: true }));
  clear();
  try {
    mkdirSync(scratch, { recursive: true, mode: 0o700 });
    const env = { GIT_INDEX_FILE: index };
    const entries = rules.map(([file, { mode, blob }]) => `${mode} ${blob} 0\t${file}\0`).join("");
    await git.run(["update-index", "-z", "--index-info"], { use: "write", env, input: Buffer.from(entries, "latin1"), timeoutMs });
    await git.run(["checkout-index", "--all", "--quiet", `--prefix=${scratch}${path.sep}`], { env, timeoutMs });
    const input = Buffer.from(files.map((file) => `${file}\0`).join(""), "latin1");
    const there = { env: { ...env, GIT_DIR: gitDirectory }, isPlain: true, input, timeoutMs } as const;
    const said = await git.atWorkTree(scratch).findBytes(["check-ignore", "--no-index", "-z", "--stdin"], there);
    return new Set(
      said
        ?.toString("latin1")
        .split("\0")
        .filter((each) => each !== ""),
    );
  } finally {
    clear();
  }
}

/** Whether a file of the work tree has the content and the kind of this entry. */
export function hasContent(top: string, file: BytePath, { mode, blob }: FileEntry): boolean {
  const place = placeOf(top, file);
  const stats = lstatSync(place, { throwIfNoEntry: false });
  if (stats === undefined || stats.isDirectory() || stats.size > mostBytes) return false;
  const present = stats.isSymbolicLink() ? "120000" : (stats.mode & 0o100) === 0 ? "100644" : "100755";
  if (present !== mode || (!stats.isFile() && !stats.isSymbolicLink())) return false;
  const content = stats.isSymbolicLink() ? readlinkSync(place, { encoding: "buffer" }) : readFileSync(place);
  // Git's name of a blob: SHA-1, or SHA-256 in a repository that uses it.
  const hash = createHash(blob.length === 40 ? "sha1" : "sha256").update(`blob ${content.length}\0`);
  return hash.update(content).digest("hex") === blob;
}
