/**
 * Takes the snapshots of an attempt's files and notes each in the journal. An error never concerns
 * the task: it is noted, too.
 */
import type { AgentWork } from "../agent/agent.ts";
import type { CheckpointOrder } from "../attempt-protocol/protocol.ts";
import { gitAbove } from "../config/main-checkout.ts";
import { messageOf } from "../domain/errors.ts";
import type { JournalEntry, RunnerNote } from "../domain/events/record.ts";
import { arrayOf, objectOf, stringOf } from "../domain/text/read-json.ts";
import type { ChangeCounts, CheckpointReason } from "../domain/workspace/workspace.ts";
import { differingFiles } from "../git/differing-files.ts";
import type { DifferingFile } from "../git/differing-files.ts";
import { countChanges } from "../git/count-changes.ts";
import { Git } from "../git/git.ts";
import { GitProblem } from "../git/git-problem.ts";
import type { GitProblemKind } from "../git/git-problem.ts";
import type { GitProgram } from "../git/git-program.ts";
import { patchText } from "../git/patch-text.ts";
import { PrivateIndex } from "../git/private-index.ts";
import { overlookedFiles } from "../git/overlooked-files.ts";
import { openRepository, pathBelow } from "../git/repository.ts";
import type { Repository } from "../git/repository.ts";
import { snapshotLimits, takeSnapshot } from "../git/snapshot.ts";
import type { Snapshot, SnapshotOrder } from "../git/snapshot.ts";

type AttemptReason = Exclude<CheckpointReason, "restore" | "restored">;

/** The task waits for the first and the last snapshot, and Claude works during the others. */
const timeoutsMs: Readonly<Record<AttemptReason, number>> = { start: 20_000, turn: 120_000, park: 20_000, end: 60_000 };
const countTimeoutMs = 10_000;
/** How many left out files a note names. */
const maxNames = 20;
/** After so many failures in a row there is no further try. */
const maxFailures = 2;

export interface CheckpointsOptions {
  readonly work: AgentWork;
  readonly program: GitProgram;
  readonly note: (note: RunnerNote) => void;
}

/** The files of a work tree as they are now. */
export interface PresentFiles {
  readonly repository: Repository;
  /** A snapshot of them; null: they are as an earlier attempt's last snapshot has them. */
  readonly commit: string | null;
}

export class Checkpoints {
  readonly #options: CheckpointsOptions;
  readonly #order: CheckpointOrder | null;
  #repository: Repository | null = null;
  #next: number;
  #last: SnapshotOrder["last"] = null;
  /** The commit that changes are counted from. */
  #base: string | null = null;
  /** The commit of the task's first snapshot. */
  #first: string | null = null;
  /** Whether the repository is the one that the task began in. */
  #isComparable = true;
  /** The commit of the newest snapshot that this attempt took. */
  #commit: string | null = null;
  #failures = 0;
  /** The snapshot that is taken now. */
  #taking: Promise<void> | null = null;
  #isAsked = false;
  /** The id of the model's newest message on the main thread. */
  #begun: string | null = null;
  /** Whether calls of it are open. */
  #isInStep = false;
  /** Of the message whose step ended last. Both are null for one of an earlier attempt. */
  #message: string | null = null;
  readonly #ending = new AbortController();

  constructor(options: CheckpointsOptions) {
    this.#options = options;
    this.#order = options.work.checkpoints ?? null;
    this.#next = this.#order?.next ?? 1;
  }

