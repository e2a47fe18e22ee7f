/**
 * Lands the work of several tasks on a branch, as a queue: puts one behind the other, checks the
 * whole, leaves out what does not fit or makes a check fail, and moves the branch once.
 */
import { createHash } from "node:crypto";
import { basename, dirname, join } from "node:path";
import { agentEnvironment } from "../../config/agent-env.ts";
import { filesCheckoutOf } from "../../config/main-checkout.ts";
import { ownPaths } from "../../config/paths.ts";
import { repositoryFilePath } from "../../config/repository-file.ts";
import { sandboxOrder } from "../../config/sandbox-order.ts";
import type { Caller } from "../../contract/caller.ts";
import type { LandInput } from "../../contract/operations/workspaces.ts";
import type { LandedTaskView, LandView } from "../../contract/views/workspace.ts";
import { messageOf, WorkerError } from "../../domain/errors.ts";
import { stricterSandbox } from "../../domain/task/sandbox.ts";
import type { SandboxMode, SandboxOrder } from "../../domain/task/sandbox.ts";
import { isTerminal } from "../../domain/task/task.ts";
import type { Task } from "../../domain/task/task.ts";
import { plainLine } from "../../domain/text/plain-text.ts";
import { checksOf, isWithoutShell, shellChecksOf } from "../../domain/verification/checks.ts";
import { conflictMessage } from "../../domain/workspace/landing.ts";
import type { LandingCheck } from "../../domain/workspace/landing.ts";
import { keptOf, setupCommand } from "../../domain/workspace/setup.ts";
import type { Checkpoint } from "../../domain/workspace/workspace.ts";
import { checkTop } from "../../git/check-tree.ts";
import { checkoutOfBranch, moveBranch, tipOfBranch } from "../../git/branch.ts";
import { changedFilesBetween } from "../../git/changed-paths.ts";
import { isAt, moveForward, requireClean, TargetMoved } from "../../git/checkout.ts";
import type { CheckoutState } from "../../git/checkout.ts";
import { Git } from "../../git/git.ts";
import { GitProblem } from "../../git/git-problem.ts";
import { Objects } from "../../git/objects.ts";
import { planMove } from "../../git/move-plan.ts";
import { pathsBetween } from "../../git/path-list.ts";
import { openRepository } from "../../git/repository.ts";
import type { Repository } from "../../git/repository.ts";
import { lockRepository } from "../../git/repository-lock.ts";
import { computeApply, WorkConflict } from "../../git/scratch-tree.ts";
import { UnfinishedWork, unfinishedWork } from "../../git/unfinished-work.ts";
import { sendMessage } from "../messages/send-message.ts";
import { doneBy } from "../rights/audit.ts";
import { isAgent } from "../rights/guard-agent.ts";
import { requireRightsStill } from "../rights/task-rights.ts";
import { requireTask } from "../tasks/require-task.ts";
import type { SubmitContext } from "../tasks/submit-task.ts";
import { requireTrust } from "../tasks/working-directory.ts";
import { verificationViews } from "../verification/verification-view.ts";
import { gitAnswer } from "./git-answer.ts";
import { LandingChecks, landingMarker, temporaryIn } from "./landing-checks.ts";
import type { Candidate, CheckRunner, Culprit } from "./landing-checks.ts";
import type { LandingProgress, Landings } from "./landings.ts";
import { worktreeOf } from "./losses.ts";
import type { Worktree } from "./losses.ts";
import { openWorkspace, snapshotNow } from "./present-files.ts";
import { leftOutView } from "./workspace-view.ts";

/** Other landings on the same branch have their turns first, with all their checks. */
const turnMs = 3_600_000;
/** Applies to the same repository take this long at most. */
const applyMs = 300_000;
/** The branch may move once while the work is checked. */
const maxTries = 2;
const saidAfterMs = 2_000;

export interface LandContext extends SubmitContext {
  readonly checks: CheckRunner;
  readonly landings: Landings;
}

/** The work of one task. */
interface Work {
  readonly task: Task;
  readonly worktree: Worktree;
  readonly last: Checkpoint;
}

/** Work that is put on top of what is before it. */
interface Step extends Candidate {
  readonly work: Work;
  readonly onto: string;
}

/**
 * @throws WorkerError not_found, forbidden (an agent), untrusted_directory; conflict: a task has
 * not ended or works in place, the branch's checkout has changes, or a check cannot be run. Then
 * nothing has landed. Work that does not fit, or makes a check fail, is an answer.
 */
