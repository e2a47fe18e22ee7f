/** Finds what will keep a submitted task from starting, as far as that is known at the submit. */
import { agentEnvironment } from "../../config/agent-env.ts";
import { describeBroken } from "../../config/broken-file.ts";
import { brokenSettings } from "../../config/claude-settings-files.ts";
import { claudeStateProblem } from "../../config/claude-state.ts";
import { refusalAbove } from "../../config/files-above.ts";
import { credentialsIn, noCredentials } from "../../config/credentials.ts";
import type { Settings } from "../../config/settings.ts";
import type { Task } from "../../domain/task/task.ts";
import type { Store } from "../../store/store.ts";
import { repositoryFileState } from "../verification/named-commands.ts";

interface WarningContext {
  readonly settings: Settings;
  /** The server's own environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly store: Pick<Store, "trustedCommands">;
}

interface Known {
  readonly agentEnv: Readonly<Record<string, string>>;
  /** Warnings by directory, of this turn of the event loop only. */
  readonly ofTurn: Map<string, string[]>;
}

/** By the server's settings: what is the same for all submits, or for those of one turn. */
const known = new WeakMap<Settings, Known>();

/**
 * Sentences for people; empty: no problem is known. The attempt checks again when it starts. Files
 * are read once in a turn of the event loop: submits that come together share the answer, as they
 * share a commit.
 */
export function submitWarnings(context: WarningContext, task: Task): string[] {
  const { agentEnv, ofTurn } = knownOf(context);
  const key = JSON.stringify([task.ignoreBrokenSettings, task.workingDirectory, task.settings, task.verify, task.until]);
  const before = ofTurn.get(key);
  if (before !== undefined) return before;
  const warnings = [...findWarnings(agentEnv, task), ...commandWarnings(context, task)];
  if (ofTurn.size === 0) setImmediate(() => ofTurn.clear());
  ofTurn.set(key, warnings);
  return warnings;
}

function knownOf({ settings, env }: WarningContext): Known {
  const found = known.get(settings);
  if (found !== undefined) return found;
  const made = { agentEnv: agentEnvironment(env, settings.agent_env), ofTurn: new Map<string, string[]>() };
  known.set(settings, made);
  return made;
}

function findWarnings(agentEnv: Readonly<Record<string, string>>, task: Task): string[] {
  // On macOS credentials may be in the keychain, which only another program can read.
  const hasCredentials = process.platform === "darwin" || credentialsIn(agentEnv) !== null;
  const state = claudeStateProblem(agentEnv);
  const noStart = state === null ? [] : [`Claude Code does not start until this file is fixed: ${state}.`];
  return [...(hasCredentials ? [] : [noCredentials]), ...noStart, ...refusalWarnings(task, agentEnv), ...settingsWarnings(task, agentEnv)];
}

/** What the repository's file says since it was trusted is not run. */
function commandWarnings({ store }: WarningContext, { verify, until, workingDirectory }: Task): string[] {
  const state = verify.length === 0 && until === null ? null : repositoryFileState(store, workingDirectory);
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
