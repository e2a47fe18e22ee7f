/** Settings for people: those that were changed first, then the others in groups. */
import type { Output } from "../output.ts";
import { painter } from "./colour.ts";
import type { Painter } from "./colour.ts";
import { fitWidth, textWidth } from "./text-width.ts";
import { wrap } from "./wrap.ts";

export interface ShownSetting {
  readonly key: string;
  /** As a person reads it. */
  readonly value: string;
  /** Where it comes from: `default`, `file` … */
  readonly origin: string;
  /** What it means. */
  readonly description: string;
}

/** In order; a setting belongs to the first group that fits. */
const groups: readonly [title: string, fits: RegExp][] = [
  ["What agents may do that use Claude Worker", /^(?:agent_(?!env)|allowed_roots|prompt_|system_prompt_)/],
  ["The server", /^(?:port|host|server_|allowed_hosts|public_url|link_)/],
  ["How tasks run", /^(?:workers|warm|permission_mode|model|agent_env|claude_|.*timeout|stop_grace|background|overage|retries)/],
  ["Limits and storage", /./],
];

/** Keys in the order of their first appearance within changed and unchanged ones. */
export function changedFirst<T extends Pick<ShownSetting, "origin">>(settings: readonly T[]): T[] {
  return [...settings.filter(({ origin }) => origin !== "default"), ...settings.filter(({ origin }) => origin === "default")];
}

/**
 * The page of `config list` for a terminal: changed settings first, then the others by group.
 */
export function settingsPage(settings: readonly ShownSetting[], output: Output): string {
  const paint = painter(output);
  const unchanged = settings.filter(({ origin }) => origin === "default");
  const groupOf = ({ key }: ShownSetting): string => groups.find(([, fits]) => fits.test(key))?.[0] ?? "";
  const sections: [string, ShownSetting[]][] = [
    ["Changed", settings.filter(({ origin }) => origin !== "default")],
    ...groups.map(([title]): [string, ShownSetting[]] => [title, unchanged.filter((setting) => groupOf(setting) === title)]),
  ];
  const widths = { key: widest(settings, "key", 30), value: widest(settings, "value", 24), origin: widest(settings, "origin", 12) };
  return sections
    .filter(([, rows]) => rows.length > 0)
    .map(([title, rows]) => `${paint.bold(title)}\n${rows.map((row) => rowOf(row, widths, output.columns, paint)).join("")}`)
    .join("\n");
}

function rowOf(setting: ShownSetting, widths: { key: number; value: number; origin: number }, columns: number, paint: Painter): string {
  const isChanged = setting.origin !== "default";
  const value = textWidth(setting.value) > widths.value && !isChanged ? fitWidth(setting.value, widths.value) : setting.value;
  const cells = [
    paint.bold(setting.key.padEnd(widths.key)),
    `${value}${" ".repeat(Math.max(0, widths.value - textWidth(value)))}`,
    paint[isChanged ? "cyan" : "dim"](setting.origin.padEnd(widths.origin)),
  ];
  const head = `  ${cells.join("  ")}`;
  const left = 2 + widths.key + 2 + Math.max(widths.value, textWidth(value)) + 2 + widths.origin + 2;
  if (left > columns) {
    const text = `${setting.key} ${setting.value} (${setting.origin})`;
    const lines = [
      ...wrap(text, columns, { first: "  ", rest: "      " }),
      ...wrap(setting.description, columns, { first: "      ", rest: "      ", paint: paint.dim }),
    ];
    return `${lines.join("\n")}\n`;
  }
  // Where there is no room beside it, the meaning stands below.
  if (columns - left < 40)
    return `${head.trimEnd()}\n${wrap(setting.description, columns, { first: "      ", rest: "      ", paint: paint.dim }).join("\n")}\n`;
  const [first = "", ...more] = wrap(setting.description, columns - left, { paint: paint.dim });
  return `${head}  ${first}\n${more.map((line) => `${" ".repeat(left)}${line}\n`).join("")}`;
}

function widest(settings: readonly ShownSetting[], field: "key" | "value" | "origin", limit: number): number {
  return Math.min(limit, Math.max(0, ...settings.map((setting) => textWidth(setting[field]))));
}
