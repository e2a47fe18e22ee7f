/** Assembles the operations into the interface that REST, MCP and CLI use. */
import { inOneLook } from "../config/one-look.ts";
import type { LoadedSettings } from "../config/load-settings.ts";
import { rawLogPath, summaryLogPath } from "../config/paths.ts";
import type { Paths } from "../config/paths.ts";
import { profileEnvironment } from "../config/profile-environment.ts";
import type { Settings } from "../config/settings.ts";
import type { Subscription, WorkerApi } from "../contract/api.ts";
import type { HoldView } from "../contract/views/hold.ts";
import type { ServerView } from "../contract/views/server.ts";
import type { TaskView } from "../contract/views/task.ts";
import type { TrustView } from "../contract/views/trust.ts";
import { WorkerError } from "../domain/errors.ts";
import type { Outcome } from "../domain/attempt/outcome.ts";
import { lastTryText } from "../domain/attempt/refusal.ts";
import type { StopMode } from "../domain/services/stop-mode.ts";
import type { Task } from "../domain/task/task.ts";
import type { Store } from "../store/store.ts";
import type { Caller } from "../contract/caller.ts";
import { changeChannel } from "./notifications/change-channel.ts";
import { addChannel, channelViewOf, listChannels, removeChannel, requireChannel } from "./notifications/channels.ts";
import type { AnswersProblem } from "./notifications/channels.ts";
import { listDeliveries, replayDelivery, testChannel } from "./notifications/deliveries.ts";
import { LoginCodes } from "./sessions/login-codes.ts";
import { callerOfSession, listSessions, openSession, removeOtherSessions, removeSession } from "./sessions/browser-sessions.ts";
import { loginCodeView } from "./sessions/login-code-view.ts";
import { callerOfToken, createToken, listTokens, removeToken } from "./tokens/access-tokens.ts";
import { cancelAnyway } from "./tasks/cancel-task.ts";
import { budgetZone, listBudgets, removeBudget, setBudget } from "./budgets/manage-budgets.ts";
import {
  addTemplate,
  changeTemplate,
  listTemplates,
  removeTemplate,
  requireTemplate,
  templateViewOf,
} from "./templates/manage-templates.ts";
import { taskOfTemplate } from "./templates/task-of-template.ts";
import { cancelWorkflow, listWorkflows, removeWorkflow, retryWorkflow, workflowViewOf } from "./workflows/manage-workflows.ts";
import { checkWorkflow, runWorkflow, runWorkflowOnce } from "./workflows/run-workflow.ts";
import { getGroup, listGroups, removeGroup, setGroup } from "./groups/manage-groups.ts";
import { addSchedule, changeSchedule, removeSchedule, requireSchedule } from "./schedules/change-schedule.ts";
import { runSchedule } from "./schedules/run-schedule.ts";
import { nextRuns, runView, scheduleDetailView, scheduleView, shownNext, submittedBy } from "./schedules/schedule-view.ts";
import type { AccountOf } from "../domain/order/held.ts";
import { defaultProfile } from "../domain/task/profile.ts";
import { holdQueue, listHolds, resumeQueue } from "./holds/hold-queue.ts";
import { taskCallerOf } from "./rights/task-rights.ts";
import { answerQuestion, requireQuestion } from "./questions/answer-question.ts";
import { answerByLink, openLink } from "./questions/answer-by-link.ts";
import type { AnswerLinks } from "./questions/answer-links.ts";
import { questionView, ruleViews } from "./questions/question-view.ts";
import type { QuestionView } from "../contract/views/question.ts";
import type { Question } from "../domain/questions/question.ts";
import { removeRule } from "./questions/remove-rule.ts";
import { messageView } from "./messages/message-view.ts";
import { sendMessage } from "./messages/send-message.ts";
import { unsendMessage } from "./messages/unsend-message.ts";
import { ghProgram } from "../git/gh.ts";
import type { RunGh } from "../git/gh.ts";
import { listPullRequestWatches, unwatchPullRequest, watchPullRequest } from "./pull-requests/watch-pull-request.ts";
import { forkTask } from "./tasks/fork-task.ts";
import { listTasks } from "./tasks/list-tasks.ts";
import { backupDatabase, checkDatabase, pruneOldTasks } from "./storage/maintain-storage.ts";
import { allEvents, taskEvents } from "./tasks/read-events.ts";
import { removeTask } from "./tasks/remove-task.ts";
import { localTaskId, requireTask } from "./tasks/require-task.ts";
import { moveTask } from "./tasks/move-task.ts";
import { enqueueTask, stashTask } from "./tasks/stash-task.ts";
import { retryTask } from "./tasks/retry-task.ts";
import { rewindTask } from "./tasks/rewind-task.ts";
import { configOf } from "./server/show-config.ts";
import { statisticsOf, usageOf } from "./server/show-usage.ts";
import type { StartRights } from "./rights/start-rights.ts";
import { promptHints } from "../domain/agents/prompt-quality.ts";
import { requireMachineTask } from "./tasks/submit-machine-task.ts";
import { promptRulesOf } from "./rights/prompt-rules.ts";
import { runTemplateOnce, submitTasksOnce } from "./tasks/submit-once.ts";
import { SubmitRate } from "./tasks/submit-rate.ts";
import { submitTasks } from "./tasks/submit-task.ts";
import { submitWarnings } from "./tasks/submit-warnings.ts";
import { addComments } from "./review/add-comments.ts";
import { changeComment, removeComment, reviewOf, viewsOf } from "./review/change-comment.ts";
import { sendReview } from "./review/send-review.ts";
import { callerOfTaskToken } from "./tokens/task-token.ts";
import { attemptView, taskSummaryView, taskView } from "./tasks/task-view.ts";
import type { WaitingContext } from "./tasks/task-view.ts";
import { updateTask } from "./tasks/update-task.ts";
import { addTrust, removeTrust, trustView } from "./trust/trust-directory.ts";
import { GitProgram } from "../git/git-program.ts";
import { applyTask } from "./workspaces/apply-task.ts";
import { cleanWorkspaces } from "./workspaces/clean-workspaces.ts";
import { landTasks } from "./workspaces/land-tasks.ts";
import { noChecks } from "./workspaces/landing-checks.ts";
import type { CheckRunner } from "./workspaces/landing-checks.ts";
import { Landings } from "./workspaces/landings.ts";
import { listWorkspaces, worktreeView } from "./workspaces/list-workspaces.ts";
import type { CleanContext } from "./workspaces/losses.ts";
import { restoreWorkspace } from "./workspaces/restore-workspace.ts";
import { fileOfSnapshot } from "./workspaces/file-of-snapshot.ts";
import { putBackFiles } from "./workspaces/put-back-files.ts";
import { taskDiff } from "./workspaces/task-diff.ts";
import { WorkspaceGate } from "./workspaces/workspace-gate.ts";
import { checkpointViews } from "./workspaces/workspace-view.ts";
import type { ClaudeCodeTrust } from "./tasks/working-directory.ts";

