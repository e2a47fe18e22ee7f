/**
 * The values of a task's options: as JSON names them (snake_case), as a task holds them
 * (camelCase), and with the settings that stand in.
 */
import { namesIn } from "./option-json.ts";
import type { JsonOption } from "./option-json.ts";
import { heldAttachment, shownAttachment } from "./attachment.ts";
import type { Attachment, GivenAttachment } from "./attachment.ts";
import type { GivenOf, HeldValue, OptionRow, ShownOf } from "./option.ts";
import { taskOptions } from "./options.ts";
import type { OptionName, QueueOptions, RowOf, RunOptions } from "./options.ts";

export type TaskOptionFields = RunOptions & QueueOptions;

/** What a task shows of its options: every option has a value or is null. */
export type ShownOptions = { [Name in OptionName]: ShownValue<RowOf<Name>> };
type ShownValue<R> = ShownOf<R> | Extract<HeldValue<R>, null>;

/** Options as they are given: absent ones are undefined; null stands for the default. */
export type GivenOptions = { readonly [Name in OptionName]?: Readonly<GivenOf<RowOf<Name>>> | null | undefined };

/** The settings that stand in at submit. */
export type StandIns = Readonly<Record<StandInName, unknown>>;
type StandInName = Extract<(typeof taskOptions)[number], { setting: { at: "submit" } }>["setting"]["key"];

/** A row, with the field of a task that holds its value: `maxTurns` of `max_turns`. */
export type HeldRow = OptionRow & { readonly field: string };

/** Every row, as what all rows have in common. */
export const optionRows: readonly HeldRow[] = taskOptions.map((row) => ({
  ...row,
  field: row.name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
}));

/** The values of a task that names no option, without the settings that stand in at submit. */
export const optionDefaults = Object.freeze(
  Object.fromEntries(optionRows.map((row) => [row.field, row.default])),
) as unknown as TaskOptionFields;

/** Whether a value is the row's default. */
export function isDefault(row: OptionRow, value: unknown): boolean {
  if (value === row.default) return true;
  if (typeof value !== "object" || value === null || row.default === null) return false;
  return Array.isArray(value) ? value.length === 0 : Object.keys(value).length === 0;
}

/**
 * Whether a task with this value needs a new Claude Code process, because a parked one cannot take
 * the value over.
 */
export function startsCold(row: OptionRow, value: unknown): boolean {
  if (row.startsCold === undefined) return false;
  return row.startsCold === "any" ? !isDefault(row, value) : row.startsCold.includes(String(value));
}

/** Every option's name in JSON. */
export const everyOption = taskOptions.map(({ name }) => name) as [OptionName, ...OptionName[]];

/** Options whose default is a value of their own: neither null nor a setting. */
type PlainName = { [Name in OptionName]: RowOf<Name> extends { default: null } | { setting: object } ? never : Name }[OptionName];
/** What was given, with a value for each of these. */
export type FilledOptions<T extends GivenOptions> = Omit<T, PlainName> & { readonly [Name in PlainName]: NonNullable<T[Name]> };

/**
 * What a submit names, with the defaults of its group for what it does not name. Labels are joined.
 * @param weak options of the submit that come from settings: the group's defaults are stronger.
 */
export function filledOptions<T extends GivenOptions>(
  given: T,
  defaults: GivenOptions,
  weak: readonly OptionName[] = [],
): FilledOptions<T> {
  const filled: Record<string, unknown> = { ...given };
  for (const row of optionRows) {
    const name = row.name as OptionName;
    const own = given[name] ?? undefined;
    const ofGroup = defaults[name] ?? undefined;
    const value = weak.includes(name) ? (ofGroup ?? own) : (own ?? ofGroup);
    const joined = row.kind === "labels" && own !== undefined && ofGroup !== undefined ? { ...Object(ofGroup), ...Object(own) } : value;
    const whole: unknown = joined ?? (row.setting === undefined && row.default !== null ? row.default : given[name]);
    if (whole !== undefined) filled[name] = whole;
  }
  return filled as unknown as FilledOptions<T>;
}

/** Options as a submit names them, as views show them: without what may be secret. */
export function shownGiven(given: GivenOptions): Partial<ShownOptions> {
  const named = optionRows.filter(({ name }) => given[name as OptionName] != null);
  return Object.fromEntries(named.map((row) => [row.name, shownValue(row, given[row.name as OptionName])]));
}

/** The options of a new task. */
export function submittedOptions(input: GivenOptions, settings: StandIns): TaskOptionFields {
  return ofEveryRow("field", (row) => valueGiven(row, input, settings)) as unknown as TaskOptionFields;
}

/** The options that a retry changes: it adds to lists and labels, and replaces everything else. */
export function changedOptions(task: TaskOptionFields, input: GivenOptions, settings: StandIns): Partial<TaskOptionFields> {
  const named = optionRows.filter(({ name }) => input[name as OptionName] !== undefined);
  return Object.fromEntries(
    named.map((row) => {
      const value = valueGiven(row, input, settings);
      const isReplaced = input[row.name as OptionName] === null || replacing.has(row.kind);
      return [row.field, isReplaced ? value : added(task[row.field as keyof TaskOptionFields], value)];
    }),
  );
}

/** Kinds whose values a retry replaces, although they are lists or objects. */
const replacing: ReadonlySet<OptionRow["kind"]> = new Set(["json", "schema", "commands", "patterns", "hosts", "names"]);

/** How JSON names these fields, e.g. `max_turns`. */
export function optionNames(changes: object): string[] {
  return optionRows.filter(({ field }) => Object.hasOwn(changes, field)).map(({ name }) => name);
}

/** A task's options by their names in JSON. */
export function shownOptions(task: TaskOptionFields): ShownOptions {
  return ofEveryRow("name", (row) => shownValue(row, task[row.field as keyof TaskOptionFields])) as unknown as ShownOptions;
}

/**
 * A value for every option. A loop, because it runs for each task of a batch and each view:
 * `Object.fromEntries` takes four times as long, and what spreads its result six times.
 */
function ofEveryRow(key: "name" | "field", valueOf: (row: HeldRow) => unknown): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const row of optionRows) values[row[key]] = valueOf(row);
  return values;
}

function valueGiven(row: OptionRow, input: GivenOptions, settings: StandIns): unknown {
  const { name, setting } = row;
  const standIn = setting?.at === "submit" ? settings[setting.key as StandInName] : row.default;
  const value = input[name as OptionName] ?? standIn;
  return row.kind === "attachments" ? (value as GivenAttachment[]).map(heldAttachment) : value;
}

function added(own: unknown, more: unknown): unknown {
  if (Array.isArray(own) && Array.isArray(more)) return [...new Set([...(own as unknown[]), ...(more as unknown[])])];
  return isObject(own) && isObject(more) ? { ...own, ...more } : more;
}

function shownValue(row: OptionRow, value: unknown): unknown {
  if (row.kind === "attachments") return (value as Attachment[]).map(shownAttachment);
  return row.kind === "json" && value !== null ? namesIn(row.form, value as JsonOption) : copied(value);
}

function copied(value: unknown): unknown {
  if (Array.isArray(value)) return [...(value as unknown[])];
  return isObject(value) ? { ...value } : value;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