  /** Takes the first snapshot. Resolves when Claude may change files. */
  async begin(): Promise<void> {
    if (this.#order === null) return;
    const { work, program } = this.#options;
    const { workingDirectory } = work.spec;
    try {
      if (gitAbove(workingDirectory) === null)
        throw new GitProblem("not_a_repository", `${workingDirectory} is not in a git repository, so there are no snapshots.`);
      this.#repository = await openRepository(new Git(program, workingDirectory));
      const { before } = this.#order;
      this.#isComparable = before === null || before.repository === this.#repository.commonDirectory;
      if (before !== null && this.#isComparable) [this.#last, this.#base, this.#first] = [before.last, before.base, before.first];
    } catch (error) {
      return this.#noteProblem(error);
    }
    this.#taking = this.#take("start");
    await this.#taking;
    this.#taking = null;
  }

  /** Takes an entry of the journal. @param endsStep whether a step ends with it. */
  heard(entry: JournalEntry, endsStep: boolean): void {
    const { type, parent_tool_use_id: thread, message } = entry as { readonly [field: string]: unknown };
    if (thread != null) return;
    if (type === "assistant") this.#begun = stringOf(objectOf(message)["id"]);
    const content = arrayOf(objectOf(message)["content"]).map(objectOf);
    if (content.some((block) => block["type"] === "tool_use")) this.#isInStep = true;
    if (endsStep) this.#stepEnded();
  }

  /** Takes a snapshot, unless one is being taken; then another one follows. */
  #stepEnded(): void {
    if (this.#repository === null) return;
    this.#isInStep = false;
    this.#message = this.#begun;
    this.#isAsked = true;
    this.#taking ??= this.#takeAsked().finally(() => (this.#taking = null));
  }

  /** Ends the snapshot that is being taken, because the last one follows. */
  async settle(): Promise<void> {
    this.#isAsked = false;
    this.#ending.abort();
    await this.#taking;
  }

  /** Takes the last snapshot. No process of the attempt may change files any more. */
  async end(reason: "park" | "end"): Promise<void> {
    await this.settle();
    if (this.#repository !== null) await this.#take(reason);
  }

  /**
   * The tree of the files as they are now; null: it is not known. No process of the attempt may
   * change files meanwhile.
   */
  async tree(): Promise<string | null> {
    await this.end("end");
    return this.#failures === 0 ? (this.#last?.tree ?? null) : null;
  }

  /** The files as the last snapshot has them; null: they are not known. */
  get present(): PresentFiles | null {
    const repository = this.#repository;
    return repository === null || this.#failures > 0 ? null : { repository, commit: this.#commit };
  }

  /**
   * The files of these patterns that differ from the beginning of the task, or that git overlooks;
   * null: they are not known. No process of the attempt may change files meanwhile.
   */
  async changesOf(patterns: readonly string[]): Promise<DifferingFile[] | null> {
    const tree = await this.tree();
    const [order, repository, base, first] = [this.#order, this.#repository, this.#base, this.#first];
    if (tree === null || order === null || repository === null || base === null || first === null || !this.#isComparable) return null;
    try {
      const git = repository.git.again();
      const { spec, ownPaths = [] } = this.#options.work;
      const except = ownPaths.flatMap((own) => pathBelow(own, repository.top));
      const look = { repository: { ...repository, git }, index: order.index, base, first, tree, patterns, except };
      const overlooked = await overlookedFiles(look);
      return [...(await differingFiles(git.in(spec.workingDirectory), base, tree, patterns)), ...overlooked];
    } catch (error) {
      this.#noteProblem(error);
      return null;
    }
  }

  /**
   * What the task changed, as a patch; null: it is not known. No process of the attempt may change
   * files meanwhile.
   */
  async patch(bytes: number): Promise<string | null> {
    const tree = await this.tree();
    const [repository, base] = [this.#repository, this.#base];
    if (tree === null || repository === null || base === null) return null;
    try {
      return await patchText(repository.git.again(), base, tree, bytes);
    } catch (error) {
      this.#noteProblem(error);
      return null;
    }
  }

  async #takeAsked(): Promise<void> {
    while (this.#isAsked) {
      this.#isAsked = false;
      await this.#take("turn");
    }
  }

  async #take(reason: AttemptReason): Promise<void> {
    const { work } = this.#options;
    const [order, repository] = [this.#order, this.#repository];
    if (order === null || repository === null || this.#failures >= maxFailures) return;
    const last = this.#last;
    // The next turn may begin before the snapshot is noted.
    const message = reason === "start" || (isLast(reason) && this.#isInStep) ? null : this.#message;
    // One that is cut off may have read files into the index already.
    this.#last = last === null ? null : withoutIndex(last);
    try {
      const taken = await takeSnapshot({
        repository: { ...repository, git: repository.git.again(isLast(reason) ? undefined : this.#ending.signal) },
        index: new PrivateIndex(order.index),
        refs: `refs/claude-worker/${work.taskId}/${order.attempt}`,
        number: this.#next,
        message: `Checkpoint ${this.#next} of task ${work.taskId}, attempt ${order.attempt}\n`,
        last,
        except: (work.ownPaths ?? []).flatMap((own) => pathBelow(own, repository.top)),
        limits: snapshotLimits,
        timeoutMs: timeoutsMs[reason],
      });
      this.#failures = 0;
      if (taken !== null) await this.#noteTaken(taken, { reason, message }, repository);
      else if (last !== null) this.#last = { ...last, isIndexed: true };
    } catch (error) {
      if (!(error instanceof GitProblem) || error.kind !== "stopped") this.#noteProblem(error);
    }
  }

  async #noteTaken(
    taken: Snapshot,
    why: { readonly reason: AttemptReason; readonly message: string | null },
    { git, top, commonDirectory }: Repository,
  ): Promise<void> {
    const { leftOut, ...snapshot } = taken;
    this.#base ??= taken.commit;
    this.#first ??= taken.commit;
    const changes = await countsOf(git, this.#base, taken);
    this.#last = { ...taken, isIndexed: true };
    this.#commit = taken.commit;
    const where = { top, repository: commonDirectory };
    const left = { leftOut: leftOut.slice(0, maxNames), leftOutCount: leftOut.length };
    this.#options.note({ type: "worker", subtype: "checkpoint", number: this.#next, ...why, ...where, ...snapshot, changes, ...left });
    this.#next += 1;
  }

  #noteProblem(error: unknown): void {
    this.#failures += 1;
    const kind: GitProblemKind = error instanceof GitProblem ? error.kind : "failed";
    this.#options.note({ type: "worker", subtype: "no_checkpoint", kind, text: messageOf(error) });
  }
}

function withoutIndex({ isIndexed: _isIndexed, ...last }: NonNullable<SnapshotOrder["last"]>): SnapshotOrder["last"] {
  return last;
}

function isLast(reason: AttemptReason): boolean {
  return reason === "park" || reason === "end";
}

/** Null: there are too many to count them in time. */
async function countsOf(git: Git, base: string, { commit }: Snapshot): Promise<ChangeCounts | null> {
  if (base === commit) return { files: 0, insertions: 0, deletions: 0 };
  try {
    return await countChanges(git, base, commit, countTimeoutMs);
  } catch {
    return null;
  }
}