export async function landTasks(context: LandContext, input: LandInput, caller: Caller): Promise<LandView> {
  if (isAgent(caller)) throw new WorkerError("forbidden", "Agents do not land work. Ask the user to do it.");
  const ids = [...new Set(input.tasks)];
  const found = await context.gate.withAll(ids, "its work is landed", async () => {
    const works = ids.map((id) => requireLandable(context, id));
    const [first] = works;
    if (first === undefined) throw new WorkerError("invalid_input", "Name at least one task.");
    const { path, repository } = first.worktree;
    const other = works.find(({ worktree }) => worktree.repository !== repository);
    if (other !== undefined)
      throw new WorkerError("conflict", `Tasks ${first.task.id} and ${other.task.id} work in different repositories. Land them apart.`);
    return await gitAnswer(async () => {
      const place = join(dirname(path), `.land-${createHash("sha256").update(input.into).digest("hex").slice(0, 12)}`);
      const progress = context.landings.begin(input.into, ids);
      try {
        return await inTurn(place, progress, async () => await new Landing(context, { works, place, input, caller, progress }).run());
      } finally {
        progress.end();
      }
    });
  });
  return input.send_conflicts && !input.dry_run ? await sendConflicts(context, found, caller) : found;
}

/** Says that it waits where another landing on the branch takes its time. */
async function inTurn(place: string, progress: LandingProgress, work: () => Promise<LandView>): Promise<LandView> {
  const waiting = setTimeout(() => progress.say("waits for another landing on the branch"), saidAfterMs);
  let release: () => void;
  try {
    release = await lockRepository(`${place}.lock`, turnMs);
  } finally {
    clearTimeout(waiting);
  }
  try {
    return await work();
  } finally {
    release();
  }
}

/** @throws WorkerError conflict, untrusted_directory, not_found. */
function requireLandable(context: LandContext, id: number): Pick<Work, "task" | "worktree"> {
  const { store, claudeCodeTrust } = context;
  const task = requireTask(store, id);
  if (!isTerminal(task.status)) throw new WorkerError("conflict", `Task ${id} has not ended. Wait for its end: claude-worker wait ${id}`);
  const worktree = worktreeOf(store, id);
  if (worktree === null)
    throw new WorkerError("conflict", `Task ${id} works in place: what it changed is in ${plainLine(task.workingDirectory, 1000)}.`);
  requireTrust(task.workingDirectory, store.trust, claudeCodeTrust);
  if (store.checkpoints.last(id) === null) throw new WorkerError("conflict", `There is no snapshot of the files of task ${id}.`);
  // Its commands run now, so the caller who asked for them must have the right still.
  if (checksOf(task).length > 0 || task.setup !== null) requireRightsStill(context, task);
  return { task, worktree };
}

/** Tells the authors of work that does not fit, so that they continue. */
async function sendConflicts(context: LandContext, found: LandView, caller: Caller): Promise<LandView> {
  const tasks: LandedTaskView[] = [];
  for (const each of found.tasks) {
    if (each.state !== "conflict") {
      tasks.push(each);
      continue;
    }
    const text = conflictMessage(found.into, found.commit ?? found.onto, each.files);
    try {
      const { id } = await sendMessage(context, each.task, { text, delivery: "after_turn" }, caller);
      tasks.push({ ...each, message: id });
    } catch (error) {
      if (!(error instanceof WorkerError)) throw error;
      // What has landed has landed.
      tasks.push({ ...each, reason: `${each.reason ?? ""} It was not sent to the task: ${messageOf(error)}` });
    }
  }
  return { ...found, tasks };
}

interface LandingOrder {
  readonly works: readonly Pick<Work, "task" | "worktree">[];
  readonly place: string;
  readonly input: LandInput;
  readonly caller: Caller;
  readonly progress: LandingProgress;
}

class Landing {
  readonly #context: LandContext;
  readonly #given: readonly Pick<Work, "task" | "worktree">[];
  readonly #place: string;
  readonly #input: LandInput;
  readonly #caller: Caller;
  readonly #progress: LandingProgress;
  readonly #repository: string;
  readonly #objects: Objects;
  readonly #outcomes = new Map<number, LandedTaskView>();
  readonly #unfinished = new Map<number, UnfinishedWork>();

  constructor(context: LandContext, { works, place, input, caller, progress }: LandingOrder) {
    this.#context = context;
    this.#given = works;
    this.#place = place;
    this.#input = input;
    this.#caller = caller;
    this.#progress = progress;
    this.#repository = works[0]?.worktree.repository ?? "";
    this.#objects = new Objects(context.git, this.#repository);
  }

