/**
 * Finds out which of several tasks' work makes a check fail: checks all of it together, once more
 * when that fails, and then the half of what is left.
 */
import { createHash } from "node:crypto";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { commandEnvironment } from "../../config/agent-env.ts";
import { formatDuration } from "../../domain/text/duration.ts";
import type { SandboxOrder } from "../../domain/task/sandbox.ts";
import { plainLine } from "../../domain/text/plain-text.ts";
import { verifyEnd } from "../../domain/verification/verify-result.ts";
import type { ProcessEnd } from "../../domain/verification/verify-result.ts";
import type { LandingCheck, LandingFailure } from "../../domain/workspace/landing.ts";
import { setupEnd, setupFailure } from "../../domain/workspace/setup.ts";
import type { SetupCacheOrder } from "../../domain/workspace/setup.ts";
import { workspaceVariables } from "../../domain/workspace/workspace-variables.ts";
import { inCheckTree, removeCheckTree } from "../../git/check-tree.ts";
import type { CheckTree } from "../../git/check-tree.ts";
import { Git } from "../../git/git.ts";
import { GitProblem } from "../../git/git-problem.ts";
import type { GitProgram } from "../../git/git-program.ts";
import { SetupCache } from "../../git/setup-cache.ts";

export interface CheckOrder {
  readonly command: string;
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
  readonly limitMs: number;
  /** Marks the processes of the command. */
  readonly marker: string;
  /** Null: none is asked for. */
  readonly sandbox: SandboxOrder | null;
}

/** Runs commands outside of the repository's and Claude's reach. */
export interface CheckRunner {
  /** Ends every process with the marker. */
  clear(marker: string): Promise<void>;
  /** Runs a command to its end, and ends what it has left behind. */
  run(order: CheckOrder): Promise<ProcessEnd & { readonly output: string }>;
}

/** Where no commands can be run. */
export const noChecks: CheckRunner = {
  clear: () => Promise.resolve(),
  run: () =>
    Promise.resolve({
      exitCode: null,
      signal: null,
      isTimedOut: false,
      isStopped: false,
      startProblem: "no command can be run here",
      output: "",
    }),
};

export interface LandingChecksOptions {
  readonly runner: CheckRunner;
  readonly program: GitProgram;
  readonly tree: CheckTree;
  /** Names the place of this landing on this machine. */
  readonly marker: string;
  readonly agentEnv: Readonly<Record<string, string>>;
  /** Of every command: what an agent wrote runs in them. Null: no task has one. */
  readonly sandbox: SandboxOrder | null;
  /** The first of ten free ports; null: there are none. */
  readonly ports: number | null;
  /** Sets the worktree up; null: nothing does. */
  readonly setup: string | null;
  /** What earlier set-ups have kept; null: nothing is kept. */
  readonly setupCache: SetupCacheOrder | null;
  /** Directory for what is in the way. */
  readonly trash: string;
  readonly setupTimeoutMs: number;
  readonly verifyTimeoutMs: number;
  /** Gets what it does, a line each. */
  say(text: string): void;
}

/** A commit with the work of some tasks. */
export interface Candidate {
  readonly commit: string;
  readonly tree: string;
  readonly checks: readonly LandingCheck[];
}

/** Which of the candidates is the first that fails, and how. */
export interface Culprit {
  readonly index: number;
  readonly failure: LandingFailure;
  /** Whether the same command fails without its work, too. */
  readonly failedBefore: boolean;
}

/**
 * Marks the processes of a landing.
 * @param home the data directory. @param place of the landing.
 */
export function landingMarker(home: string, place: string): string {
  return `land-${createHash("sha256").update(`${home}\0${place}`).digest("hex").slice(0, 16)}`;
}

/** The temporary directory of the commands. */
export function temporaryIn({ directory }: Pick<CheckTree, "directory">): string {
  return join(directory, "tmp");
}

export class LandingChecks {
  readonly #options: LandingChecksOptions;
  /** What is known of a tree with some checks; null: all pass. */
  readonly #known = new Map<string, LandingFailure | null>();

  constructor(options: LandingChecksOptions) {
    this.#options = options;
  }

