/**
 * Verifies the work of a task: looks at the files that must not change, and runs the task's
 * commands, one after the other. Notes each in the journal: before it starts, and when it and all
 * that it left have ended.
 */
import type { AgentWork } from "../agent/agent.ts";
import { commandEnvironment } from "../config/agent-env.ts";
import type { RunnerNote } from "../domain/events/record.ts";
import { formatDuration } from "../domain/text/duration.ts";
import { checksOf, isCommandOfVerify, protectCheck, scoreCheck } from "../domain/verification/checks.ts";
import type { VerifyCommand } from "../domain/verification/verify-command.ts";
import { verifyEnd } from "../domain/verification/verify-result.ts";
import { scoreIn } from "../domain/verification/score.ts";
import { failpoint } from "../processes/failpoint.ts";
import { markerName } from "../processes/sweep.ts";
import type { Checkpoints } from "./checkpoints.ts";
import { endLeftovers } from "./leftovers.ts";
import type { CheckEnd } from "./check-end.ts";
import { protectedFiles } from "./protected-files.ts";
import { ShellCommand } from "./shell-command.ts";

export interface VerificationOptions {
  readonly work: Pick<AgentWork, "spec" | "verifyTimeoutMs">;
  readonly agentEnv: Readonly<Record<string, string>>;
  readonly runnerId: string;
  /** Whether this process is the subreaper of its tree now. */
  readonly isAdopting: () => boolean;
  /** What the task did to the files. */
  readonly files: Pick<Checkpoints, "tree" | "changesOf">;
  /** Writes a note, so that it survives a kill of this process. */
  readonly note: (note: RunnerNote) => void;
  /** Whether Claude has not begun: then nothing can have changed. */
  readonly isBaseline: boolean;
}

/** The checks of one attempt. */
export class Verification {
  readonly #options: VerificationOptions;
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
    this.#running?.stop();
    await this.#all?.catch(() => {});
  }

  async #runAll(): Promise<void> {
    const { work, isBaseline } = this.#options;
    const checks = checksOf(work.spec).filter((check) => !isBaseline || isCommandOfVerify(check));
    for (const check of checks) if (!this.#isStopped) await this.#runOne(check);
  }

  async #runOne({ name, command }: VerifyCommand): Promise<void> {
    const { work, files, note, isBaseline } = this.#options;
    const tree = await files.tree();
    if (this.#isStopped) return;
    const about = { name, command, ...(isBaseline ? { baseline: true as const } : {}) };
    note({ type: "worker", subtype: "verify_started", ...about });
    failpoint("verify.started");
    const end = name === protectCheck ? await protectedFiles(files, work.spec.protect) : await this.#runCommand(command);
    const scored = name === scoreCheck ? scoredEnd(end) : end;
    note({ type: "worker", subtype: "verify_ended", ...about, ...scored, tree });
    failpoint("verify.ended");
  }

  async #runCommand(command: string): Promise<CheckEnd> {
    const { work, agentEnv, runnerId, isAdopting, note } = this.#options;
    const { spec, verifyTimeoutMs: limitMs } = work;
    const left: RunnerNote[] = [];
    this.#running = new ShellCommand({
      command,
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
