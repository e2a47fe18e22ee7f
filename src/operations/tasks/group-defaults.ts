/**
 * Fills the defaults of a task's group into a submit, and the profile of its directory. They count
 * as if the caller had written them: its rights are judged for them, too, so a group never widens
 * what its callers may do.
 */
import { isDeepStrictEqual } from "node:util";
import { lookOnce } from "../../config/one-look.ts";
import type { FilledTaskInput, ParsedTaskInput } from "../../contract/task-input.ts";
import { directoryProfile } from "../../config/profile-environment.ts";
import type { ProfileSource } from "../../config/profile-environment.ts";
import type { Settings } from "../../config/settings.ts";
import { WorkerError } from "../../domain/errors.ts";
import { fittingDefaults } from "../../domain/task/fitting-defaults.ts";
import { filledOptions, optionDefaults } from "../../domain/task/option-values.ts";
import type { OptionName } from "../../domain/task/options.ts";
import type { Store } from "../../store/store.ts";

export interface DefaultsContext extends ProfileSource {
  readonly settings: ProfileSource["settings"] & Pick<Settings, "workspace">;
  readonly store: Pick<Store, "groups">;
}

/** @param profile that of the task that calls: it counts before that of group and directory. */
export function filledInput(context: DefaultsContext, input: ParsedTaskInput, profile: string | null = null): FilledTaskInput {
  const group = input.group ?? optionDefaults.group;
  const ofGroup = lookOnce(context.store.groups, group, () => context.store.groups.defaults(group));
  const isWeak = input.from_settings?.includes("workspace_kind") === true;
  const kind = (isWeak ? ofGroup.workspace_kind : null) ?? input.workspace_kind ?? ofGroup.workspace_kind ?? context.settings.workspace;
  const fitting = fittingDefaults(ofGroup, kind);
  const chosen = profile ?? ofGroup.profile ?? directoryProfile(context, input.working_directory);
  return filledOptions(input, chosen === null ? fitting : { ...fitting, profile: chosen }, input.from_settings);
}

/** The same error, which says that an option comes from the group, where it is about such a one. */
export function withGroup(
  error: WorkerError,
  store: Pick<Store, "groups">,
  { given, input }: { readonly given: ParsedTaskInput; readonly input: FilledTaskInput },
): WorkerError {
  const { group } = input;
  const name = (error.problems[0]?.pointer.split("/")[1] ?? "") as OptionName;
  const isOfGroup = store.groups.defaults(group)[name] != null && !isDeepStrictEqual(given[name], input[name]);
  if (!isOfGroup) return error;
  const message = `${error.message} It is a default of the group ${group}: give another value, or choose another group.`;
  return new WorkerError(error.code, message, error.problems);
}