  /** Ends and removes what a killed server has left. */
  async begin(): Promise<void> {
    await this.#options.runner.clear(this.#options.marker);
    removeCheckTree(this.#options.tree);
  }

  /**
   * @param candidates each has the work of those before it, too. @param base the branch itself.
   * @returns null: the last one passes. @throws GitProblem: a check cannot be run.
   */
  async culprit(candidates: readonly Candidate[], base: Candidate): Promise<Culprit | null> {
    const last = candidates.at(-1);
    if (last === undefined || (await this.#failure(last)) === null) return null;
    // All before `low` pass, and `high` fails.
    let [low, high] = [0, candidates.length - 1];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const candidate = candidates[middle];
      if (candidate !== undefined && (await this.#failure(candidate)) === null) low = middle + 1;
      else high = middle;
    }
    const failing = candidates[high] ?? last;
    const failure = await this.#failure(failing);
    if (failure === null) return null;
    const before = { ...(candidates[high - 1] ?? base), checks: [failure] };
    return { index: high, failure, failedBefore: (await this.#failure(before)) !== null };
  }

  /** A check that fails once is run again: one that depends on luck must not blame anybody. */
  async #failure(candidate: Candidate): Promise<LandingFailure | null> {
    const key = JSON.stringify([candidate.tree, candidate.checks.map(({ prefix, command }) => [prefix, command])]);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const found = (await this.#run(candidate)) === null ? null : await this.#run(candidate);
    if (found !== null && found.state !== "failed") {
      const why = found.reason ?? "it was stopped";
      throw new GitProblem("failed", `The check ${plainLine(found.command, 200)} could not be run: ${why}. Nothing was landed.`);
    }
    this.#known.set(key, found);
    return found;
  }

  async #run({ commit, checks }: Candidate): Promise<LandingFailure | null> {
    if (checks.length === 0) return null;
    const { program, tree } = this.#options;
    return await inCheckTree(program, tree, commit, async (top) => {
      const temporary = temporaryIn(tree);
      mkdirSync(temporary, { recursive: true, mode: 0o700 });
      try {
        await this.#setUp(top, temporary);
        for (const check of checks) {
          const failure = await this.#check(top, temporary, check);
          if (failure !== null) return failure;
        }
        return null;
      } finally {
        rmSync(temporary, { recursive: true, force: true });
      }
    });
  }

  async #setUp(top: string, temporary: string): Promise<void> {
    const { setup: command, setupTimeoutMs: limitMs } = this.#options;
    if (command === null || (await this.#copySetup(top, command))) return;
    this.#options.say(`sets the worktree up: ${plainLine(command, 200)}`);
    const end = await this.#options.runner.run({ ...this.#order(temporary), command, directory: top, limitMs });
    const how = setupEnd(end, formatDuration(limitMs));
    if (how.state === "passed") return;
    throw new GitProblem("failed", `Nothing was landed. ${setupFailure({ command, ...how, output: end.output })}`);
  }

  /**
   * Copies what an earlier set-up has kept for the same key files. Nothing is kept of a landing:
   * agents have written its files. @returns whether it is there.
   */
  async #copySetup(top: string, command: string): Promise<boolean> {
    const { setupCache: order, program, trash, setupTimeoutMs, say } = this.#options;
    if (order === null) return false;
    const { signal } = new AbortController();
    const cache = await SetupCache.open({ order, command, top, git: new Git(program, top), trash, signal });
    if (typeof cache === "string") return false;
    // A set-up of the same state that runs now makes what can be copied then.
    const release = await cache.lock(setupTimeoutMs).catch((error: unknown) => {
      if (error instanceof GitProblem && error.kind === "too_slow") return () => {};
      throw error;
    });
    try {
      const used = await cache.use();
      if (typeof used === "string") say(used);
      if (used === true)
        say(
          `${plainLine(order.paths.join(", "), 200)} copied from an earlier set-up (${cache.name}): ${plainLine(command, 200)} is not run`,
        );
      return used === true;
    } finally {
      release();
    }
  }

  async #check(top: string, temporary: string, { command, prefix }: LandingCheck): Promise<LandingFailure | null> {
    const { verifyTimeoutMs: limitMs } = this.#options;
    this.#options.say(`checks: ${plainLine(command, 200)}`);
    const end = await this.#options.runner.run({ ...this.#order(temporary), command, directory: join(top, prefix), limitMs });
    const { state, exitCode, reason } = verifyEnd(end, formatDuration(limitMs));
    this.#options.say(`${state}: ${plainLine(command, 200)}${exitCode === null || exitCode === 0 ? "" : ` (exit code ${exitCode})`}`);
    return state === "passed" ? null : { command, prefix, state, exitCode, reason, output: end.output };
  }

  #order(temporary: string): Pick<CheckOrder, "env" | "marker" | "sandbox"> {
    const { agentEnv, ports, marker, sandbox } = this.#options;
    return { marker, sandbox, env: { ...commandEnvironment(agentEnv), ...workspaceVariables({ ports, temporary, project: marker }) } };
  }
}
