/** Makes the message that starts an attempt in its runner. */
import { createHash } from "node:crypto";
import path from "node:path";
import type { CheckpointOrder, StartMessage } from "../attempt-protocol/protocol.ts";
import { sandboxOrder } from "../config/sandbox-order.ts";
import { filesCheckoutOf, mainCheckoutOf } from "../config/main-checkout.ts";
import { ownPaths, rawLogPath, snapshotIndexPath, summaryLogPath, temporaryPath } from "../config/paths.ts";
import { repositoryFilePath } from "../config/repository-file.ts";
import { hasMention, promptAsText, withoutMentions } from "../domain/agents/prompt-as-text.ts";
import type { Message } from "../domain/messages/message.ts";
import type { Question } from "../domain/questions/question.ts";
import type { Attempt, Task } from "../domain/task/task.ts";
import { budgetLeftUsd } from "../domain/task/spending.ts";
import type { AttemptContext } from "./attempt-context.ts";
import { directoryOf } from "../domain/workspace/directory.ts";
import type { RepositorySetup } from "../domain/workspace/repository-setup.ts";
import { keptOf, setupCommand } from "../domain/workspace/setup.ts";
import { workBase } from "../domain/workspace/workspace.ts";
import { workspaceVariables } from "../domain/workspace/workspace-variables.ts";
import { stretchesSince } from "../domain/workspace/stretches.ts";
import { isOfSession } from "./session-attempts.ts";
import { messagesOfStart, sentMessage } from "./message-delivery.ts";

export function startMessage(context: AttemptContext, task: Task, attempt: Attempt): StartMessage {
  const { paths, stopGraceMs, backgroundGraceMs, hookTimeoutMs, verifyTimeoutMs } = context;
  const { id, taskId, sessionId, resume } = attempt;
  const messages = messagesOfStart(context.store, attempt);
  return {
    type: "start",
    attemptId: id,
    taskId,
    // Claude Code counts the budget of each attempt from 0.
    spec: {
      ...specOf(context, task, messages),
      workingDirectory: directoryOf(task, context.store.workspaces.get(taskId)),
      allow: allowed(context, task),
      permissionMode: modeOf(context, task, attempt),
      maxBudgetUsd: budgetLeftUsd(task.maxBudgetUsd, (task.costUsd ?? 0) + context.store.agentTasks.belowUsd(taskId)),
    },
    ...imagesOf(context, task),
    ...questionsOf(context, attempt),
    ...copyOf(context, task, attempt),
    ...(messages.length === 0 ? {} : { messages: messages.map(sentMessage) }),
    sessionId: sessionId ?? crypto.randomUUID(),
    resume,
    journal: rawLogPath(paths, taskId),
    summary: summaryLogPath(paths, taskId),
    ownPaths: ownPaths(paths),
    ...worktreeOf(context, attempt),
    ...setupOf(context, task),
    ...seenRunsOf(context, task),
    ...sandboxOf(context, task),
    checkpoints: checkpointsOf(context, attempt),
    backgroundGraceMs: task.backgroundGraceMs ?? backgroundGraceMs,
    stopGraceMs,
    hookTimeoutMs,
    ...keepOf(context, task),
    ...baselineOf(context, task),
    verifyTimeoutMs: task.verifyTimeoutMs ?? verifyTimeoutMs,
  };
}

function specOf({ store }: AttemptContext, written: Task, messages: readonly Message[]): Task {
  const filled = store.prompts.get(written.id);
  const task = filled?.rendered == null ? written : { ...written, prompt: filled.rendered };
  const spec = store.agentTasks.get(task.id) === null ? task : promptAsText(task);
  const isMention = filled?.hasMention === true || messages.some(({ byAgent, text }) => byAgent && hasMention(text));
  return isMention ? { ...spec, settings: withoutMentions(spec.settings) } : spec;
}

/**
 * The task's own rules, and those that answers have made for its directory. A rule that the process
 * which asked did not have could allow a call that a person has denied, before the denial is looked
 * at.
 */