export interface ApiContext {
  readonly store: Store;
  readonly settings: Settings;
  /** Where each setting came from. */
  readonly origins: LoadedSettings["origins"];
  readonly paths: Paths;
  /** The key that makes the tokens of tasks. */
  readonly taskTokenKey: string;
  /** Makes the hashes of what browsers show to stay signed in. */
  readonly sessionKey: string;
  /** Signs the links that answer questions; null: there is no public address. */
  readonly links?: AnswerLinks | null;
  /** Shared with the scheduler, so that views and starts decide in the same way. */
  readonly rights: StartRights;
  readonly claudeCodeTrust: ClaudeCodeTrust;
  /** The server's own environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  now(): number;
  /** The account of each profile. */
  account: AccountOf;
  /** Every profile. Default: only that of the server. */
  readonly profiles?: readonly string[];
  /** The profile that pays where a limit holds tasks of this one; null: none. Default: none. */
  whenHeld?(profile: string): string | null;
  /**
   * Whether a clean stop has begun: then new tasks are refused, and all other operations still
   * work.
   */
  readonly isStopping?: () => boolean;
  /** The server's view of itself. */
  server(): Omit<ServerView, "resources">;
  /** What the machine has for tasks. Default: nothing is known. */
  resources?(): Promise<Omit<ServerView["resources"], ResourceSetting>>;
  /** How many slots processes of waiting tasks hold. Default: none. */
  slotsOfWaiting?(): number;
  /** What keeps the machine from carrying a task. Default: nothing. */
  readonly shortOf?: NonNullable<WaitingContext["shortOf"]>;
  /**
   * Asks the runner of a running task to stop it as cancelled. Resolves with whether the runner got
   * the request.
   */
  stopRunner(taskId: number): Promise<boolean>;
  /**
   * Asks the runner of a task to take a message back; the store says later what came of it. False:
   * it has no runner.
   */
  unsend(taskId: number, key: string, by: string): boolean;
  /** Sends one small request with the credentials of a profile. */
  probe(profile: string): Promise<Outcome>;
  /** Replaces the parked runners, which have the settings of their start. */
  renewRunners(): void;
  /** How the files of tasks are looked at and removed. Default: processes cannot be listed. */
  readonly files?: Pick<CleanContext, "git" | "gate" | "processesIn">;
  /** Runs the commands that check work before it lands. Default: none can be run. */
  readonly checks?: CheckRunner;
  /** Asks GitHub. Default: the program `gh` of `env`. */
  readonly gh?: RunGh;
  /** The system's clock (UTC ms), which may be set back. Default: that of `now`. */
  wall?(): number;
  /** Called when a schedule was added or changed. */
  schedulesChanged?(): void;
  /** Called when a watch of a pull request began. */
  watchesChanged?(): void;
  /** Why notifications must not be sent to this host; null: they may. A part of a sentence. */
  hostProblem?(hostname: string, limits: { readonly allowPrivate: boolean }): string | null;
  /** What keeps the answers of a channel from being read; null: nothing that is known. */
  answersProblem?: AnswersProblem;
  stopServer(options: { mode: StopMode; deadline_ms?: number | undefined }): Promise<void>;
}

