/**
 * Finds what will keep a submitted task from starting, or harm its files, as far as that is known
 * at the submit.
 */
import { dirname } from "node:path";
import { agentEnvironment } from "../../config/agent-env.ts";
import { describeBroken } from "../../config/broken-file.ts";
import { brokenSettings } from "../../config/claude-settings-files.ts";
import { claudeStateProblem } from "../../config/claude-state.ts";
import { gitAbove } from "../../config/main-checkout.ts";
import { lookOnce } from "../../config/one-look.ts";
import { refusalAbove } from "../../config/files-above.ts";
import { credentialsIn, noCredentials } from "../../config/credentials.ts";
import { profileEnvironment, profileProblem } from "../../config/profile-environment.ts";
import type { Settings } from "../../config/settings.ts";
import { defaultProfile } from "../../domain/task/profile.ts";
import { plainLine } from "../../domain/text/plain-text.ts";
import type { Task } from "../../domain/task/task.ts";
import type { Store } from "../../store/store.ts";
import { Crowd } from "./crowd.ts";
import { repositoryFileState } from "../verification/named-commands.ts";

interface WarningContext {
  readonly settings: Settings;
  /** The server's own environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly store: Pick<Store, "trustedCommands" | "workspaces" | "tasks" | "dependencies" | "workflows">;
}

interface Known {
  readonly agentEnv: Readonly<Record<string, string>>;
  /** Warnings by directory, of this turn of the event loop only. */
  readonly ofTurn: Map<string, string[]>;
}

/** How many tasks a warning names, and how many of a directory are looked at. */
const shownTasks = 5;
const lookedAt = 20;

/** By the server's settings: what is the same for all submits, or for those of one turn. */
const known = new WeakMap<Settings, Known>();

/**
 * Sentences for people; empty: no problem is known. The attempt checks again when it starts. Files
 * are read once in a turn of the event loop: submits that come together share the answer, as they
 * share a commit.
 */
export function submitWarnings(context: WarningContext, task: Task): string[] {
  return [...sharedWarnings(context, task), ...fileWarnings(context, task)];
}

/** What files say. */
function fileWarnings(context: WarningContext, task: Task): string[] {
  const { agentEnv, ofTurn } = knownOf(context);
  const key = JSON.stringify([
    task.profile,
    task.ignoreBrokenSettings,
    task.workingDirectory,
    task.settings,
    task.verify,
    task.until,
    task.score,
  ]);
  const before = ofTurn.get(key);
  if (before !== undefined) return before;
  const warnings = [...findWarnings(environmentOf(context, task, agentEnv), task), ...commandWarnings(context, task)];
  if (ofTurn.size === 0) setImmediate(() => ofTurn.clear());
  ofTurn.set(key, warnings);
  return warnings;
}

/** The environment of the task's profile; where that cannot be used, the server's. */
function environmentOf(context: WarningContext, { profile }: Task, agentEnv: Known["agentEnv"]): Known["agentEnv"] {
  return profile === defaultProfile || profileProblem(context, profile) !== null ? agentEnv : profileEnvironment(context, profile);
}

function knownOf({ settings, env }: WarningContext): Known {
  const found = known.get(settings);
  if (found !== undefined) return found;
  const made = {
    agentEnv: agentEnvironment(env, settings.agent_env),
    ofTurn: new Map<string, string[]>(),
  };
  known.set(settings, made);
  return made;
}

/** Tasks that work in one checkout at the same time overwrite each other's files. */
function sharedWarnings(context: WarningContext, task: Task): string[] {
  const { store } = context;
  const { id, workingDirectory } = task;
  if (context.settings.exclusive_directories === "on" || store.workspaces.get(id)?.kind === "worktree") return [];
  const git = gitAbove(workingDirectory);
  if (git === null) return [];
  const top = dirname(git);
  const crowd = lookOnce(sharedWarnings, top, () => {
    const inside = store.workspaces.unfinishedAt(top, lookedAt);
    return new Crowd(
      store,
      inside.filter((other) => other.workingDirectory === top || gitAbove(other.workingDirectory) === git).map((other) => other.id),
    );
  });
  // One more says that there are others.
  const others = crowd.beside(task, shownTasks + 1);
  if (others.length === 0) return [];
  const shown = others.slice(0, shownTasks).toReversed().join(", ");
  const names = others.length === 1 ? `Task ${shown} works` : `Tasks ${shown}${others.length > shownTasks ? " and others" : ""} work`;
  return [
    `${names} in the same checkout, ${plainLine(dirname(git), 1000)}: they can overwrite each other's files. To give each task files of its own: --worktree. To let one at a time work there: claude-worker config set exclusive_directories on`,
  ];
}

function findWarnings(agentEnv: Readonly<Record<string, string>>, task: Task): string[] {
  // On macOS credentials may be in the keychain, which only another program can read.
  const hasCredentials = process.platform === "darwin" || credentialsIn(agentEnv) !== null;
  const state = claudeStateProblem(agentEnv);
  const noStart = state === null ? [] : [`Claude Code does not start until this file is fixed: ${state}.`];
  return [...(hasCredentials ? [] : [noCredentials]), ...noStart, ...refusalWarnings(task, agentEnv), ...settingsWarnings(task, agentEnv)];
}

/** What the repository's file says since it was trusted is not run. */
function commandWarnings({ store }: WarningContext, { verify, until, score, workingDirectory }: Task): string[] {
  const state = verify.length === 0 && until === null && score === null ? null : repositoryFileState(store, workingDirectory);
  if (state?.kind !== "changed") return [];
  const again = `claude-worker trust add ${workingDirectory}`;
  return [
    `${state.file} was changed since it was trusted. Tasks verify with the commands that it had then. To trust what it says now: ${again}`,
  ];
}

function refusalWarnings({ workingDirectory }: Task, agentEnv: Readonly<Record<string, string>>): string[] {
  const refusal = refusalAbove(workingDirectory, agentEnv);
  return refusal === null ? [] : [`The task will be refused when it starts: ${refusal}`];
}

function settingsWarnings(task: Task, agentEnv: Readonly<Record<string, string>>): string[] {
  if (task.ignoreBrokenSettings) return [];
  return brokenSettings(task.workingDirectory, agentEnv, task.settings).map(
    (broken) =>
      `The task will be refused when it starts, because rules of this file would be out of force: ${describeBroken(broken)}. Fix the file, or submit the task with --ignore-broken-settings.`,
  );
}
