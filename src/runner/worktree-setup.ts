/**
 * Sets a worktree up before Claude begins: copies ignored files, and runs the repository's command.
 * A kill in the middle leaves it to the next attempt, which does all of it again.
 */
import type { AgentWork } from "../agent/agent.ts";
import { commandEnvironment } from "../config/agent-env.ts";
import { startProblems } from "../domain/events/record.ts";
import type { RunnerNote } from "../domain/events/record.ts";
import { formatDuration } from "../domain/text/duration.ts";
import { plainLine } from "../domain/text/plain-text.ts";
import { setupEnd, setupFailure } from "../domain/workspace/setup.ts";
import type { SetupCacheStep, SetupOrder } from "../domain/workspace/setup.ts";
import type { WorktreeOrder } from "../domain/workspace/worktree-order.ts";
import { Git } from "../git/git.ts";
import { GitProblem } from "../git/git-problem.ts";
import type { GitProgram } from "../git/git-program.ts";
import { includeFiles, includeLimits } from "../git/include-files.ts";
import { pathBelow } from "../git/repository.ts";
import { SetupCache } from "../git/setup-cache.ts";
import { failpoint } from "../processes/failpoint.ts";
import { markerName } from "../processes/sweep.ts";
import { endLeftovers } from "./leftovers.ts";
import { ShellCommand } from "./shell-command.ts";

export interface WorktreeSetupOptions {
  readonly work: Pick<AgentWork, "ownPaths">;
  readonly worktree: WorktreeOrder;
  readonly order: SetupOrder;
  readonly program: GitProgram;
  /** The agent's environment with the variables of the worktree. */
  readonly agentEnv: Readonly<Record<string, string>>;
  readonly runnerId: string;
  /** Whether this process is the subreaper of its tree now. */
  readonly isAdopting: () => boolean;
  /** Puts a command into the task's sandbox, where it has one. */
  readonly wrapped: (command: string) => string;
  /** Called before a command: at its end everything else below this process is ended, too. */
  readonly onCommand: () => Promise<void>;
  /** Writes a note, so that it survives a kill of this process. */
  readonly note: (note: RunnerNote) => void;
  /**
   * Whether the worktree has the files of the base commit, so that no agent has had a say in what
   * the command makes.
   */
  readonly isUntouched: boolean;
  readonly signal: AbortSignal;
}

export class WorktreeSetup {
  readonly #options: WorktreeSetupOptions;
  #running: ShellCommand | null = null;

  constructor(options: WorktreeSetupOptions) {
    this.#options = options;
  }

  /** @returns whether the worktree is set up. @throws GitProblem. */
  async run(): Promise<boolean> {
    const { order } = this.#options;
    await this.#include();
    failpoint("setup.included");
    const isDone = order.command === null ? this.#done() : await this.#withCache(order.command);
    return isDone && !this.#options.signal.aborted;
  }

  /** Ends the command that runs. */
  stop(): void {
    this.#running?.stop();
  }

  async #include(): Promise<void> {
    const { worktree, work, order, program, note, signal } = this.#options;
    const { filesFrom: from } = order;
    if (from === null) return;
    const begun = performance.now();
    const except = (work.ownPaths ?? []).flatMap((own) => pathBelow(own, from));
    const done = await includeFiles(new Git(program, from, signal), { from, to: worktree.path, except, limits: includeLimits, signal });
    if (done !== null) note({ type: "worker", subtype: "files_included", ...done, tookMs: Math.round(performance.now() - begun) });
  }

  /** Runs the command, unless what it makes is kept. */
  async #withCache(command: string): Promise<boolean> {
    const { order, worktree, program, isUntouched, signal } = this.#options;
    if (order.cache === null) return (await this.#command(command)) && this.#done();
    const git = new Git(program, worktree.path, signal);
    const cache = await SetupCache.open({ order: order.cache, command, top: worktree.path, git, trash: worktree.trash, signal });
    if (typeof cache === "string") {
      this.#noteCache("not_stored", command, cache);
      return (await this.#command(command)) && this.#done();
    }
    const release = await cache.lock(order.timeoutMs).catch((error: unknown) => {
      if (error instanceof GitProblem && error.kind === "too_slow") return () => {};
      throw error;
    });
    try {
      if (await this.#copied(cache, command)) return this.#done();
      if (!(await this.#command(command)) || !this.#done()) return false;
      // A kill from here on costs what is kept, and not another run.
      if (isUntouched) await this.#keep(cache, command);
      return true;
    } finally {
      release();
    }
  }

  /** Notes that nothing has to be done again. */
  #done(): boolean {
    const { note, signal } = this.#options;
    if (signal.aborted) return false;
    note({ type: "worker", subtype: "worktree_set_up" });
    return true;
  }

  async #copied(cache: SetupCache, command: string): Promise<boolean> {
    const begun = performance.now();
    const used = await cache.use();
    if (typeof used === "string") this.#noteCache("not_used", command, used, begun);
    const names = this.#options.order.cache?.paths.join(", ") ?? "";
    if (used === true)
      this.#noteCache(
        "used",
        command,
        `${names} copied from an earlier set-up (${cache.name}): ${plainLine(command, 200)} is not run`,
        begun,
      );
    return used === true;
  }

  async #keep(cache: SetupCache, command: string): Promise<void> {
    const begun = performance.now();
    const problem = await cache.store();
    const names = this.#options.order.cache?.paths.join(", ") ?? "";
    if (problem === null) this.#noteCache("stored", command, `${names} kept for later worktrees (${cache.name})`, begun);
    else this.#noteCache("not_stored", command, problem, begun);
  }

  #noteCache(what: SetupCacheStep, command: string, text: string, begun = performance.now()): void {
    const { note, order } = this.#options;
    const tookMs = Math.round(performance.now() - begun);
    note({ type: "worker", subtype: "setup_cache", what, command, paths: order.cache?.paths ?? [], text, tookMs });
  }

  async #command(command: string): Promise<boolean> {
    const { order, worktree, agentEnv, runnerId, isAdopting, wrapped, onCommand, note, signal } = this.#options;
    if (signal.aborted) return false;
    await onCommand();
    if (signal.aborted) return false;
    note({ type: "worker", subtype: "setup_started", command });
    failpoint("setup.started");
    const left: RunnerNote[] = [];
    this.#running = new ShellCommand({
      command: wrapped(command),
      directory: worktree.path,
      env: { ...commandEnvironment(agentEnv), [markerName]: runnerId },
      limitMs: order.timeoutMs,
      clear: async () => void left.push(...(await endLeftovers(runnerId, { isAdopting, namesDetached: false }))),
    });
    const end = await this.#running.run();
    this.#running = null;
    left.forEach(note);
    const { tookMs, output, outputBytes } = end;
    const how = setupEnd(end, formatDuration(order.timeoutMs));
    note({ type: "worker", subtype: "setup_ended", command, ...how, tookMs, output, outputBytes });
    failpoint("setup.ended");
    if (how.state === "failed")
      note({ type: "worker", subtype: "gave_up", error: startProblems.setupFailed, text: setupFailure({ command, ...how, output }) });
    return how.state === "passed";
  }
}
