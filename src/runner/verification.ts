/**
 * Runs the commands that verify the work of a task, one after the other, and notes each in the
 * journal: before it starts, and when it and all that it left have ended.
 */
import type { AgentWork } from "../agent/agent.ts";
import { commandEnvironment } from "../config/agent-env.ts";
import type { RunnerNote } from "../domain/events/record.ts";
import { formatDuration } from "../domain/text/duration.ts";
import { verifyCommands } from "../domain/verification/verify-command.ts";
import type { VerifyCommand } from "../domain/verification/verify-command.ts";
import { verifyEnd } from "../domain/verification/verify-result.ts";
import { failpoint } from "../processes/failpoint.ts";
import { markerName } from "../processes/sweep.ts";
import { endLeftovers } from "./leftovers.ts";
import { ShellCommand } from "./shell-command.ts";

export interface VerificationOptions {
  readonly work: Pick<AgentWork, "spec" | "verifyTimeoutMs">;
  readonly agentEnv: Readonly<Record<string, string>>;
  readonly runnerId: string;
  /** Whether this process is the subreaper of its tree now. */
  readonly isAdopting: () => boolean;
  /** The Git tree of the files as they are now; null: it is not known. */
  readonly tree: () => Promise<string | null>;
  /** Writes a note, so that it survives a kill of this process. */
  readonly note: (note: RunnerNote) => void;
}

/** The commands of one attempt. */
export class Verification {
  readonly #options: VerificationOptions;
  #running: ShellCommand | null = null;
  #isStopped = false;
  #all: Promise<void> | null = null;

  constructor(options: VerificationOptions) {
    this.#options = options;
  }

  /** Runs all of them, also after a failure: Claude can fix several at once. */
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
    for (const command of verifyCommands(this.#options.work.spec.verify)) if (!this.#isStopped) await this.#runOne(command);
  }

  async #runOne({ name, command }: VerifyCommand): Promise<void> {
    const { work, agentEnv, runnerId, isAdopting, note } = this.#options;
    const { spec, verifyTimeoutMs: limitMs } = work;
    const tree = await this.#options.tree();
    if (this.#isStopped) return;
    note({ type: "worker", subtype: "verify_started", name, command });
    failpoint("verify.started");
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
    note({
      type: "worker",
      subtype: "verify_ended",
      name,
      command,
      ...verifyEnd(end, formatDuration(limitMs)),
      tookMs,
      output,
      outputBytes,
      tree,
    });
    failpoint("verify.ended");
  }
}
