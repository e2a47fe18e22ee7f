/**
 * Verifies the work of a task: looks at the files that must not change, and runs the task's
 * commands, one after the other. Notes each in the journal: before it starts, and when it and all
 * that it left have ended.
 */
import type { Agent, AgentWork } from "../agent/agent.ts";
import { commandEnvironment } from "../config/agent-env.ts";
import type { RunnerNote } from "../domain/events/record.ts";
import { formatDuration } from "../domain/text/duration.ts";
import { checksOf, isCommandOfVerify, judgeCheck, protectCheck, scoreCheck } from "../domain/verification/checks.ts";
import { judgedPatchBytes } from "../domain/verification/judgement.ts";
import type { VerifyCommand } from "../domain/verification/verify-command.ts";
import type { VerifyResult } from "../domain/verification/verify-result.ts";
import { verifyEnd } from "../domain/verification/verify-result.ts";
import { scoreIn } from "../domain/verification/score.ts";
import { failpoint } from "../processes/failpoint.ts";
import { markerName } from "../processes/sweep.ts";
import type { Checkpoints } from "./checkpoints.ts";
import { endLeftovers } from "./leftovers.ts";
import type { CheckEnd } from "./check-end.ts";
import { judged } from "./judge.ts";
import type { JudgeCost } from "./judge.ts";
import { protectedFiles } from "./protected-files.ts";
import { ShellCommand } from "./shell-command.ts";

export interface VerificationOptions {
  readonly work: Pick<AgentWork, "spec" | "verifyTimeoutMs">;
  readonly agentEnv: Readonly<Record<string, string>>;
  readonly runnerId: string;
  /** Whether this process is the subreaper of its tree now. */
  readonly isAdopting: () => boolean;
  /** Puts a command into the task's sandbox, where it has one. */
  readonly wrapped: (command: string) => string;
  /** What the task did to the files. */
  readonly files: Pick<Checkpoints, "tree" | "changesOf" | "patch">;
  readonly agent: Pick<Agent, "judge">;
  /** What the agent said at its end. */
  readonly answer: () => string;
  /** Writes a note, so that it survives a kill of this process. */
  readonly note: (note: RunnerNote) => void;
  /** Whether Claude has not begun: then nothing can have changed. */
  readonly isBaseline: boolean;
}

/** The checks of one attempt. */
export class Verification {
  readonly #options: VerificationOptions;
  readonly #results: VerifyResult[] = [];
  readonly #stopping = new AbortController();
  #running: ShellCommand | null = null;
  #isStopped = false;
  #all: Promise<void> | null = null;

  constructor(options: VerificationOptions) {
    this.#options = options;
  }

  /** Makes all of them, also after a failure: Claude can fix several at once. */
  run(): Promise<void> {
    this.#all ??= this.#runAll();
    return this.#all;
  }

  /** Ends the command that runs; no other one starts. Resolves when nothing runs any more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#stopping.abort();
    this.#running?.stop();
    await this.#all?.catch(() => {});
  }

  async #runAll(): Promise<void> {
    const { work, isBaseline } = this.#options;
    const checks = checksOf(work.spec).filter((check) => !isBaseline || isCommandOfVerify(check));
    for (const check of checks) {
      const isAsked = check.name !== judgeCheck || this.#results.every(({ state }) => state === "passed");
      if (isAsked && !this.#isStopped) await this.#runOne(check);
    }
  }

  async #runOne({ name, command }: VerifyCommand): Promise<void> {
    const { files, note, isBaseline } = this.#options;
    const tree = await files.tree();
    if (this.#isStopped) return;
    const about = { name, command, ...(isBaseline ? { baseline: true as const } : {}) };
    note({ type: "worker", subtype: "verify_started", ...about });
    failpoint("verify.started");
    const end = await this.#endOf({ name, command });
    this.#results.push({ name, command, ...end });
    note({ type: "worker", subtype: "verify_ended", ...about, ...end, tree });
    failpoint("verify.ended");
  }

  async #endOf({ name, command }: VerifyCommand): Promise<CheckEnd & { score?: number } & Partial<JudgeCost>> {
    const { work, files } = this.#options;
    if (name === protectCheck) return await protectedFiles(files, work.spec.protect);
    if (name === judgeCheck) return await this.#judge(command);
    return name === scoreCheck ? scoredEnd(await this.#runCommand(command)) : await this.#runCommand(command);
  }

  async #judge(criteria: string): Promise<CheckEnd & Partial<JudgeCost>> {
    const { work, files, agent, answer } = this.#options;
    const { spec, verifyTimeoutMs: limitMs } = work;
    const patch = await files.patch(judgedPatchBytes);
    return await judged({
      agent,
      work: { criteria, prompt: spec.prompt, answer: answer(), results: this.#results, patch },
      directory: spec.workingDirectory,
      model: spec.model,
      budgetUsd: spec.maxBudgetUsd,
      limitMs,
      signal: this.#stopping.signal,
    });
  }

  async #runCommand(command: string): Promise<CheckEnd> {
    const { work, agentEnv, runnerId, isAdopting, wrapped, note } = this.#options;
    const { spec, verifyTimeoutMs: limitMs } = work;
    const left: RunnerNote[] = [];
    this.#running = new ShellCommand({
      command: wrapped(command),
      directory: spec.workingDirectory,
      env: { ...commandEnvironment(agentEnv), [markerName]: runnerId },
      limitMs,
      clear: async () => void left.push(...(await endLeftovers(runnerId, { isAdopting, namesDetached: false }))),
    });
    const end = await this.#running.run();
    this.#running = null;
    left.forEach(note);
    const { tookMs, output, outputBytes } = end;
    return { ...verifyEnd(end, formatDuration(limitMs)), tookMs, output, outputBytes };
  }
}

/** A command that prints no score says nothing about the work. */
function scoredEnd(end: CheckEnd): CheckEnd & { score?: number } {
  if (end.state !== "passed") return end;
  const score = scoreIn(end.output);
  return score === null ? { ...end, state: "unavailable", reason: "it printed no line that is a number" } : { ...end, score };
}
