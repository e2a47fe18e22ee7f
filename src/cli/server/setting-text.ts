/** A setting's value as `config set` would read it. */
import { isDurationSetting } from "../../config/setting.ts";
import type { Settings } from "../../config/settings.ts";
import { typedDuration } from "../../domain/text/duration.ts";

/** Lists with commas, objects as JSON, durations with units (`1h30m`); empty when unset. */
export function settingText<Key extends keyof Settings>(key: Key, value: Settings[Key]): string {
  if (value === null) return "";
  if (typeof value === "number" && isDurationSetting(key)) return typedDuration(value);
  if (typeof value === "object" && !Array.isArray(value)) return JSON.stringify(value);
  return Array.isArray(value) ? value.join(",") : String(value);
}
