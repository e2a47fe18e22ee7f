/** Submits tasks: turns parsed inputs into durable, pending tasks. */
import type { Paths } from "../../config/paths.ts";
import { accountOf } from "../../contract/account.ts";
import type { Caller } from "../../contract/caller.ts";
import type { FilledTaskInput, ParsedTaskInput } from "../../contract/task-input.ts";
import { profileEnvironment } from "../../config/profile-environment.ts";
import { defaultProfile } from "../../domain/task/profile.ts";
import { gitAbove } from "../../config/main-checkout.ts";
import { inOneLook } from "../../config/one-look.ts";
import { WorkerError } from "../../domain/errors.ts";
import type { Task } from "../../domain/task/task.ts";
import type { GivenValues } from "../../domain/prompts/given-values.ts";
import { attachmentsProblem } from "../../domain/task/attachment.ts";
import type { GivenAttachment } from "../../domain/task/attachment.ts";
import { filledOptions, submittedOptions } from "../../domain/task/option-values.ts";
import type { GitProgram } from "../../git/git-program.ts";
import type { NewTask } from "../../store/store.ts";
import { doneBy } from "../rights/audit.ts";
import {
  admitAgentTasks,
  agentTerms,
  clientOf,
  enterAgentTask,
  isAgent,
  profileOfCaller,
  requireOwnProfile,
} from "../rights/guard-agent.ts";
import type { TaskOrigin } from "../rights/guard-agent.ts";
import { holdPrompt } from "../prompts/hold-prompt.ts";
import { withCheckoutLock } from "./checkout-lock.ts";
import { filledInput, withGroup } from "./group-defaults.ts";
import { requireSchema } from "./require-schema.ts";
import { addDependencies, dependenciesOf, startOf } from "./submit-order.ts";
import type { SubmitRate } from "./submit-rate.ts";
import { requireBypassRights, requireRights, taskCallerOf } from "../rights/task-rights.ts";
import type { RightsContext } from "../rights/task-rights.ts";
import { protectedPatterns } from "../../domain/verification/protected-files.ts";
import { resolveCommands, resolveVerify } from "../verification/resolve-verify.ts";
import { rememberRuns, requireSeenRuns } from "../trust/seen-runs.ts";
import { chooseWorktree, planOf, shareWorktree } from "../workspaces/plan-worktrees.ts";
import { requireSeenSetup } from "../workspaces/seen-setup.ts";
import type { PlannedTask } from "../workspaces/plan-worktrees.ts";
import type { WorkspaceGate } from "../workspaces/workspace-gate.ts";
import { realDirectories, realDirectory } from "./working-directory.ts";

export interface SubmitContext extends RightsContext {
  /** The server's own environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  now(): number;
  readonly paths: Paths;
  readonly git: GitProgram;
  /** Tasks whose files are changed now do not start. */
  readonly gate: WorkspaceGate;
  readonly rate: SubmitRate;
  /** The rate of agents, which `rate` does not count. */
  readonly agentRate: SubmitRate;
  /** Whether errors name the input that they are about. */
  readonly isBatch?: boolean;
}

/** What a submit says, and what a template or a workflow adds. */
export type SubmitInput = ParsedTaskInput &
  TaskOrigin & {
    /** What the prompt's expressions can name beside the tasks that it runs after. */
    readonly given?: GivenValues;
    /** A step of a workflow without Claude Code: it takes no locks, and no options of its group. */
    readonly isWithoutClaude?: boolean;
  };

/**
 * Stores all of the tasks, or none. They are durable when the promise resolves.
 * @throws WorkerError invalid_input, untrusted_directory, forbidden, too_many_requests,
 * storage_full.
 */
export async function submitTasks(context: SubmitContext, inputs: readonly SubmitInput[], caller: Caller): Promise<Task[]> {
  const now = context.now();
  const tasks = await planned(context, newTasks(context, inputs, caller, now));
  return context.store.write(() => insertTasks(context, tasks, caller, now));
}

