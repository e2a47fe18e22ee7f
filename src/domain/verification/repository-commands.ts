/** Reads what a repository's `.claude-worker.json` says: its verify commands and its set-up. */
import { didYouMean } from "../text/did-you-mean.ts";
import { isObject } from "../text/read-json.ts";
import type { JsonObject } from "../text/read-json.ts";
import { repositorySetup, setupFieldsProblem } from "../workspace/repository-setup.ts";
import type { RepositorySetup } from "../workspace/repository-setup.ts";
import { isVerifyName, maxVerifyCharacters, maxVerifyCommands } from "./verify-command.ts";

/** The commands that a repository names. */
export interface RepositoryCommands {
  readonly commands: Readonly<Record<string, string>>;
  /** The names of those that verify tasks which name none. */
  readonly defaults: readonly string[];
  /** How its worktrees are set up; null: they are not. */
  readonly setup: RepositorySetup | null;
}

export const noCommands: RepositoryCommands = { commands: {}, defaults: [], setup: null };

/** Everything that the file may have. */
const knownKeys = ["verify", "verify_default", "setup", "setup_cache"];

/** @returns the commands, or what is wrong: a part of a sentence behind the file's name. */
export function repositoryCommands(json: unknown): RepositoryCommands | { readonly problem: string } {
  if (!isObject(json)) return { problem: "is not a JSON object" };
  const problem = problemOf(json);
  if (problem !== null) return { problem };
  const { verify = {}, verify_default: defaults = [] } = json;
  return { commands: { ...(verify as Record<string, string>) }, defaults: [...(defaults as string[])], setup: repositorySetup(json) };
}

function problemOf(json: JsonObject): string | null {
  const unknown = Object.keys(json).find((key) => !knownKeys.includes(key));
  if (unknown !== undefined) {
    const near = didYouMean(unknown, knownKeys);
    return `has the unknown field "${unknown}"${near === null ? "" : `: did you mean "${near}"?`}`;
  }
  const { verify = {}, verify_default: defaults = [] } = json;
  if (!isObject(verify)) return 'has a "verify" that is not an object of names and commands';
  const names = Object.keys(verify);
  if (names.length > maxVerifyCommands) return `names more than ${maxVerifyCommands} commands`;
  for (const name of names) {
    if (!isVerifyName(name)) return `has the name "${name}": a name has letters, digits, ".", "_" and "-", and is neither default nor none`;
    const command = verify[name];
    if (typeof command !== "string" || command.trim() === "") return `has no command for "${name}"`;
    if (command.length > maxVerifyCharacters || command.includes("\0")) return `has a command for "${name}" that is too long, or holds NUL`;
  }
  if (!Array.isArray(defaults)) return 'has a "verify_default" that is not a list of names';
  const missing = (defaults as unknown[]).find((name) => typeof name !== "string" || !names.includes(name));
  return missing === undefined
    ? setupFieldsProblem(json)
    : `names ${JSON.stringify(missing)} in "verify_default", and has no such command in "verify"`;
}
