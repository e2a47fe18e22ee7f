/**
 * Runs one attempt from its first record to its last: runs the agent, writes the journal, stops on
 * request, and leaves no process behind.
 */
import { randomUUID } from "node:crypto";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describeBroken } from "../config/broken-file.ts";
import { commandEnvironment } from "../config/agent-env.ts";
import { autoRunsOf } from "../config/auto-runs.ts";
import { brokenSettings } from "../config/claude-settings-files.ts";
import { secretsInSettings } from "../config/secrets-in-settings.ts";
import { TaskChanges } from "./task-changes.ts";
import { GitProgram } from "../git/git-program.ts";
import { makeDirectory } from "../config/make-directory.ts";
import { messageOf } from "../domain/errors.ts";
import { unseenRuns, unseenSentence } from "../domain/task/auto-runs.ts";
import { brokenSettingsText } from "../domain/task/claude-settings.ts";
import { checksOf } from "../domain/verification/checks.ts";
import { startProblems } from "../domain/events/record.ts";
import type { JournalEntry, RunnerNote } from "../domain/events/record.ts";
import type { StopReason } from "../domain/attempt/stop-reason.ts";
import { bootClockMs } from "../processes/boot-clock.ts";
import type { KeepOrder } from "../domain/workspace/keep-order.ts";
import { failpoint } from "../processes/failpoint.ts";
import { markerName } from "../processes/sweep.ts";
import type { Agent, AgentWork } from "../agent/agent.ts";
import { additionalDirectoryProblem, directoryProblem } from "../agent/directory-problem.ts";
import { OpenQuestions } from "./open-questions.ts";
import type { NewQuestion } from "./open-questions.ts";
import { OpenSteps } from "./open-steps.ts";
import { NotOurLog } from "./append-file.ts";
import { canPark } from "../domain/questions/question.ts";
import type { SentMessage } from "../domain/messages/message.ts";
import type { Answer } from "../domain/questions/question.ts";
import { isAgentWork, nameOfBackground } from "../domain/attempt/background.ts";
import type { BackgroundTask, BackgroundWait } from "../domain/attempt/background.ts";
import { answerCheck } from "./answer-check.ts";
import type { AnswerCheck } from "./answer-check.ts";
import { TaskWorktree } from "./task-worktree.ts";
import { Checkpoints } from "./checkpoints.ts";
import { AfterResult } from "./after-result.ts";
import { CommandSandbox, placed } from "./command-sandbox.ts";
import { CommandAnswers } from "./command-answers.ts";
import { FinishedWork } from "./finished-work.ts";
import { keepIteration } from "./kept-iteration.ts";
import { Journal } from "./journal.ts";
import { endLeftovers } from "./leftovers.ts";
import { MemoryPeak } from "./memory-peak.ts";
import { noClaudeNote } from "./no-claude.ts";
import type { Redaction } from "./redaction.ts";
import { SummaryLog } from "./summary-log.ts";
import { Verification } from "./verification.ts";

/** An agent that has done all work and does not exit within this time is ended. */
const exitMs = 10_000;
/** Claude Code reports the calls of one message one after the other, within this time. */
const settleMs = 1_000;
/** Time between SIGTERM and SIGKILL. */
const termMs = 2_000;

export interface AttemptOptions {
  readonly work: AgentWork;
  readonly agent: Agent;
  readonly runnerId: string;
  /** The agent's environment. It decides where the user's settings of Claude Code are. */
  readonly agentEnv: Readonly<Record<string, string>>;
  readonly redaction: Redaction;
  readonly onGrown: (journalSize: number) => void;
  /**
   * Called when the process tree has ended and the rest of the journal waits for room on the disk.
   */
  readonly onWaiting: () => void;
  readonly now: () => number;
  /** Claude Code's binary, or null for the SDK's own. */
  readonly claudeExecutable: string | null;
  /** Whether this process is the subreaper of its tree now. */
  readonly isAdopting: () => boolean;
}