export function workerApi(context: ApiContext): WorkerApi {
  const { store, settings, paths, now, rights, claudeCodeTrust, answersProblem = () => null, profiles = [defaultProfile] } = context;
  const viewOf = (question: Question): QuestionView =>
    questionView(question, question.deadline === null ? null : store.tasks.row(question.taskId));
  const submitContext = {
    store,
    settings,
    claudeCodeTrust,
    env: context.env,
    paths,
    git: context.files?.git ?? new GitProgram(context.env),
    gate: context.files?.gate ?? new WorkspaceGate(),
    processesIn: context.files?.processesIn ?? (() => Promise.resolve(null)),
    checks: context.checks ?? noChecks,
    landings: new Landings(now),
    gh: context.gh ?? ghProgram(context.env),
    watchesChanged: () => context.watchesChanged?.(),
    schedulesChanged: () => context.schedulesChanged?.(),
    wall: context.wall ?? now,
    rate: new SubmitRate(settings.submits_per_minute),
    agentRate: new SubmitRate(settings.agent_submits_per_minute, "agent_submits_per_minute"),
    now,
  };
  const linkContext = { store, settings, claudeCodeTrust, links: context.links ?? null };
  const sessions = { store, codes: new LoginCodes(now), key: context.sessionKey, now };
  const batchContext = { ...submitContext, isBatch: true };
  const promptRules = promptRulesOf(settings);
  const waitingNow = (): WaitingContext => ({ ...waitingContext(context, now()), ahead: (id) => store.tasks.ahead(id) });
  /** Reads of one state, and each file looked at once. */
  const onePass = <T>(work: () => T): T => inOneLook(() => store.read(work));
  const view = (task: Task): TaskView => onePass(() => taskView(task, waitingNow(), paths));
  /** What the reasons of waiting depend on is read once for all of them. */
  const viewsWithWarnings = (tasks: readonly Task[]): TaskView[] =>
    onePass(() => {
      const waiting = waitingNow();
      return tasks.map((task) => {
        const warnings = submitWarnings(context, task);
        const shown = taskView(task, waiting, paths);
        return warnings.length === 0 ? shown : { ...shown, warnings };
      });
    });
  const viewWithWarnings = (task: Task): TaskView => only(viewsWithWarnings([task]));
  const trust = (): TrustView => trustView(store, claudeCodeTrust);
  const holds = (): { holds: HoldView[] } => ({ holds: listHolds(store, { account: context.account, profiles }, now()) });
  const channelContext = (caller: Caller) => ({
    hostProblem: context.hostProblem ?? (() => null),
    addedToken: taskCallerOf(store, caller).tokenId,
    hasLinks: linkContext.links !== null,
  });
  return {
    async submitTask(input, caller) {
      requireOpen(context);
      return viewWithWarnings(only(await submitTasks(submitContext, [input], caller)));
    },
    async submitTasks({ tasks }, caller) {
      requireOpen(context);
      return { tasks: viewsWithWarnings(await submitTasks(batchContext, tasks, caller)) };
    },
    async submitTaskOnce(input, key, caller) {
      requireOpen(context);
      const { tasks, replayed } = await submitTasksOnce(submitContext, [input], key, caller);
      return { task: viewWithWarnings(only(tasks)), replayed };
    },
    async submitTasksOnce(input, key, caller) {
      requireOpen(context);
      const { tasks, replayed } = await submitTasksOnce(batchContext, input.tasks, key, caller);
      return { tasks: viewsWithWarnings(tasks), replayed };
    },
    promptHints: async (input) => promptHints(input, promptRules),
    requireMachineTask: async (input) => requireMachineTask(submitContext, input, promptRules),
    getTask: async ({ id }) => view(requireTask(store, id)),
    async listTasks(query = {}) {
      return onePass(() => {
        const { rows, nextCursor } = listTasks(store, query);
        const waiting = waitingContext(context, now());
        return { tasks: rows.map((row) => taskSummaryView(row, waiting)), next_cursor: nextCursor };
      });
    },
    listAttempts: async ({ id }) => ({ attempts: store.attempts.ofTask(requireTask(store, id).id).map(attemptView) }),
    taskEvents: async (query) => taskEvents(store, query),
    allEvents: async (query = {}) => allEvents(store, query),
    onEvents: (ref, wake) => subscription(store, ref === null ? null : localTaskId(ref), wake),
    async cancelTask({ id }, caller) {
      const { task, warning } = await cancelAnyway(store, localTaskId(id), { caller, now: now(), stopRunner: context.stopRunner });
      return { ...view(task), ...(warning === undefined ? {} : { warning }) };
    },
    retryTask: async ({ id, ...changes }, caller) => viewWithWarnings(await retryTask(submitContext, localTaskId(id), changes, caller)),
    async forkTask({ id, ...input }, caller) {
      requireOpen(context);
      return viewWithWarnings(await forkTask(submitContext, localTaskId(id), input, caller));
    },
    rewindTask: async ({ id, ...input }, caller) => {
      const { task, files } = await rewindTask(submitContext, localTaskId(id), input, caller);
      const became = typeof files === "string" ? { files_put_back: null, files_kept: files } : { files_put_back: files, files_kept: null };
      return { ...view(task), ...became };
    },
    stashTask: async ({ id }, caller) => view(await stashTask(store, localTaskId(id), caller, now())),
    enqueueTask: async ({ id }, caller) => view(await enqueueTask(store, localTaskId(id), caller, now())),
    moveTask: async ({ id, to, before }, caller) => {
      const target = before === undefined ? (to ?? "front") : { before: localTaskId(before) };
      return view(await moveTask(store, localTaskId(id), target, caller, now()));
    },
    async updateTask({ id, ...change }, caller, check) {
      return view(await updateTask(submitContext, localTaskId(id), change, { caller, check: (task) => check?.(view(task)) }));
    },
    removeTask: async ({ id }, caller) => await removeTask(submitContext, localTaskId(id), caller),
    async logFile(ref, kind) {
      const { id } = requireTask(store, ref);
      return kind === "raw" ? rawLogPath(paths, id) : summaryLogPath(paths, id);
    },
    listMessages: async ({ id }) => ({ messages: store.messages.ofTask(requireTask(store, id).id).map(messageView) }),
    async sendMessage({ id, ...given }, caller) {
      requireOpen(context);
      return messageView(await sendMessage(submitContext, localTaskId(id), given, caller));
    },
    unsendMessage: async ({ id, message }, caller) =>
      messageView(await unsendMessage(store, { taskId: localTaskId(id), messageId: message }, caller, context)),
    taskDiff: async ({ id, ...query }) => await taskDiff(store, submitContext.git, requireTask(store, id).id, query),
    getReview: async ({ id, ...query }) => await reviewOf(submitContext, localTaskId(id), query),
    async addReviewComments({ id, ...input }, caller) {
      const comments = await addComments(submitContext, localTaskId(id), input, caller);
      return { comments: await viewsOf(submitContext, localTaskId(id), comments) };
    },
    changeReviewComment: async ({ id, comment, ...change }, caller) =>
      await changeComment(submitContext, { taskId: localTaskId(id), commentId: comment }, change, caller),
    removeReviewComment: async ({ id, comment }, caller) =>
      await removeComment(submitContext, { taskId: localTaskId(id), commentId: comment }, caller),
    async sendReview({ id, ...input }, caller) {
      requireOpen(context);
      return await sendReview(submitContext, localTaskId(id), input, caller);
    },
    snapshotFile: async ({ id, ...query }) => await fileOfSnapshot(store, submitContext.git, requireTask(store, id).id, query),
    restoreFiles: async ({ id, checkpoint, ...input }, caller) =>
      await putBackFiles(submitContext, localTaskId(id), checkpoint, input, caller),
    applyTask: async ({ id, ...input }, caller) => await applyTask(submitContext, localTaskId(id), input, caller),
    listLandings: async () => ({ landings: submitContext.landings.list() }),
    landTasks: async (input, caller) => await landTasks(submitContext, input, caller),
    listPullRequestWatches: async () => ({ watches: listPullRequestWatches(store) }),
    watchPullRequest: async ({ id, ...input }, caller) => await watchPullRequest(submitContext, localTaskId(id), input, caller),
    unwatchPullRequest: async ({ id }, caller) => await unwatchPullRequest(submitContext, localTaskId(id), caller),
    undoTask: async ({ id, ...input }, caller) => await putBackFiles(submitContext, localTaskId(id), null, input, caller),
    listWorkspaces: async (query = {}) => ({ workspaces: listWorkspaces(store, query) }),
    cleanWorkspaces: async (input, caller) => await cleanWorkspaces(submitContext, input, caller),
    restoreWorkspace: async ({ id }, caller) => worktreeView(store, await restoreWorkspace(submitContext, localTaskId(id), caller)),
    listCheckpoints: async ({ id }) => checkpointViews(store, requireTask(store, id).id),
    async listQuestions(query = {}) {
      const { status, task, limit = 100, cursor } = query;
      const found = store.questions.list({
        ...(status === undefined ? {} : { statuses: status }),
        ...(task === undefined ? {} : { taskId: localTaskId(task) }),
        ...(cursor === undefined ? {} : { before: cursor }),
        limit,
      });
      return { questions: found.map(viewOf), next_cursor: found.length < limit ? null : (found.at(-1)?.id ?? null) };
    },
    getQuestion: async ({ id }) => viewOf(requireQuestion(store, id)),
    answerQuestion: async ({ id, ...given }, caller) =>
      viewOf(await answerQuestion({ store, settings, claudeCodeTrust }, id, given, caller, now())),
    openAnswerLink: async (link) => openLink(linkContext, link, now()),
    answerByLink: async (link, answer) => await answerByLink(linkContext, link, answer, now()),
    listGroups: async () => ({ groups: listGroups(store, now()) }),
    getGroup: async ({ name }) => getGroup(store, name, now()),
    setGroup: async ({ name, ...change }) => await setGroup(store, name, change, now()),
    removeGroup: async ({ name }) => await removeGroup(store, name),
    listBudgets: async () => ({ budgets: listBudgets(store, now()), time_zone: budgetZone(settings.time_zone) }),
    setBudget: async (input) => await setBudget(store, input, now()),
    removeBudget: async (input) => await removeBudget(store, input),
    listTemplates: async () => ({ templates: listTemplates(store) }),
    getTemplate: async ({ template }) => templateViewOf(requireTemplate(store, template)),
    addTemplate: async (input, caller) => await addTemplate(store, input, caller, now()),
    updateTemplate: async ({ template, ...change }, caller) => await changeTemplate(store, template, change, caller, now()),
    removeTemplate: async ({ template }, caller) => await removeTemplate(store, template, caller),
    async runTemplate({ template, ...input }, caller) {
      requireOpen(context);
      return viewWithWarnings(only(await submitTasks(submitContext, [taskOfTemplate(store, template, input)], caller)));
    },
    async runTemplateOnce({ template, ...input }, key, caller) {
      requireOpen(context);
      const { tasks, replayed } = await runTemplateOnce(submitContext, template, input, { key, caller });
      return { task: viewWithWarnings(only(tasks)), replayed };
    },
    async runWorkflowOnce(input, key, caller) {
      requireOpen(context);
      const { id, replayed } = await runWorkflowOnce(submitContext, input, { key, caller });
      return { workflow: workflowViewOf(store, id), replayed };
    },
    listWorkflows: async (query = {}) => listWorkflows(store, query),
    async runWorkflow(input, caller) {
      requireOpen(context);
      return workflowViewOf(store, await runWorkflow(submitContext, input, caller));
    },
    validateWorkflow: async (input) => checkWorkflow(store, input),
    getWorkflow: async ({ workflow }) => workflowViewOf(store, workflow),
    async cancelWorkflow({ workflow }, caller) {
      await cancelWorkflow(submitContext, workflow, caller);
      return workflowViewOf(store, workflow);
    },
    async retryWorkflow({ workflow }, caller) {
      await retryWorkflow(submitContext, workflow, caller);
      return workflowViewOf(store, workflow);
    },
    removeWorkflow: async ({ workflow }, caller) => await removeWorkflow(submitContext, workflow, caller),
    listSchedules: async () => ({ schedules: store.schedules.list().map((schedule) => scheduleView(store, schedule)) }),
    async addSchedule(input, caller) {
      requireOpen(context);
      return scheduleDetailView(store, settings, await addSchedule(submitContext, input, caller));
    },
    getSchedule: async ({ schedule }) => scheduleDetailView(store, settings, requireSchedule(store, schedule)),
    updateSchedule: async ({ schedule, ...change }, caller) =>
      scheduleDetailView(store, settings, await changeSchedule(submitContext, schedule, change, caller)),
    removeSchedule: async ({ schedule }, caller) => await removeSchedule(submitContext, schedule, caller),
    async runSchedule({ schedule }, caller) {
      requireOpen(context);
      return runView(store, await runSchedule(submitContext, schedule, caller));
    },
    async listScheduleRuns({ schedule, limit = 20, before }) {
      const rows = store.schedules.occurrences(requireSchedule(store, schedule).id, limit, before);
      return { runs: rows.map((row) => runView(store, row)), next_cursor: rows.length < limit ? null : (rows.at(-1)?.id ?? null) };
    },
    async nextScheduleRuns({ schedule, limit = shownNext }) {
      const found = requireSchedule(store, schedule);
      return { time_zone: found.timeZone, next_runs: nextRuns(found, limit) };
    },
    listRules: async () => ruleViews(store.rules.list()),
    removeRule: async ({ id }) => await removeRule(store, id),
    listTrust: async () => trust(),
    async addTrust({ directory, commands = false }) {
      await addTrust(store, directory, { now: now(), rights, env: claudeCodeTrust.env, commands });
      return trust();
    },
    async removeTrust({ directory }) {
      await removeTrust(store, directory);
      return trust();
    },
    listHolds: async () => holds(),
    async hold({ reason }) {
      await holdQueue(store, reason, now());
      return holds();
    },
    async resume() {
      // Before the first task starts, so that a fixed sign-in counts for it.
      context.renewRunners();
      await resumeQueue(store, now());
      return holds();
    },
    callerOfToken: async (secret) => callerOfTaskToken(store, context.taskTokenKey, secret) ?? callerOfToken(store, secret, now()),
    openSession: async (by, browser) => await openSession(sessions, by, browser),
    callerOfSession: async (secret) => callerOfSession(sessions, secret),
    createLoginCode: async (_input, { tokenId = null }) => loginCodeView(sessions.codes.make({ tokenId }), context.server().url),
    listSessions: async (_input, caller) => ({ sessions: caller === undefined ? [] : listSessions(sessions, caller) }),
    removeSession: async ({ id }, caller) => await removeSession(sessions, id, caller),
    removeOtherSessions: async (_input, caller) => ({ ended: await removeOtherSessions(sessions, caller) }),
    listTokens: async () => ({ tokens: listTokens(store) }),
    createToken: async (input) => await createToken(store, input, now()),
    removeToken: async ({ id }, caller) => await removeToken(store, id, caller, now()),
    listChannels: async () => ({ channels: listChannels(store, answersProblem) }),
    addChannel: async (input, caller) => await addChannel(store, input, { now: now(), ...channelContext(caller) }),
    getChannel: async ({ id }) => channelViewOf(store, requireChannel(store, id), answersProblem),
    updateChannel: async ({ id, ...change }, caller) =>
      channelViewOf(store, await changeChannel(store, id, change, channelContext(caller)), answersProblem),
    removeChannel: async ({ id }) => await removeChannel(store, id),
    testChannel: async ({ id }) => await testChannel(store, id, now()),
    listDeliveries: async (query) => ({ deliveries: listDeliveries(store, query ?? {}) }),
    replayDelivery: async ({ id }) => await replayDelivery(store, id, now()),
    usage: async (query) => {
      const { account, profiles: views } = context.server();
      return usageOf(store, query, { account, profiles: views });
    },
    async probeServer({ profile }) {
      const source = { env: context.env, settings };
      // Says why where it cannot be used.
      profileEnvironment(source, profile);
      const { kind, message } = await context.probe(profile);
      return { works: kind === "succeeded", outcome: kind, message };
    },
    config: async () => configOf({ settings, origins: context.origins }, { file: paths.config, env: context.env }),
    statistics: async () => statisticsOf(store),
    backup: async ({ file }) => await backupDatabase(store, file),
    checkDatabase: async () => await checkDatabase(store),
    prune: async (input) => await pruneOldTasks(submitContext, input, now()),
    server: async () => await serverOf(context),
    async stopServer(input) {
      await context.stopServer(input);
      return await serverOf(context);
    },
  };
}