/** Makes the new tasks, after every check that needs no transaction. */
export function newTasks(context: SubmitContext, inputs: readonly SubmitInput[], caller: Caller, now: number): PlannedTask[] {
  takeRate(context, inputs.length, caller, now);
  const dependencies = dependenciesOf(inputs, context.isBatch === true);
  const planOne = (input: SubmitInput, index: number): PlannedTask => {
    try {
      const pointer = `${context.isBatch === true ? `/tasks/${index}` : ""}/prompt`;
      const promptOrigin = { literalFrom: input.literal_from ?? null, given: input.given ?? null, pointer };
      return { ...newTask(context, input, caller, now), dependencies: dependencies[index] ?? [], promptOrigin };
    } catch (error) {
      throw context.isBatch === true && error instanceof WorkerError ? inBatch(error, index) : error;
    }
  };
  return inOneLook(() => context.store.read(() => inputs.map(planOne)));
}

/**
 * The checks that take their time: of JSON Schemas, and of what worktrees are made of. The rights
 * are checked before.
 * @throws WorkerError invalid_input.
 */
export async function planned(
  { isBatch, git }: Pick<SubmitContext, "isBatch" | "git">,
  tasks: readonly PlannedTask[],
): Promise<PlannedTask[]> {
  const plans: PlannedTask[] = [];
  for (const [index, task] of tasks.entries()) {
    try {
      await requireSchema(task);
      plans.push(await planOf(git, task));
    } catch (error) {
      throw isBatch === true && error instanceof WorkerError ? inBatch(error, index) : error;
    }
  }
  return plans;
}

/** The same error with the number of the batch's task. */
function inBatch(error: WorkerError, index: number): WorkerError {
  const problems = error.problems.map(({ pointer, detail }) => ({ pointer: `/tasks/${index}${pointer}`, detail }));
  return new WorkerError(error.code, `Task ${index} of the batch: ${error.message}`, problems);
}

/** Inside `write`. */
export function insertTasks(context: SubmitContext, tasks: readonly PlannedTask[], caller: Caller, now: number): Task[] {
  requireRoom(context, tasks.length);
  const admitted = isAgent(caller) ? admitAgentTasks(context, tasks, caller) : tasks;
  for (const directory of new Set(admitted.map(({ workingDirectory }) => workingDirectory)))
    rememberRuns(context.store, directory, { env: context.claudeCodeTrust.env, now });
  const asked = taskCallerOf(context.store, caller);
  const ids: number[] = [];
  const inserted = admitted.map((task) => {
    const [batch] = context.isBatch === true ? ids : [];
    const stored = context.store.tasks.insert(batch === undefined ? task : { ...task, batch });
    if (ids.push(stored.id) === 2 && batch !== undefined) context.store.tasks.patch(batch, now, { batch });
    if (task.images !== undefined) context.store.attachments.add(stored.id, task.images);
    if (task.worktree !== undefined) placeWorktree(context, stored, { ...task, worktree: task.worktree }, ids);
    if (isAgent(caller)) enterAgentTask(context.store, stored, caller);
    context.store.callers.put(stored.id, asked);
    const schedule = task.schedule === undefined ? {} : { schedule: task.schedule };
    context.store.events.append(stored.id, null, [{ type: "submitted", at: now, data: { ...doneBy(caller), ...schedule } }]);
    return stored;
  });
  for (const [index, task] of inserted.entries()) {
    const { dependencies = [], promptOrigin } = admitted[index] ?? {};
    addDependencies(context.store, task.id, dependencies, ids, caller);
    if (promptOrigin !== undefined) holdPrompt(context.store, task, promptOrigin);
  }
  // Of a task that nothing has changed since its insert, only the first event is new.
  return inserted.map((task, index) => (isChanged(admitted[index]) ? (context.store.tasks.get(task.id) ?? task) : { ...task, lastSeq: 1 }));
}

/** Whether what follows its insert may have changed it: its status or its title. */
function isChanged(task: PlannedTask | undefined): boolean {
  return (task?.dependencies?.length ?? 0) > 0 || task?.promptOrigin?.given != null;
}

