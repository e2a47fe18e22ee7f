/** Computes what a retry changes in its task: it adds to lists, and replaces everything else. */
import type { ParsedRetryInput } from "../../contract/retry-input.ts";
import type { Settings } from "../../config/settings.ts";
import type { Task, TaskSpec } from "../../domain/task/task.ts";
import { changedOptions, optionNames } from "../../domain/task/option-values.ts";
import type { QueueOptions } from "../../domain/task/options.ts";
import type { NamedContext } from "../verification/named-commands.ts";
import { protectedPatterns } from "../../domain/verification/protected-files.ts";
import { resolveCommands, resolveVerify } from "../verification/resolve-verify.ts";
import { realDirectories, realDirectory } from "./working-directory.ts";

/** The fields that a retry changes. */
export type Changes = Partial<Omit<TaskSpec, "prompt"> & QueueOptions>;

/**
 * The changed fields only. Null stands for the value of a submit without the field.
 * @throws WorkerError invalid_input: the new directory does not exist, a verify command has no such
 * name; untrusted_directory: the repository names it, and no person has trusted that.
 */
export function changesOf(context: NamedContext & { readonly settings: Settings }, task: Task, input: ParsedRetryInput): Changes {
  const { working_directory: directory, additional_directories: more, verify, protect } = input;
  const real = more == null ? {} : { additional_directories: realDirectories(more) };
  const workingDirectory = directory === undefined ? task.workingDirectory : realDirectory(directory);
  return {
    ...(directory === undefined ? {} : { workingDirectory }),
    ...changedOptions(task, { ...input, ...real }, context.settings),
    ...(protect == null ? {} : { protect: protectedPatterns(protect) }),
    ...resolveCommands(context, input, workingDirectory),
    ...(verify === undefined ? {} : { verify: resolveVerify(context, verify ?? context.settings.verify, workingDirectory) }),
  };
}

/** The JSON names of the changed fields. */
export function namesOf(changes: Changes): string[] {
  return [...(changes.workingDirectory === undefined ? [] : ["working_directory"]), ...optionNames(changes)];
}
