/**
 * Defines what a row of the table of settings (settings.ts) can say, and the type of the value that
 * follows from a row.
 */

interface RowBase {
  /** Its name in the configuration file and in `config set`. */
  readonly key: string;
  readonly env: string;
  /** A sentence for people. */
  readonly description: string;
}

interface IntegerRow extends RowBase {
  readonly type: "integer";
  readonly min: number;
  readonly max: number;
  /** Whether null (unset) is a value. */
  readonly nullable?: true;
  readonly default: number | null;
}

interface TextRow extends RowBase {
  readonly type: "string";
  readonly nullable?: true;
  /** A further rule, in words and as a function. */
  readonly mustBe?: readonly [what: string, holds: (text: string) => boolean];
  /**
   * A rule with a sentence for each problem: its end, with what is wrong and what to do; null: the
   * text is right.
   */
  readonly problem?: (text: string) => string | null;
  readonly default: string | null;
}

interface ListRow extends RowBase {
  readonly type: "list" | "names" | "paths" | "rules" | "commands";
  /** A further rule for each item, in words about all of them. */
  readonly mustBe?: TextRow["mustBe"];
  readonly default: readonly string[];
}

interface ChoiceRow extends RowBase {
  readonly type: "choice";
  readonly choices: readonly string[];
  readonly default: string;
}

/** An object, in the file as JSON has it, elsewhere as JSON in a text. */
interface ObjectRow extends RowBase {
  readonly type: "object";
  readonly nullable?: true;
  /** What is wrong with a value, as the end of a sentence; null: nothing. */
  readonly check: (value: unknown) => string | null;
  readonly default: object;
}

export type SettingRow = IntegerRow | TextRow | ListRow | ChoiceRow | ObjectRow;

/** A row for readers of all rows: what only some types have is optional. */
export interface AnySettingDefinition<K extends string = string> extends RowBase {
  readonly key: K;
  readonly type: SettingRow["type"];
  readonly choices?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  readonly nullable?: true;
  readonly mustBe?: TextRow["mustBe"];
  readonly problem?: TextRow["problem"];
  readonly check?: ObjectRow["check"];
  readonly default: SettingRow["default"];
}

/** The value of a row's setting. */
export type ValueOf<R> =
  | (R extends { readonly type: "integer" } ? number : never)
  | (R extends { readonly type: "string" } ? string : never)
  | (R extends { readonly type: ListRow["type"] } ? readonly string[] : never)
  | (R extends { readonly type: "choice"; readonly choices: readonly (infer C)[] } ? C : never)
  | (R extends { readonly type: "object"; readonly default: infer O } ? O : never)
  | (R extends { readonly nullable: true } ? null : never);

/**
 * Whether a setting is a duration: stored as milliseconds, read and written by people as `1h30m`.
 */
export function isDurationSetting(key: string): boolean {
  return key.endsWith("_ms");
}
