/** Finds a setting by its name. */
import { nearestSetting } from "../../config/setting-value.ts";
import { settingDefinitions } from "../../config/settings.ts";
import { WorkerError } from "../../domain/errors.ts";

/**
 * A duration is also found without the unit of its name, as its flag is called: `stall_timeout` is
 * `stall_timeout_ms`.
 * @throws WorkerError invalid_input with the nearest name.
 */
export function settingNamed(name: string): (typeof settingDefinitions)[number] {
  const found = settingDefinitions.find(({ key }) => key === name || key === `${name.replaceAll("-", "_")}_ms`);
  if (found !== undefined) return found;
  const near = nearestSetting(name);
  const hint = near === null ? "" : ` Did you mean "${near}"?`;
  throw new WorkerError("invalid_input", `Unknown setting "${name}".${hint} See: claude-worker config list`);
}
