/** Makes a snapshot of what a put-back has done before it was killed. */
import { rmSync } from "node:fs";
import type { BytePath } from "./changed-files.ts";
import type { FileEntry } from "./path-list.ts";
import type { Repository } from "./repository.ts";
import { commitTree } from "./snapshot.ts";
import { createRef } from "./snapshot-ref.ts";

const timeoutMs = 120_000;
const noBlob = "0".repeat(40);

export interface HalfPutBack {
  /** The snapshot that was taken before it. */
  readonly before: string;
  /** What was put back so far; null: the file was removed. */
  readonly done: readonly (readonly [file: BytePath, entry: FileEntry | null])[];
  /** Where an index of ours may lie for the moment. */
  readonly index: string;
  readonly refs: string;
  readonly number: number;
  readonly message: string;
  /** The commit of HEAD; null: there is none yet. */
  readonly head: string | null;
}

/** Reads and writes no file of the work tree. @throws GitProblem. */
export async function commitHalf(repository: Repository, order: HalfPutBack): Promise<{ ref: string; commit: string; tree: string }> {
  const { before, done, index, refs, number, message, head } = order;
  const { git } = repository;
  const call = { use: "write", env: { GIT_INDEX_FILE: index }, timeoutMs } as const;
  const clear = (): void => [index, `${index}.lock`].forEach((each) => rmSync(each, { force: true }));
  clear();
  try {
    await git.run(["read-tree", before], call);
    const lines = done.map(([file, entry]) => `${entry?.mode ?? "0"} ${entry?.blob ?? noBlob.padEnd(before.length, "0")}\t${file}\0`);
    await git.run(["update-index", "-z", "--index-info"], { ...call, input: Buffer.from(lines.join(""), "latin1") });
    const tree = await git.text(["write-tree"], call);
    const commit = await commitTree({ repository, message }, tree, { head });
    return { ref: await createRef(git, refs, number, commit), commit, tree };
  } finally {
    clear();
  }
}