  async run(): Promise<LandView> {
    const works: Work[] = [];
    await tipOfBranch(this.#objects, this.#input.into);
    for (const each of this.#given) works.push({ ...each, last: await this.#present(each) });
    const checks = this.#checks();
    await checks.begin();
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#once(works, checks);
      } catch (error) {
        if (!(error instanceof TargetMoved)) throw error;
        this.#progress.say(`${this.#into} has moved meanwhile`);
        if (tries >= maxTries)
          throw new GitProblem("failed", `The branch ${this.#into} moved twice while the work was checked. Nothing was landed. Try again.`);
      }
    }
  }

  get #into(): string {
    return plainLine(this.#input.into, 200);
  }

  async #once(works: readonly Work[], checks: LandingChecks): Promise<LandView> {
    const { into, dry_run } = this.#input;
    const onto = await tipOfBranch(this.#objects, into);
    await this.#checkout(onto);
    let steps = await this.#stack(onto, works);
    if (dry_run) return this.#answer(works, steps, onto);
    const base = { commit: onto, tree: await this.#treeOf(onto), checks: [] };
    const failed = new Set<number>();
    for (;;) {
      const culprit = await checks.culprit(steps, base);
      if (culprit === null) break;
      const work = steps[culprit.index]?.work;
      if (work === undefined) break;
      failed.add(work.task.id);
      this.#progress.say(`task ${work.task.id} is left out: with it the check ${culprit.failure.command} fails`);
      // Also those that only did not fit because of it.
      steps = await this.#stack(
        onto,
        works.filter(({ task }) => !failed.has(task.id)),
      );
      this.#say(work, "failed", { ...failureOf(culprit) });
    }
    const last = steps.at(-1);
    if (last !== undefined) {
      await this.#move(onto, last);
      this.#progress.say(`${this.#into} is at ${last.commit.slice(0, 12)}`);
    }
    await this.#remember(works, steps, onto);
    return this.#answer(works, steps, onto);
  }

  /** Puts the work of each task on top of the others'. Leaves out what does not fit. */
  async #stack(onto: string, works: readonly Work[]): Promise<Step[]> {
    const steps: Step[] = [];
    for (const work of works) {
      const tip = steps.at(-1)?.commit ?? onto;
      this.#progress.say(`puts task ${work.task.id} on top of ${tip.slice(0, 12)}`);
      try {
        const found = await this.#compute(work, tip);
        const open = found === null ? null : this.#unpassed(work);
        if (found === null) this.#say(work, "already", {});
        else if (open !== null) this.#say(work, "failed", { reason: open });
        else {
          const checks = unique([...steps.flatMap((step) => step.checks), ...checksOfWork(work)]);
          steps.push({ ...found, work, onto: tip, checks });
          const { length } = await changedFilesBetween(this.#objects, `${tip}^{tree}`, found.tree);
          this.#say(work, "landed", { commit: found.commit, changed_files: length });
        }
      } catch (error) {
        if (!(error instanceof WorkConflict || error instanceof UnfinishedWork)) throw error;
        this.#progress.say(`task ${work.task.id} does not fit`);
        this.#say(work, "conflict", { reason: error.message, files: [...error.files] });
      }
    }
    return steps;
  }

  /**
   * A check that cannot be repeated for the whole counts as it was found in the task.
   * @returns what has not passed, as a sentence; null: nothing.
   */
  #unpassed({ task }: Work): string | null {
    const checks = checksOf(task).filter(isWithoutShell);
    const views = checks.length === 0 ? [] : verificationViews(checks, this.#context.store.verifications.ofTask(task.id));
    const open = views.find(({ state }) => state !== "passed");
    if (open === undefined) return null;
    return `Its check ${open.name} has not passed (${open.state}). Have it made again: claude-worker retry ${task.id} --resume. Or bring the work onto the branch unchecked: claude-worker apply ${task.id}`;
  }

