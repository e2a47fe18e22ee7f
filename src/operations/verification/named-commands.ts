/**
 * Knows the verify commands that the settings and a trusted repository name. They are read from
 * what a person has trusted, never from a file that a task can change.
 */
import type { Settings } from "../../config/settings.ts";
import { readRepositoryFile, repositoryFilePath } from "../../config/repository-file.ts";
import type { RepositoryFile } from "../../config/repository-file.ts";
import { noCommands } from "../../domain/verification/repository-commands.ts";
import type { RepositoryCommands } from "../../domain/verification/repository-commands.ts";
import type { RepositorySetup } from "../../domain/workspace/repository-setup.ts";
import { readVerify } from "../../domain/verification/verify-command.ts";
import type { Store } from "../../store/store.ts";

export interface NamedContext {
  readonly store: Pick<Store, "trustedCommands">;
  readonly settings: Pick<Settings, "verify" | "verify_commands">;
}

/** Every command that has a name for tasks in a directory. */
export interface NamedCommands {
  /** How the repository's worktrees are set up; null: they are not. */
  readonly setup: RepositorySetup | null;
  /** By name. A repository's command comes before the settings' of the same name. */
  readonly commands: ReadonlyMap<string, string>;
  /** Those that the repository runs by default. */
  readonly defaults: readonly string[];
}

/** @param directory a real path */
export function namedCommands({ store, settings }: NamedContext, directory: string): NamedCommands {
  const trusted = store.trustedCommands.get(repositoryFilePath(directory))?.commands ?? noCommands;
  const commands = new Map([...ofSettings(settings), ...Object.entries(trusted.commands)]);
  return { commands, defaults: trusted.defaults, setup: trusted.setup };
}

/**
 * Whether the settings or the trusted repository name this command, so that any caller may have it
 * run.
 */
export function isNamed(context: NamedContext, directory: string, command: string): boolean {
  const written = [...namedCommands(context, directory).commands.values(), ...literals(context.settings)];
  return written.includes(command);
}

/** What the repository's file says beyond what is trusted. */
export type FileState =
  | { readonly kind: "none" | "trusted" }
  /** It was never trusted, or says something else now. */
  | { readonly kind: "new" | "changed"; readonly file: string; readonly says: RepositoryCommands }
  | { readonly kind: "broken"; readonly file: string; readonly problem: string };

/** @param directory a real path */
export function repositoryFileState(store: Pick<Store, "trustedCommands">, directory: string): FileState {
  const found = readRepositoryFile(repositoryFilePath(directory));
  return found === null ? { kind: "none" } : stateOf(found, store);
}

function stateOf({ file, digest, content }: RepositoryFile, store: Pick<Store, "trustedCommands">): FileState {
  const trusted = store.trustedCommands.get(file);
  if (trusted?.digest === digest && digest !== "") return { kind: "trusted" };
  if ("problem" in content) return { kind: "broken", file, problem: content.problem };
  return { kind: trusted === null ? "new" : "changed", file, says: content };
}

function ofSettings({ verify_commands: entries }: NamedContext["settings"]): [string, string][] {
  return entries.map((entry) => {
    const { name, command } = readVerify(entry);
    return [name ?? "", command ?? ""];
  });
}

/** Commands that the settings give to all tasks. */
function literals({ verify }: NamedContext["settings"]): string[] {
  return verify.flatMap((text) => readVerify(text).command ?? []);
}

/** The directory of the file, as the shell takes it. */
export function quotedDirectory(file: string): string {
  const directory = file.slice(0, file.lastIndexOf("/")) || "/";
  return /^[\w@%+=:,./-]+$/.test(directory) ? directory : `'${directory.replaceAll("'", String.raw`'\''`)}'`;
}
