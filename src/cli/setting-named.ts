/** Finds a setting by its name. */
import { settingDefinitions } from "../config/settings.ts";
import { didYouMean } from "../domain/did-you-mean.ts";
import { WorkerError } from "../domain/errors.ts";

/** @throws WorkerError invalid_input with the nearest name. */
export function settingNamed(name: string): (typeof settingDefinitions)[number] {
  const found = settingDefinitions.find(({ key }) => key === name);
  if (found !== undefined) return found;
  const near = didYouMean(
    name,
    settingDefinitions.map(({ key }) => key),
  );
  const hint = near === null ? "" : ` Did you mean "${near}"?`;
  throw new WorkerError("invalid_input", `Unknown setting "${name}".${hint} See: claude-worker config list`);
}