function placeWorktree(
  { store, paths }: SubmitContext,
  stored: Task,
  { worktree, shares }: Pick<PlannedTask, "shares"> & Required<Pick<PlannedTask, "worktree">>,
  ids: readonly number[],
): void {
  if (shares === undefined) return chooseWorktree(store, paths, stored, worktree);
  shareWorktree(store, paths, stored, worktree, "task" in shares ? shares.task : (ids[shares.place] ?? stored.id));
}

/** Counts against the rate. @throws WorkerError too_many_requests. */
export function takeRate({ rate, agentRate, store }: SubmitContext, tasks: number, caller: Caller, now: number): void {
  if (isAgent(caller)) agentRate.take(clientOf(store, caller), tasks, now);
  else if (caller.scope !== "admin") rate.take(accountOf(caller), tasks, now);
}

/** @throws WorkerError that names the group where one of its defaults is the reason. */
function newTask(context: SubmitContext, given: SubmitInput, caller: Caller, now: number): NewTask {
  const own = isAgent(caller) ? profileOfCaller(context.store, caller) : null;
  const { isFromTemplate = false, isInRun = false } = given;
  const origin = { isFromTemplate, isInRun };
  const input = { ...filledInput(context, given, own), ...origin };
  if (isAgent(caller) && given.profile !== undefined)
    requireOwnProfile(input.profile, filledInput(context, { ...given, profile: undefined }, own).profile);
  if (given.isWithoutClaude === true) return { ...taskOf(context, { ...filledOptions(given, {}), ...origin }, caller, now), locks: [] };
  try {
    return taskOf(context, input, caller, now);
  } catch (error) {
    throw error instanceof WorkerError ? withGroup(error, context.store, { given, input }) : error;
  }
}

function taskOf(context: SubmitContext, input: FilledTaskInput & TaskOrigin, caller: Caller, now: number): NewTask {
  const { store, settings } = context;
  const terms = isAgent(caller) ? agentTerms(context, input, caller, input) : null;
  const permissionMode = terms?.permissionMode ?? input.permission_mode ?? settings.permission_mode;
  const asked = taskCallerOf(store, caller);
  requireBypassRights(permissionMode, asked);
  const workingDirectory = realDirectory(input.working_directory);
  const task = {
    prompt: input.prompt,
    workingDirectory,
    // A task of an agent does not disturb a person unless the agent asks for it.
    ...submittedOptions(input, isAgent(caller) ? { ...settings, on_question: "deny" } : settings),
    verify: resolveVerify(context, input.verify ?? settings.verify, workingDirectory),
    ...resolveCommands(context, input, workingDirectory),
    protect: protectedPatterns(input.protect),
    additionalDirectories: realDirectories(input.additional_directories),
    ...(input.attachments.length === 0 ? {} : { images: imagesOf(input.attachments) }),
    permissionMode,
    deny: terms?.deny ?? input.deny,
    ...(terms === null ? {} : { sandbox: terms.sandbox, sandboxAllowHosts: terms.sandboxAllowHosts }),
    createdAt: now,
    ...startOf(input, now),
    parentId: terms?.parentId ?? null,
    depth: terms?.depth ?? 0,
  };
  requirePossible(task, context);
  requireProtectable(task);
  requireGoal(task);
  requireScore(task);
  requireBaselineCommand(task);
  requireRights(context, task, asked);
  requireSeenRuns(store, workingDirectory, () => context.claudeCodeTrust.autoRuns(workingDirectory, context.isBatch !== true));
  requireSeenSetup(context, task);
  return { ...task, locks: withCheckoutLock(task, settings) };
}

/**
 * Refuses options that Claude Code would refuse at its start, because the task would fail later.
 * @throws WorkerError invalid_input.
 */
