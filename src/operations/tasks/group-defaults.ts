/**
 * Fills the defaults of a task's group into a submit. They count as if the caller had written them:
 * its rights are judged for them, too, so a group never widens what its callers may do.
 */
import { isDeepStrictEqual } from "node:util";
import { lookOnce } from "../../config/one-look.ts";
import type { FilledTaskInput, ParsedTaskInput } from "../../contract/task-input.ts";
import { WorkerError } from "../../domain/errors.ts";
import { filledOptions, optionDefaults } from "../../domain/task/option-values.ts";
import type { OptionName } from "../../domain/task/options.ts";
import type { Store } from "../../store/store.ts";

export function filledInput(store: Pick<Store, "groups">, input: ParsedTaskInput): FilledTaskInput {
  const group = input.group ?? optionDefaults.group;
  const defaults = lookOnce(store.groups, group, () => store.groups.defaults(group));
  return filledOptions(input, defaults, input.from_settings);
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