function allowed({ store }: AttemptContext, { id, allow, workingDirectory }: Task): readonly string[] {
  const denied = store.questions.unapplied(id).filter(({ answer }) => answer?.decision === "deny");
  const startOf = ({ attemptId, askedAt }: Question): number => store.attempts.get(attemptId)?.startedAt ?? askedAt;
  const madeBefore = denied.length === 0 ? undefined : Math.min(...denied.map(startOf));
  const rules = store.rules.of(workingDirectory, madeBefore).filter((rule) => !allow.includes(rule));
  return rules.length === 0 ? allow : [...allow, ...rules];
}

/** After an approved plan the session continues with the work, and does not plan again. */
function modeOf({ store }: AttemptContext, task: Task, attempt: Attempt): Task["permissionMode"] {
  if (task.permissionMode !== "plan" || !attempt.resume) return task.permissionMode;
  const plan = store.questions.ofTask(task.id).findLast((question) => question.kind === "plan" && isOfSession(store, attempt, question));
  return plan?.status === "applied" ? (plan.answer?.mode ?? "plan") : "plan";
}

function questionsOf({ store }: AttemptContext, { taskId, resume }: Attempt): Pick<StartMessage, "questions"> {
  const questions = resume ? store.questions.unapplied(taskId) : [];
  if (questions.length === 0) return {};
  return {
    questions: questions.map(({ key, kind, tool, toolUseId, agentId, inputHash, answer }) => {
      return { key, kind, tool, toolUseId, agentId, inputHash, answer };
    }),
  };
}

/** What a rewound session, or that of a fork, begins with. */
function copyOf({ store, paths }: AttemptContext, { id }: Task, attempt: Attempt): Pick<StartMessage, "copyOf"> {
  const rewind = attempt.sessionId === null ? null : store.rewinds.get(attempt.sessionId);
  if (rewind !== null) {
    const { fromSession, entry } = rewind;
    return { copyOf: { sessionId: fromSession, entry, journal: rawLogPath(paths, id), saysPrompt: false } };
  }
  const fork = store.forks.get(id);
  if (fork === null) return {};
  const { fromTask, sessionId, entry } = fork;
  return { copyOf: { sessionId, entry, journal: rawLogPath(paths, fromTask), saysPrompt: true } };
}

/** The worktree that the attempt works in. */
function worktreeOf({ store, paths }: AttemptContext, { taskId }: Attempt): Pick<StartMessage, "worktree"> {
  const workspace = store.workspaces.get(taskId);
  if (workspace?.kind !== "worktree" || workspace.repository === null || workspace.baseCommit === null) return {};
  const { state, path: place, prefix, repository, branch, namesBranch, baseCommit, beginsWith, host } = workspace;
  const last = host === null ? store.checkpoints.last(taskId) : store.checkpoints.lastShared(host);
  const seed = beginsWith === null ? null : { commit: beginsWith, head: baseCommit };
  const digest = digestOf(paths.home);
  return {
    worktree: {
      state: state === "creating" ? "creating" : "made",
      path: place,
      prefix,
      repository,
      branch,
      isNamed: namesBranch,
      baseCommit,
      isShared: host !== null,
      mark: `claude-worker: task ${host ?? taskId} (${digest})`,
      lock: path.join(path.dirname(place), ".lock"),
      trash: path.join(paths.workspaces, ".trash"),
      files: last === null ? seed : { commit: last.commit, head: last.head },
    },
  };
}

/**
 * How the worktree is set up. What a person has trusted last counts: so a command that failed can
 * be fixed, and a revoked one does not run.
 */
function setupOf(context: AttemptContext, task: Task): Pick<StartMessage, "setup" | "workspaceEnv"> {
  const { store, paths, setupTimeoutMs } = context;
  const workspace = store.workspaces.get(task.id);
  if (workspace?.kind !== "worktree") return {};
  const { isSetUp, ports, host } = workspace;
  const trusted = trustedSetup(store, task);
  const command = setupCommand(task, trusted);
  const directory = path.join(paths.setupCache, path.basename(path.dirname(workspace.path)));
  const cache = keptOf(command, trusted, directory);
  const project = `cw-${host ?? task.id}-${digestOf(paths.home)}`;
  return {
    setup: { isDone: isSetUp, filesFrom: filesCheckoutOf(task.workingDirectory), command, timeoutMs: setupTimeoutMs, cache },
    workspaceEnv: workspaceVariables({ ports, temporary: temporaryPath(paths, task.id), project }),
  };
}