export function requirePossible(
  task: Pick<NewTask, "permissionMode" | "model" | "fallbackModel" | "attachments" | "profile">,
  { env, settings }: Pick<SubmitContext, "env" | "settings">,
): void {
  requireOtherModel(task);
  requireFewImages(task);
  if (task.profile !== defaultProfile) profileEnvironment({ env, settings }, task.profile);
  // Claude Code refuses this mode for root outside of a declared sandbox.
  if (task.permissionMode !== "bypassPermissions" || process.getuid?.() !== 0 || env["IS_SANDBOX"] === "1") return;
  throw new WorkerError(
    "invalid_input",
    "Claude Code refuses bypassPermissions to root. Run the server as another user, or in a sandbox with IS_SANDBOX=1.",
  );
}

/** @throws WorkerError invalid_input: a baseline without a command. */
export function requireBaselineCommand({ verify, verifyBaseline }: Pick<NewTask, "verify" | "verifyBaseline">): void {
  if (!verifyBaseline || verify.length > 0) return;
  const detail = "has no command to run. Name one in verify, or leave it out";
  throw new WorkerError("invalid_input", `verify_baseline ${detail}.`, [{ pointer: "/verify_baseline", detail }]);
}

/**
 * Refuses what needs snapshots of the files where there are none.
 * @throws WorkerError invalid_input.
 */
export function requireProtectable({
  protect,
  score,
  judge,
  workingDirectory,
}: Pick<NewTask, "protect" | "score" | "judge" | "workingDirectory">): void {
  const name = protect.length > 0 ? "protect" : score !== null ? "score" : judge === null ? null : "judge";
  if (name === null || gitAbove(workingDirectory) !== null) return;
  const detail = `needs a git repository, and ${workingDirectory} is in none`;
  throw new WorkerError("invalid_input", `${name} ${detail}. Leave it out, or make one there: git init`, [{ pointer: `/${name}`, detail }]);
}

/** @throws WorkerError invalid_input: it is not said which score is better. */
export function requireGoal({ score, scoreGoal }: Pick<NewTask, "score" | "scoreGoal">): void {
  if (score === null || scoreGoal !== null) return;
  const detail = "does not say which score is better: give --maximize or --minimize";
  throw new WorkerError("invalid_input", `score ${detail}.`, [{ pointer: "/score_goal", detail }]);
}

/** @throws WorkerError invalid_input: it is said which score is better, and there is none. */
function requireScore({ score, scoreGoal }: Pick<NewTask, "score" | "scoreGoal">): void {
  if (score !== null || scoreGoal === null) return;
  const detail = `there is no command that scores, so nothing is there to ${scoreGoal}. Name one (--score), or leave that out`;
  throw new WorkerError("invalid_input", `T${detail.slice(1)}.`, [{ pointer: "/score_goal", detail }]);
}

/** The bytes of images as a submit has them. */
export function imagesOf(attachments: readonly GivenAttachment[]): Buffer[] {
  return attachments.map(({ data }) => Buffer.from(data, "base64"));
}

/** @throws WorkerError invalid_input. */
function requireFewImages({ attachments }: Pick<NewTask, "attachments">): void {
  const problem = attachmentsProblem(attachments);
  if (problem !== null) throw new WorkerError("invalid_input", problem, [{ pointer: "/attachments", detail: problem }]);
}

function requireOtherModel({ model, fallbackModel }: Pick<NewTask, "model" | "fallbackModel">): void {
  if (model === null || fallbackModel === null || !fallbackModel.split(",").some((each) => each.trim() === model)) return;
  const detail = `is the task's own model, ${model}. Name another one`;
  throw new WorkerError("invalid_input", `The fallback model ${detail}.`, [{ pointer: "/fallback_model", detail }]);
}

/**
 * Checks that the queue has room for more tasks.
 * @param more how many.
 * @throws WorkerError too_many_requests.
 */
export function requireRoom({ store, settings }: SubmitContext, more: number): void {
  const { pending } = store.tasks.counts();
  if (pending + more <= settings.max_pending) return;
  throw new WorkerError(
    "too_many_requests",
    `${pending} tasks wait already (limit ${settings.max_pending}). Wait until some have run, or raise it: claude-worker config set max_pending N`,
  );
}
