/** A setting's value as `config set` would read it. */
import type { Settings } from "../config/settings.ts";

/** Lists with commas; empty when unset. */
export function settingText(value: Settings[keyof Settings]): string {
  if (value === null) return "";
  return Array.isArray(value) ? value.join(",") : String(value);
}