function sandboxOf({ store, paths }: AttemptContext, task: Task): Pick<StartMessage, "sandbox"> {
  if (task.sandbox !== "on" && task.sandbox !== "auto") return {};
  const workspace = store.workspaces.get(task.id);
  const isWorktree = workspace?.kind === "worktree";
  const directory = isWorktree ? workspace.path : task.workingDirectory;
  return { sandbox: sandboxOrder({ paths, task, directory, repository: workspace?.repository ?? null, isWorktree }) };
}

/** The runner compares it with what the worktree has, before anything of that runs. */
function seenRunsOf({ store }: AttemptContext, { workingDirectory }: Task): Pick<StartMessage, "seenRuns"> {
  const seen = store.trustedRuns.get(mainCheckoutOf(workingDirectory) ?? workingDirectory)?.runs;
  return seen === undefined ? {} : { seenRuns: seen };
}

function trustedSetup({ trustedCommands }: AttemptContext["store"], { workingDirectory }: Task): RepositorySetup | null {
  return trustedCommands.get(repositoryFilePath(workingDirectory))?.commands.setup ?? null;
}

/** What is put back at the end of a loop. */
function keepOf({ store }: AttemptContext, { id, keeping }: Task): Pick<StartMessage, "keep"> {
  if (keeping === null) return {};
  const checkpoints = store.checkpoints.ofTask(id);
  const checkpoint = store.iterations.scores(id).find(({ number }) => number === keeping.iteration)?.checkpoint ?? 0;
  // The runner finds no such commit where the checkpoint is gone, and says so.
  const commit = checkpoints.find(({ number }) => number === checkpoint)?.commit ?? "";
  const last = checkpoints.at(-1)?.commit ?? "";
  return { keep: { iteration: keeping.iteration, checkpoint, commit, stretches: stretchesSince(checkpoints, checkpoint, last), last } };
}

/** Whether the commands run before Claude begins: until each of them has been run once. */
function baselineOf({ store }: AttemptContext, { id, verify, verifyBaseline }: Task): Pick<StartMessage, "baseline"> {
  if (!verifyBaseline || verify.length === 0) return {};
  const ran = store.verifications
    .ofTask(id)
    .filter((run) => run.isBaseline && !run.isStale && run.tookMs !== null && run.state !== "stopped");
  return new Set(ran.map(({ name }) => name)).size < verify.length ? { baseline: true } : {};
}

/** How the attempt's snapshots follow those of earlier attempts. */
function checkpointsOf({ store, paths }: AttemptContext, { taskId, number }: Attempt): CheckpointOrder {
  const last = store.checkpoints.last(taskId);
  const workspace = store.workspaces.get(taskId);
  const first = store.checkpoints.get(taskId, 1)?.commit;
  const base = (workspace === null ? null : workBase(workspace)) ?? first;
  const repository = workspace?.repository ?? null;
  const isKnown = base != null && repository !== null;
  return {
    index: snapshotIndexPath(paths, taskId),
    attempt: number,
    next: (last?.number ?? 0) + 1,
    before: isKnown ? { repository, last: last === null ? null : { tree: last.tree, head: last.head }, base, first: first ?? null } : null,
  };
}

/** Reads the images only where the task has some. */
function imagesOf({ store }: AttemptContext, { id, attachments }: Task): Pick<StartMessage, "images"> {
  if (attachments.length === 0) return {};
  const data = store.attachments.ofTask(id);
  return { images: attachments.map(({ mediaType }, at) => ({ mediaType, data: (data[at] ?? Buffer.alloc(0)).toString("base64") })) };
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 8);
}
