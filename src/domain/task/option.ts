/**
 * What a row of the table of task options (options.ts) can say, and the types that follow from a
 * row.
 */
import type { Attachment, GivenAttachment, ShownAttachment } from "./attachment.ts";

interface RowBase {
  /** Its name in JSON: REST, MCP, `--json`. The field of a task has the same name in camelCase. */
  readonly name: string;
  /** What it does, for programs and their readers. */
  readonly sentence: string;
  /** What a retry does with it, where that is not "replace". */
  readonly retrySentence?: string;
  readonly flag: OptionFlag;
  /**
   * `run`: what the attempt is started with. `queue`: how the task is found and ordered.
   */
  readonly part: "run" | "queue";
  /** May have thousands of characters: lists do not carry it. */
  readonly isLong?: true;
  readonly setting?: StandIn;
  /** Values that a parked Claude Code cannot take over; `any`: all but the default. */
  readonly startsCold?: "any" | readonly string[];
  /**
   * `may`: an agent sets it freely. `within`: an agent sets it up to the user's limits
   * (operations/rights/guard-agent.ts). Otherwise only a person sets it, and `instead` says what an
   * agent can do.
   */
  readonly agent: "may" | "within" | { readonly instead: string };
  /**
   * The scope that is needed to set it, checked at submit, retry and start. Agents follow `agent`
   * instead.
   */
  readonly needs?: "admin";
  /** Where `show` has it; null: the page places it by hand, or not at all. */
  readonly shown: ShownAs | null;
}

export interface OptionFlag {
  /** `-m, --model <name>`. */
  readonly spelled: string;
  /** What it does, for people. */
  readonly help: string;
  /** Words that complete it. */
  readonly completes?: readonly string[];
  /** More flags, of which each stands for one of the values and takes none. */
  readonly shorts?: readonly { readonly spelled: string; readonly value: string; readonly help: string }[];
}

/** The setting that counts for tasks that do not name the option. */
export interface StandIn {
  readonly key: string;
  /** `submit`: it is written into the task. `start`: it is asked at every start. */
  readonly at: "submit" | "start";
  /** Whether the setting always has a value, so that the task has one, too. */
  readonly always?: true;
}

export interface ShownAs {
  /** The line of the page. */
  readonly line: string;
  /** `{}` stands for the value. */
  readonly text: string;
  /** Also where it is the default. */
  readonly always?: true;
}

interface TextRow extends RowBase {
  readonly kind: "text";
  readonly default: string | null;
  readonly maxLength: number;
  /** Spaces around it do not count, and something must be left. */
  readonly isTrimmed?: true;
  readonly pattern?: { readonly source: RegExp; readonly sentence: string };
  /** What else is wrong with a value, as the end of a sentence; null: nothing. */
  readonly problem?: (value: string) => string | null;
}

interface ChoiceRow extends RowBase {
  readonly kind: "choice";
  /** One of the choices, or null. */
  readonly default: string | null;
  readonly choices: readonly string[];
}

interface RulesRow extends RowBase {
  readonly kind: "rules";
  readonly default: readonly [];
  readonly maxItems: number;
}

/**
 * Shell commands that verify the work, or names of such (domain/verification/verify-command.ts). A
 * retry replaces them.
 */
interface CommandsRow extends RowBase {
  readonly kind: "commands";
  readonly default: readonly [];
  readonly maxItems: number;
}

/** Patterns of paths, as git reads them (`:(glob)`). A retry replaces them. */
interface PatternsRow extends RowBase {
  readonly kind: "patterns";
  readonly default: readonly [];
  readonly maxItems: number;
}

/** Hosts of the network, also `*.example.org` (domain/task/sandbox.ts). A retry replaces them. */
interface HostsRow extends RowBase {
  readonly kind: "hosts";
  readonly default: readonly [];
  readonly maxItems: number;
}

/** Names, e.g. of locks (domain/order/lanes.ts). A retry replaces them. */
interface NamesRow extends RowBase {
  readonly kind: "names";
  readonly default: readonly [];
  readonly maxItems: number;
}

/** Absolute, real paths of directories. */
interface DirectoriesRow extends RowBase {
  readonly kind: "directories";
  readonly default: readonly [];
  readonly maxItems: number;
}

/** An object in a form of Claude Code. It may hold secrets, so views show only the names in it. */
interface JsonRow extends RowBase {
  readonly kind: "json";
  readonly default: null;
  readonly isLong: true;
  readonly form: "settings" | "mcp";
}

/** A JSON Schema, which views show whole. */
interface SchemaRow extends RowBase {
  readonly kind: "schema";
  readonly default: null;
  readonly isLong: true;
}

/** Images: the task knows what they are, the store keeps their bytes apart. */
interface AttachmentsRow extends RowBase {
  readonly kind: "attachments";
  readonly default: readonly [];
  readonly maxItems: number;
}

interface IntegerRow extends RowBase {
  readonly kind: "integer";
  readonly default: number | null;
  readonly min: number;
  readonly max: number;
}

interface MoneyRow extends RowBase {
  readonly kind: "money";
  readonly default: null;
  /** US dollars. */
  readonly max: number;
}

interface DurationRow extends RowBase {
  readonly kind: "duration";
  readonly default: null;
  /** Milliseconds. */
  readonly min: number;
  readonly max: number;
}

interface SwitchRow extends RowBase {
  readonly kind: "switch";
  readonly default: false;
}

interface LabelsRow extends RowBase {
  readonly kind: "labels";
  readonly default: Readonly<Record<string, never>>;
}

export type OptionRow =
  | TextRow
  | ChoiceRow
  | RulesRow
  | CommandsRow
  | PatternsRow
  | HostsRow
  | NamesRow
  | DirectoriesRow
  | JsonRow
  | SchemaRow
  | IntegerRow
  | MoneyRow
  | DurationRow
  | SwitchRow
  | LabelsRow
  | AttachmentsRow;

/** The value of a row that has one. */
export type ValueOf<R> = R extends { kind: "choice"; choices: infer C extends readonly string[] }
  ? C[number]
  : R extends { kind: "text" }
    ? string
    : R extends { kind: "rules" | "commands" | "patterns" | "hosts" | "names" | "directories" }
      ? string[]
      : R extends { kind: "integer" | "money" | "duration" }
        ? number
        : R extends { kind: "switch" }
          ? boolean
          : R extends { kind: "labels" }
            ? Record<string, string>
            : R extends { kind: "json" | "schema" }
              ? Record<string, unknown>
              : R extends { kind: "attachments" }
                ? Attachment[]
                : never;

/** The value as a submit has it. */
export type GivenOf<R> = R extends { kind: "attachments" } ? GivenAttachment[] : ValueOf<R>;

/** The value as views show it. */
export type ShownOf<R> = R extends { kind: "json" } ? string[] : R extends { kind: "attachments" } ? ShownAttachment[] : ValueOf<R>;

/** What a task has for a row. */
export type HeldValue<R> =
  | Readonly<ValueOf<R>>
  | (R extends { setting: { always: true } } ? never : R extends { default: null } ? null : never);

/** `max_turns` → `maxTurns`. */
export type FieldOf<Name extends string> = Name extends `${infer First}_${infer Rest}` ? `${First}${Capitalize<FieldOf<Rest>>}` : Name;