export class RunningAttempt {
  readonly #options: AttemptOptions;
  readonly #program: GitProgram;
  readonly #changes: TaskChanges;
  readonly #checkpoints: Checkpoints;
  readonly #worktree: TaskWorktree;
  readonly #sandbox: CommandSandbox;
  readonly #journal: Journal;
  readonly #summary: SummaryLog | null;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #afterResult: AfterResult;
  /** Null: there are no commands to run after the work. */
  readonly #finished: FinishedWork | null;
  readonly #memory = new MemoryPeak();
  #verification: Verification | null = null;
  #clearing: Promise<void> | null = null;
  #checkAnswer: AnswerCheck = (entry) => entry;
  #hasCut = false;
  #stopReason: StopReason | null = null;
  readonly #steps = new OpenSteps();
  readonly #questions: OpenQuestions;
  #isToPark = false;
  #settling: NodeJS.Timeout | null = null;
  #stopsAtStep = false;
  /** Keys of the messages that the agent has got. */
  readonly #said: Set<string>;
  /** Messages that came before the agent runs; null: it runs. */
  #early: readonly SentMessage[] | null = [];
  readonly #commands = new CommandAnswers();
  #ending: Promise<void> | null = null;
  #isWaiting = false;
  #isFinished = false;

  /**
   * Opens the logs, and makes their directory where it is missing.
   * @throws when the journal cannot be opened: then the agent must not run.
   */
  constructor(options: AttemptOptions) {
    const { work, redaction, onGrown, now } = options;
    this.#options = { ...options, agentEnv: { ...options.agentEnv, ...work.workspaceEnv } };
    redaction.know(secretsInSettings(work.spec, options.agentEnv));
    const { agentEnv, runnerId, isAdopting } = this.#options;
    const program = new GitProgram({ ...agentEnv, [markerName]: runnerId });
    this.#program = program;
    this.#changes = new TaskChanges(work, program);
    this.#sandbox = new CommandSandbox({
      order: work.sandbox,
      env: { ...commandEnvironment(agentEnv), [markerName]: runnerId },
      claude: options.claudeExecutable,
    });
    this.#worktree = new TaskWorktree({
      work,
      program,
      agentEnv,
      runnerId,
      isAdopting,
      wrapped: (command) => this.#sandbox.wrapped(command),
      onCommand: async () => await this.#leaveParked(),
      note: (note) => this.#noteSafely(note),
    });
    this.#checkpoints = new Checkpoints({ work, program, note: (note) => this.#take(note) });
    // The directory may have been removed since the server made it.
    makeDirectory(dirname(work.journal), 0o700);
    this.#journal = new Journal({ file: work.journal, attemptId: work.attemptId, redaction, onGrown, now, up: bootClockMs });
    this.#summary = openSummary(work);
    this.#finished = checksOf(work.spec).length === 0 ? null : new FinishedWork();
    this.#said = new Set(work.messages?.map(({ key }) => key));
    this.#questions = new OpenQuestions({
      known: work.questions ?? [],
      emit: (entry) => this.#take(entry),
      newKey: () => randomUUID(),
    });
    this.#afterResult = new AfterResult({
      backgroundGraceMs: work.backgroundGraceMs,
      exitMs,
      now,
      onWait: (wait) => this.#noteWait(wait),
      onOver: (cut) => {
        this.#noteCut(cut);
        this.#terminate(termMs);
      },
    });
  }

  get attemptId(): number {
    return this.#options.work.attemptId;
  }

  /** Whether only the rest of the journal must still be written, for which there is no room. */
  get isWaiting(): boolean {
    return this.#isWaiting;
  }

  get journalSize(): number {
    return this.#journal.size;
  }

  /** Resolves when the last record is on the disk and no process is left. */
  async run(): Promise<void> {
    const { work, agent, runnerId, agentEnv } = this.#options;
    this.#memory.start();
    const { isReady } = this.#worktree;
    const fits = (): boolean => work.baseline !== true && agent.isWarmFor(work);
    const warm = isReady && fits();
    // Whether a parked Claude Code can take the work is not known before the worktree is there.
    const sessionId = warm || (!isReady && !work.resume) ? null : work.sessionId;
    this.#take({ type: "worker", subtype: "started", runnerId, pid: process.pid, warm, resume: work.resume, sessionId });
    // Written before the agent begins, so that a later reader of the session can find its attempt.
    this.#journal.flush();
    failpoint("attempt.started");
    if (!(await this.#beginSandbox())) return this.end(null);
    if (!(await this.#worktree.prepare())) return this.end(null);
    if (!warm && sessionId === null && !fits()) this.#take({ type: "worker", subtype: "session", sessionId: work.sessionId });
    const { workingDirectory, additionalDirectories } = work.spec;
    const fault =
      directoryProblem(workingDirectory) ?? additionalDirectories.map(additionalDirectoryProblem).find((each) => each !== null) ?? null;
    if (fault !== null) {
      this.#take({ type: "worker", subtype: "gave_up", error: startProblems.noDirectory, text: fault });
      return this.end(null);
    }
    const unseen = unseenRuns(work.seenRuns ?? [], work.seenRuns === undefined ? [] : autoRunsOf(workingDirectory, agentEnv));
    if (unseen.length > 0) {
      const text = unseenSentence(workingDirectory, unseen);
      this.#take({ type: "worker", subtype: "gave_up", error: startProblems.untrusted, text });
      return this.end(null);
    }
    const broken = work.spec.ignoreBrokenSettings ? [] : brokenSettings(workingDirectory, agentEnv, work.spec.settings);
    if (broken.length > 0) {
      const text = brokenSettingsText(broken.map(describeBroken));
      this.#take({ type: "worker", subtype: "gave_up", error: startProblems.brokenSettings, text });
      return this.end(null);
    }
    this.#checkAnswer = await answerCheck(work.spec.jsonSchema);
    const [before] = await Promise.all([this.#changes.begin(), this.#checkpoints.begin()]);
    if (before !== null) this.#take(before);
    if (work.keep !== undefined) {
      await this.#keepIteration(work.keep);
      return this.end(null);
    }
    if (work.baseline === true) {
      await this.#leaveParked();
      await this.#check(true);
    }
    if (this.#isEnding) return this.end(null);
    for (const message of this.#takeEarly()) agent.say?.(message);
    const { sandbox, ...plain } = work;
    const thrown = await agent.run(
      this.#sandbox.isOn && sandbox !== undefined ? { ...work, sandbox: placed(sandbox) } : plain,
      (entry) => this.#take(entry),
      (question, signal) => this.#ask(question, signal),
    );
    const noClaude = noClaudeNote(thrown === null ? null : this.#options.redaction.text(thrown));
    if (noClaude !== null) this.#take(noClaude);
    if (thrown === null) await this.#verify();
    await this.end(thrown);
  }

  /**
   * Ends the parked agent before a command of ours runs: at the command's end everything below this
   * process is ended, and noted as left over.
   */
  async #leaveParked(): Promise<void> {
    const { agent } = this.#options;
    agent.leave();
    await Promise.race([agent.reaped, delay(termMs, undefined, { ref: false })]);
  }

  /** @returns whether the attempt can begin: in its sandbox, or where it may without one. */
  async #beginSandbox(): Promise<boolean> {
    const { sandbox, journal } = this.#options.work;
    if (sandbox === undefined) return true;
    const problem = await this.#sandbox.begin(dirname(journal));
    if (problem === null) return true;
    if (sandbox.mode === "auto") this.#take({ type: "worker", subtype: "no_sandbox", text: problem });
    else this.#take({ type: "worker", subtype: "gave_up", error: startProblems.noSandbox, text: problem });
    return sandbox.mode === "auto";
  }

  /** Verifies the work where Claude has finished. Nothing else of the attempt runs then. */
  async #verify(): Promise<void> {
    if (this.#isEnding || this.#finished?.isFinished !== true) return;
    await this.#clear(null);
    await this.#check(false);
  }

  /** Puts the files of a loop's best iteration back. */
  async #keepIteration(order: KeepOrder): Promise<void> {
    if (this.#isEnding) return;
    const index = `${this.#options.work.checkpoints?.index ?? ""}.put-back`;
    const { iteration, checkpoint } = order;
    const kept = await keepIteration(order, this.#checkpoints.present, { program: this.#program, index });
    failpoint("keep.after");
    const tree = await this.#checkpoints.tree();
    this.#take({ type: "worker", subtype: "iteration_kept", iteration, checkpoint, ...kept, tree });
    this.#journal.flush();
  }

  /** @param isBaseline whether Claude has not begun. */
  async #check(isBaseline: boolean): Promise<void> {
    if (this.#isEnding) return;
    const note = (entry: RunnerNote): void => this.#noteSafely(entry);
    this.#verification = new Verification({
      ...this.#options,
      wrapped: (command) => this.#sandbox.wrapped(command),
      files: this.#checkpoints,
      note,
      isBaseline,
      answer: () => this.#finished?.answer ?? "",
    });
    await this.#verification.run();
    if (isBaseline) this.#verification = null;
  }

  /** Writes a note, so that it survives a kill of this process. */
  #noteSafely(note: RunnerNote): void {
    this.#take(note);
    this.#journal.flush();
  }

  /**
   * Stops the agent: first with an interrupt and then with signals, or at once where its turn
   * should continue later. The first reason counts.
   */
  stop(reason: StopReason, graceMs: number): void {
    if (this.#stopReason !== null || this.#ending !== null) return;
    this.#stopReason = reason;
    this.#questions.close();
    void this.#worktree.stop();
    const { agent } = this.#options;
    const waiting = this.#afterResult;
    // Claude has finished, only background commands run: the limit of the attempt also ends them.
    if ((reason === "timed_out" || reason === "stalled") && waiting.isAnswered && !waiting.awaitsAgent) this.#noteCut(waiting.live);
    this.#take({ type: "worker", subtype: "stop_requested", reason });
    // Claude Code has exited.
    if (this.#verification !== null) return void this.#verification.stop();
    if (reason === "interrupted" || reason === "parked") {
      // A turn can be resumed only when it is killed: an interrupt would end it, and SIGTERM makes
      // Claude Code write a failed tool into it.
      agent.kill("SIGKILL");
      return;
    }
    // There is no turn to interrupt.
    if (waiting.isAnswered) return this.#terminate(termMs);
    // An interrupt is not possible at every moment; the signals follow in any case.
    agent.interrupt().catch(() => {});
    this.#after(graceMs, () => this.#terminate(termMs));
  }

  /** Stops the agent once a step has ended, so that it can be resumed from there. */
  stopAtStep(): void {
    this.#stopsAtStep = true;
  }

  /** Whether the attempt waits for a person. */
  get isAsking(): boolean {
    return this.#questions.open.length > 0;
  }

  async #ask(question: NewQuestion, signal?: AbortSignal): Promise<Answer | null> {
    const answer = await this.#questions.ask(this.#steps.withCall(question), signal);
    // The agent never has an answer that the journal lacks.
    this.#journal.flush();
    return answer;
  }

  /** Gives the answer of a question to the agent, which must not continue once it is stopped. */
  answer(key: string, answer: Answer): void {
    if (this.#stopReason !== null || this.#ending !== null) return;
    this.#questions.answer(key, answer);
    // The server asks once: what still waits parks when the answered call has ended.
    if (!this.isAsking) this.#isToPark = false;
  }

  /** Gives a message to the agent, once. */
  say(message: SentMessage): void {
    if (this.#said.has(message.key) || this.#stopReason !== null || this.#ending !== null) return;
    this.#said.add(message.key);
    if (this.#early === null) this.#options.agent.say?.(message);
    else this.#early = [...this.#early, message];
  }

  #takeEarly(): readonly SentMessage[] {
    const early = this.#early ?? [];
    this.#early = null;
    return early;
  }

  /** Takes a message back. One that has not come is not given to the agent when it comes. */
  unsay(key: string, by: string): void {
    if (this.#isEnding) return;
    const left = this.#early?.filter((message) => message.key !== key) ?? null;
    const isEarly = left?.length !== this.#early?.length;
    if (this.#said.has(key) && !isEarly) return this.#options.agent.unsay?.(key, by);
    this.#early = left;
    this.#said.add(key);
    this.#take({ type: "worker", subtype: "message_taken_back", key, by });
  }

  /**
   * Ends the attempt while its questions wait: as soon as nothing else of it runs, or at once. The
   * next attempt continues with the same calls.
   */
  park(force: boolean): void {
    this.#isToPark = true;
    if (force) this.stop("parked", 0);
    else this.#parkWhenAlone();
  }

  /** Parks when nothing has come for a moment: a message's first call asks before its next one. */
  #parkWhenAlone(): void {
    if (this.#settling !== null) clearTimeout(this.#settling);
    this.#settling = this.#mayPark() ? setTimeout(() => this.#mayPark() && this.stop("parked", 0), settleMs) : null;
  }

  #mayPark(): boolean {
    const { open } = this.#questions;
    const isAlone = this.#steps.onlyWait(open) && this.#afterResult.live.length === 0;
    return this.#isToPark && open.length > 0 && open.every(canPark) && isAlone;
  }

  /** Ends the attempt now: sweeps, writes the last record and closes. May be called twice. */
  end(thrown: string | null): Promise<void> {
    this.#ending ??= this.#end(thrown);
    return this.#ending;
  }

  get #isEnding(): boolean {
    return this.#stopReason !== null || this.#ending !== null;
  }

  /** Ends what is left of the agent. Does it once: before the verification, else at the end. */
  #clear(thrown: string | null): Promise<void> {
    this.#clearing ??= this.#clearNow(thrown);
    return this.#clearing;
  }

  async #clearNow(thrown: string | null): Promise<void> {
    const { agent, runnerId, isAdopting } = this.#options;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#afterResult.stop();
    this.#questions.close();
    if (this.#settling !== null) clearTimeout(this.#settling);
    agent.kill("SIGKILL");
    const endedByItself = thrown === null && this.#stopReason === null;
    if (endedByItself && this.#afterResult.isAnswered) this.#noteCut(this.#afterResult.live);
    await this.#checkpoints.settle();
    for (const note of await endLeftovers(runnerId, { isAdopting, namesDetached: endedByItself && this.#isFinished })) this.#take(note);
  }

  async #end(thrown: string | null): Promise<void> {
    await this.#verification?.stop();
    await this.#worktree.stop();
    await this.#clear(thrown);
    this.#sandbox.end();
    await this.#checkpoints.end(this.#stopReason === "parked" ? "park" : "end");
    if (this.#isFinished) await this.#lookBack();
    failpoint("attempt.end.before");
    const peakMemoryMb = this.#memory.stop();
    this.#take({
      type: "worker",
      subtype: "ended",
      thrown: shortened(thrown, this.#options.redaction),
      stopRequested: this.#stopReason,
      ...(peakMemoryMb === null ? {} : { peakMemoryMb }),
    });
    this.#journal.flush();
    if (!this.#journal.isWritten) {
      this.#isWaiting = true;
      this.#options.onWaiting();
    }
    await this.#journal.close();
    failpoint("attempt.end.after");
    this.#summary?.close();
  }

  /** Notes what a person should know after a finished task, e.g. uncommitted changes. */
  async #lookBack(): Promise<void> {
    const directory = this.#options.work.spec.workingDirectory;
    const fault = directoryProblem(directory);
    const left: RunnerNote | null =
      fault === null ? await this.#changes.end() : { type: "worker", subtype: "directory_gone", directory, fault };
    if (left !== null) this.#take(left);
  }

  #take(said: JournalEntry): void {
    const command = this.#commands.take(said, this.#said);
    const entry = command === null ? this.#checkAnswer(said) : { ...said, command_answer: true };
    if (entry.type === "worker" && entry["subtype"] === "question_settled") this.#questions.forget(String(entry["key"]));
    if (entry.type === "result" && command === null)
      this.#isFinished = entry["subtype"] === "success" && entry["is_error"] !== true && entry["answer_problem"] === undefined;
    const record = this.#journal.append(entry);
    this.#finished?.take(record);
    this.#summary?.append(record);
    const endsStep = this.#steps.ends(entry);
    if (endsStep && this.#stopsAtStep) this.stop("interrupted", 0);
    this.#checkpoints.heard(entry, endsStep);
    this.#afterResult.heard(entry);
    this.#parkWhenAlone();
    for (const key of command?.keys ?? []) this.#take({ type: "worker", subtype: "message_answered", key, text: command?.text ?? "" });
    if (entry.type !== "result") return;
    void this.#journal.sync();
  }

  /** Notes the wait, unless the attempt is being ended. */
  #noteWait({ work, until }: BackgroundWait): void {
    if (this.#hasCut || this.#stopReason !== null || this.#ending !== null) return;
    this.#take({
      type: "worker",
      subtype: "waiting_background",
      commands: work.filter((task) => !isAgentWork(task)).map(nameOfBackground),
      agents: work.filter(isAgentWork).map(nameOfBackground),
      until: until === null ? null : new Date(until).toISOString(),
    });
  }

  #noteCut(cut: readonly BackgroundTask[]): void {
    if (cut.length === 0 || this.#hasCut) return;
    this.#hasCut = true;
    this.#take({ type: "worker", subtype: "cut_background", names: cut.map(nameOfBackground) });
  }

  #terminate(graceMs: number): void {
    const { agent } = this.#options;
    agent.kill("SIGTERM");
    this.#after(Math.max(graceMs, termMs), () => agent.kill("SIGKILL"));
  }

  #after(delayMs: number, act: () => void): void {
    this.#timers.add(setTimeout(act, delayMs));
  }
}

/**
 * The summary log is for people: an attempt runs without it when it cannot be written, but not when
 * another file stands there.
 */
function openSummary(work: AgentWork): SummaryLog | null {
  try {
    return new SummaryLog(work.summary, work.spec.workingDirectory);
  } catch (error) {
    if (error instanceof NotOurLog) throw error;
    process.stderr.write(`claude-worker runner: ${work.summary} cannot be written: ${messageOf(error)}\n`);
    return null;
  }
}

/** The rest of it tells how to use the SDK. */
/** Without its secrets before it is cut: half of one would not be found. */
function shortened(thrown: string | null, redaction: Redaction): string | null {
  return thrown === null ? null : redaction.text(thrown).slice(0, 2_000);
}