/** @throws WorkerError unavailable. */
function requireOpen({ isStopping }: ApiContext): void {
  if (isStopping?.() !== true) return;
  throw new WorkerError("unavailable", "The server is stopping and takes no more tasks. Submit again when it is up.", [], {
    retryAfterMs: 5000,
  });
}

function only<T>(tasks: readonly T[]): T {
  const [task] = tasks;
  if (task === undefined) throw new WorkerError("internal", "A submitted task is missing.");
  return task;
}

/** What the reason of a waiting task depends on, read once per request. */
type ResourceSetting = "min_free_memory_mb" | "max_load_per_cpu" | "min_free_disk_mb";

async function serverOf({ server, resources, settings }: ApiContext): Promise<ServerView> {
  const known = (await resources?.()) ?? { free_memory_mb: null, load_per_cpu: null, free_disk_mb: null, short_of: null };
  const { min_free_memory_mb, max_load_per_cpu, min_free_disk_mb } = settings;
  return { ...server(), resources: { ...known, min_free_memory_mb, max_load_per_cpu, min_free_disk_mb } };
}

function waitingContext({ store, settings, account, whenHeld, rights, slotsOfWaiting, shortOf }: ApiContext, now: number): WaitingContext {
  return {
    account: onceEach(account),
    ...(whenHeld === undefined ? {} : { whenHeld }),
    running: store.tasks.counts().running,
    slotsOfWaiting: slotsOfWaiting?.() ?? 0,
    slots: settings.workers,
    ...(shortOf === undefined ? {} : { shortOf }),
    holds: store.holds.active(),
    lanes: store.groups.lanes(now),
    now,
    lastTry(taskId) {
      const outcome = store.attempts.lastOutcome(taskId);
      return outcome === null ? null : lastTryText(outcome);
    },
    verifying: (taskId) => store.verifications.running(taskId),
    verifications: (taskId) => store.verifications.ofTask(taskId),
    iterations: (taskId) => store.iterations.ofTask(taskId),
    iterationScores: (taskId) => store.iterations.scores(taskId),
    openQuestions: (taskId) => store.questions.unapplied(taskId).filter(({ status }) => status === "open"),
    appliedOf: (taskId) => store.applies.last(taskId),
    workspaceOf: (taskId) => store.workspaces.get(taskId),
    forkOf: (taskId) => store.forks.get(taskId),
    rewindOf: (sessionId) => store.rewinds.get(sessionId),
    forks: (taskId) => store.forks.of(taskId),
    workflowOf: (taskId) => store.workflows.placeOf(taskId),
    renderedPrompt: (taskId) => store.prompts.get(taskId)?.rendered ?? null,
    scheduleOf: (taskId) => submittedBy(store, store.schedules.ofTask(taskId)),
    dependencies: (taskId) => store.dependencies.ofTask(taskId),
    dependents: (taskId) => store.dependencies.dependents(taskId),
    waitsFor: (taskId) => store.dependencies.waitsFor(taskId),
    messages: (taskId) => store.messages.ofTask(taskId),
    questions: (taskId) => store.questions.ofTask(taskId),
    rightsRefusal: (task) => rights.whyNot(task),
    startOf: (attemptId) => store.attempts.get(attemptId)?.startedAt ?? null,
    agentLimit(taskId) {
      const most = settings.agent_workers;
      if (most === null || store.agentTasks.withinLimit([taskId], most).length > 0) return null;
      return `${most} of ${most} tasks of its client are running.`;
    },
  };
}

/** Remembers the answers: a list asks for each of its tasks. */
function onceEach(account: AccountOf): AccountOf {
  const known = new Map<string, string | null>();
  return (profile) => {
    const before = known.get(profile);
    if (before !== undefined) return before;
    const found = account(profile);
    known.set(profile, found);
    return found;
  };
}

function subscription(store: Store, taskId: number | null, wake: () => void): Subscription {
  const close = store.onCommit(({ taskIds }) => {
    if (taskId === null || taskIds.has(taskId)) wake();
  });
  return { close };
}