  /** Null: the branch has the work. @throws WorkConflict, UnfinishedWork, GitProblem. */
  async #compute({ task, worktree, last }: Work, onto: string): Promise<{ commit: string; tree: string } | null> {
    const { store, git } = this.#context;
    const unfinished = this.#unfinished.get(task.id);
    if (unfinished !== undefined) throw unfinished;
    await this.#objects.requireCommit(last.commit, `The last checkpoint of task ${task.id}`);
    const applied = store.applies.last(task.id);
    const isThere =
      applied?.branch === this.#input.into &&
      applied.result !== null &&
      (await this.#objects.find(["merge-base", "--is-ancestor", applied.result, onto])) !== null;
    const order = {
      repository: this.#repository,
      directory: this.#place,
      onto,
      snapshot: last.commit,
      applied: isThere ? applied.snapshot : null,
      head: last.head ?? worktree.baseCommit,
      base: worktree.baseCommit,
      message: `${plainLine(task.name ?? task.title, 72)}\n\nClaude-Worker-Task: ${task.id}\n`,
    };
    const whole = await computeApply(git, { ...order, way: "squash" });
    if (whole === null || this.#input.way === "squash") return committed(whole);
    const loose = await pathsBetween(this.#objects, `${order.head}^{tree}`, last.tree);
    if (loose.length > 0)
      throw new GitProblem("failed", `Task ${task.id} has not committed ${loose.length} files, and --rebase takes commits only.`);
    return committed(await computeApply(git, { ...order, way: "rebase" }));
  }

  /** The newest files of the task, also those that were changed after its end. */
  async #present({ task, worktree }: Pick<Work, "task" | "worktree">): Promise<Checkpoint> {
    const last = this.#context.store.checkpoints.last(task.id);
    if (last !== null && (worktree.state === "trashed" || worktree.state === "gone")) return last;
    const repository = await openWorkspace(this.#context, worktree);
    const unfinished = await unfinishedWork(repository, task.id);
    if (unfinished !== null) this.#unfinished.set(task.id, unfinished);
    return await snapshotNow(this.#context, worktree, repository, "restore");
  }

  /**
   * The work tree that has the branch checked out; null: none has.
   * @throws GitProblem: it cannot take changes now. @throws TargetMoved.
   */
  async #checkout(onto: string): Promise<{ readonly repository: Repository; readonly state: CheckoutState } | null> {
    const { git, store } = this.#context;
    const top = await checkoutOfBranch(this.#objects, this.#input.into);
    if (top === null) return null;
    const repository = await openRepository(new Git(git, top));
    const [busy] = store.workspaces.busyAt(repository.top);
    if (busy !== undefined)
      throw new GitProblem("failed", `Task ${busy} works in ${plainLine(top, 1000)}. Wait for its end: claude-worker wait ${busy}`);
    const state = await requireClean(repository);
    if (state.head !== onto || state.branch !== this.#input.into) throw new TargetMoved();
    return { repository, state };
  }

  /** Moves the branch, and the files of its checkout, and looks whether they are there. */
  async #move(onto: string, { commit, tree }: Step): Promise<void> {
    const { into } = this.#input;
    const release = await lockRepository(join(dirname(this.#place), ".apply-lock"), applyMs);
    try {
      const checkout = await this.#checkout(onto);
      if (checkout === null) {
        const why = `claude-worker: land ${this.#given.map(({ task }) => task.id).join(" ")}`;
        await moveBranch(this.#objects, into, { from: onto, to: commit, why });
      } else {
        const { repository, state } = checkout;
        const plan = await planMove(this.#objects, repository.top, onto, tree);
        const { home, snapshots } = this.#context.paths;
        await moveForward(repository, state, { commit, plan, index: join(snapshots, `${landingMarker(home, this.#place)}.index`) });
        if (!(await isAt(repository, state, commit)))
          throw new GitProblem("failed", `${plainLine(repository.top, 1000)} is not at what was landed. Look: git status`);
      }
      if ((await tipOfBranch(this.#objects, into)) !== commit)
        throw new GitProblem("failed", `The branch ${this.#into} was moved, and is not at what was landed. Look: git reflog ${this.#into}`);
    } finally {
      release();
    }
  }

  /** Also what is there already: a kill may have come between the branch and the store. */
  async #remember(works: readonly Work[], steps: readonly Step[], onto: string): Promise<void> {
    const { store, now } = this.#context;
    const { into: branch, way } = this.#input;
    await store.write(() => {
      for (const { task, last } of works) {
        const { id: taskId } = task;
        const step = steps.find((each) => each.work.task.id === taskId);
        const isNew = step !== undefined || this.#outcomes.get(taskId)?.state === "already";
        if (!isNew || (step === undefined && store.applies.last(taskId)?.snapshot === last.commit)) continue;
        const [before, result] = [step?.onto ?? onto, step?.commit ?? onto];
        store.applies.insert({ taskId, way, branch, snapshot: last.commit, tree: last.tree, onto: before, result, at: now() });
        const data = { ...doneBy(this.#caller), way, branch, commit: result, onto: before };
        store.events.append(taskId, null, [{ type: "applied", at: now(), data }], null);
      }
    });
  }

  #say({ task, last }: Work, state: LandedTaskView["state"], more: Partial<LandedTaskView>): void {
    const nothing = { commit: null, changed_files: 0, reason: null, files: [], ...leftOutView(last), check: null, message: null };
    this.#outcomes.set(task.id, { task: task.id, state, ...nothing, ...more });
  }

  #answer(works: readonly Work[], steps: readonly Step[], onto: string): LandView {
    const { into, dry_run } = this.#input;
    const commit = dry_run ? null : (steps.at(-1)?.commit ?? null);
    const tasks = works.flatMap(({ task }) => this.#outcomes.get(task.id) ?? []);
    const checks = unique(dry_run ? steps.flatMap((step) => step.checks) : (steps.at(-1)?.checks ?? []));
    return { into, onto, commit, landed: commit !== null, checks: checks.map(({ command }) => command), tasks, dry_run };
  }

  #checks(): LandingChecks {
    const { checks: runner, git, settings, env, paths, store } = this.#context;
    const [first] = this.#given;
    const trusted = first === undefined ? null : store.trustedCommands.get(repositoryFilePath(first.task.workingDirectory));
    const seen = trusted?.commands.setup ?? null;
    const setup = first === undefined ? null : setupCommand(first.task, seen);
    return new LandingChecks({
      runner,
      program: git,
      tree: {
        repository: this.#repository,
        directory: this.#place,
        ownPaths: ownPaths(paths),
        filesFrom: first === undefined ? null : filesCheckoutOf(first.task.workingDirectory),
      },
      marker: landingMarker(paths.home, this.#place),
      agentEnv: agentEnvironment(env, settings.agent_env),
      sandbox: this.#sandbox(),
      ports: first?.worktree.ports ?? null,
      setup,
      setupCache: keptOf(setup, seen, join(paths.setupCache, basename(dirname(this.#place)))),
      trash: join(paths.workspaces, ".trash"),
      setupTimeoutMs: settings.setup_timeout_ms,
      verifyTimeoutMs: settings.verify_timeout_ms,
      say: (text) => this.#progress.say(text),
    });
  }

  /** The commands run what agents have written: in a sandbox where one of the tasks has one. */
  #sandbox(): SandboxOrder | null {
    const [first] = this.#given;
    const boxed = this.#given.map(({ task }) => task).filter(({ sandbox }) => sandbox !== "off");
    if (first === undefined || boxed.length === 0) return null;
    const directory = checkTop({ directory: this.#place });
    const sandbox = boxed.reduce<SandboxMode>((found, task) => stricterSandbox(found, task.sandbox), "off");
    const task = { id: first.task.id, sandbox, sandboxAllowHosts: [...new Set(boxed.flatMap((each) => each.sandboxAllowHosts))] };
    const { paths } = this.#context;
    const own = { temporary: temporaryIn({ directory: this.#place }), name: basename(this.#place) };
    return sandboxOrder({ paths, task, directory, repository: this.#repository, isWorktree: true, ...own });
  }

  async #treeOf(commit: string): Promise<string> {
    return (await this.#objects.run(["rev-parse", "--verify", `${commit}^{tree}`])).toString("utf8").trim();
  }
}

function committed(work: { readonly tree: string; readonly commit: string | null } | null): { commit: string; tree: string } | null {
  return work === null || work.commit === null ? null : { tree: work.tree, commit: work.commit };
}

/** The commands that a person may have set: they run outside of Claude's rules. */
function checksOfWork({ task, worktree: { prefix } }: Work): LandingCheck[] {
  return shellChecksOf(task).map(({ command }) => ({ command, prefix }));
}

function unique(checks: readonly LandingCheck[]): LandingCheck[] {
  return [...new Map(checks.map((check) => [JSON.stringify([check.prefix, check.command]), check])).values()];
}

function failureOf({ failure, failedBefore }: Culprit): Partial<LandedTaskView> {
  const { command, exitCode, output } = failure;
  const how = exitCode === null ? (failure.reason ?? "it did not end") : `exit code ${exitCode}`;
  const before = failedBefore ? " It fails without this task's work, too." : "";
  return {
    reason: `With it the check ${plainLine(command, 200)} fails (${how}).${before}`,
    check: { command, exit_code: exitCode, output_tail: output.slice(-4000), failed_before: failedBefore },
  };
}
