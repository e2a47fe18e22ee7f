/**
 * Finds out where the lines of comments are now: follows them through what differs between the
 * snapshot that a comment is on and a later one. Changes nothing.
 */
import { carryLines, removesSame } from "../../domain/workspace/carry-lines.ts";
import type { Hunk } from "../../domain/workspace/diff.ts";
import { judgedAt } from "../../domain/workspace/review-comment.ts";
import type { CarriedComment, ReviewComment } from "../../domain/workspace/review-comment.ts";
import { changedFilesBetween } from "../../git/changed-paths.ts";
import type { ChangedFile } from "../../git/changed-paths.ts";
import { hunksOf } from "../../git/file-hunks.ts";
import { GitProblem } from "../../git/git-problem.ts";
import type { GitProgram } from "../../git/git-program.ts";
import { Objects } from "../../git/objects.ts";
import type { Store } from "../../store/store.ts";

export interface Carried {
  readonly comments: readonly { readonly comment: ReviewComment; readonly carried: CarriedComment }[];
  /** Why it is not known of some, as a sentence; null: it is known of all. */
  readonly problem: string | null;
}

/** What became of one file of the earlier state. */
type FileChange =
  | { readonly kind: "same" }
  | { readonly kind: "gone" }
  | { readonly kind: "changed"; readonly path: string; readonly hunks: readonly Hunk[] };
/** By the file's name in the earlier state. Files that are not there are the same. */
type Changes = ReadonlyMap<string, FileChange>;

/** Of a comment whose lines cannot be looked for. */
export const unknownPlace: CarriedComment = { hasChanged: null, position: null };

/** Where git cannot say it, the problem says why. @throws nothing of git. */
export async function carryComments(store: Store, git: GitProgram, taskId: number, comments: readonly ReviewComment[]): Promise<Carried> {
  const repository = store.workspaces.get(taskId)?.repository ?? null;
  const newest = store.checkpoints.last(taskId);
  if (comments.length === 0) return { comments: [], problem: null };
  if (repository === null || newest === null)
    return {
      comments: comments.map((comment) => ({ comment, carried: unknownPlace })),
      problem: `Task ${taskId} has no snapshots any more.`,
    };
  const differences = new Differences(new Objects(git, repository), comments);
  let problem: string | null = null;
  const found: { comment: ReviewComment; carried: CarriedComment }[] = [];
  for (const comment of comments) {
    try {
      const now = await carriedTo(differences, comment, newest.commit);
      const judged = judgedAt(comment, newest.commit);
      const hasChanged = judged === newest.commit ? now === null : (await carriedTo(differences, comment, judged)) === null;
      found.push({ comment, carried: { hasChanged, position: now } });
    } catch (error) {
      if (!(error instanceof GitProblem)) throw error;
      problem ??= error.message;
      found.push({ comment, carried: unknownPlace });
    }
  }
  return { comments: found, problem };
}

/** Null: the lines have changed. */
async function carriedTo(differences: Differences, comment: ReviewComment, commit: string): Promise<CarriedComment["position"]> {
  const { side, path, startLine: start, line: end, fromCommit, toCommit, code } = comment;
  const name = sourceOf(comment);
  const changes = await differences.between(side === "old" ? fromCommit : toCommit, commit);
  const change = changes.get(name) ?? { kind: "same" };
  if (side === "old") {
    const hunks = change.kind === "changed" ? change.hunks : [];
    if (change.kind === "gone" || !removesSame(hunks, { start, end }, code)) return null;
    return { path: change.kind === "changed" ? change.path : path, start, end };
  }
  if (change.kind === "same") return { path: name, start, end };
  if (change.kind === "gone") return null;
  const range = carryLines(change.hunks, { start, end });
  return range === null ? null : { path: change.path, ...range };
}

/** The file's name in the state that the lines are of. */
function sourceOf({ side, path, oldPath }: ReviewComment): string {
  return side === "old" ? (oldPath ?? path) : path;
}

/** Compares two commits once, and only the files that have comments. */
class Differences {
  readonly #objects: Objects;
  readonly #names: ReadonlySet<string>;
  readonly #known = new Map<string, Promise<Changes>>();

  constructor(objects: Objects, comments: readonly ReviewComment[]) {
    this.#objects = objects;
    this.#names = new Set(comments.map(sourceOf));
  }

  /** @throws GitProblem. */
  async between(from: string, to: string): Promise<Changes> {
    const key = `${from} ${to}`;
    const known = this.#known.get(key) ?? this.#compare(from, to);
    this.#known.set(key, known);
    return await known;
  }

  async #compare(from: string, to: string): Promise<Changes> {
    if (from === to) return new Map();
    await this.#objects.requireCommit(from, `The snapshot ${from.slice(0, 12)}`);
    await this.#objects.requireCommit(to, `The snapshot ${to.slice(0, 12)}`);
    const files = (await changedFilesBetween(this.#objects, from, to)).filter(
      ({ status, path, oldPath }) => status !== "copied" && this.#names.has(oldPath ?? path),
    );
    const hunks = await hunksOf(this.#objects, { from, to }, files);
    return new Map(files.map((file, at) => [file.oldPath ?? file.path, changeOf(file, hunks[at]?.hunks ?? null)]));
  }
}

function changeOf({ path }: ChangedFile, hunks: readonly Hunk[] | null): FileChange {
  // Too much has changed to be shown, or it is not a text any more.
  return hunks === null ? { kind: "gone" } : { kind: "changed", path, hunks };
}
