/** What a prompt's expressions can name beside the tasks that it runs after. */

/** A value of JSON. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

export interface GivenValues {
  readonly inputs?: Readonly<Record<string, Json>>;
  readonly vars?: Readonly<Record<string, Json>>;
  readonly matrix?: Readonly<Record<string, Json>>;
  /** Whether an agent wrote the values of the matrix: then they are inserted as data. */
  readonly isMatrixData?: boolean;
  /** What `needs.NAME` stands for: the tasks by their names here. */
  readonly needs: Readonly<Record<string, number>>;
}

/** A prompt whose expressions are filled in when its task starts. */
export interface HeldPrompt {
  /** Nothing is filled in from this character on (UTF-16 code units); null: all of it counts. */
  readonly literalFrom: number | null;
  readonly given: GivenValues;
  /** The prompt that Claude gets; null: the task has not begun. */
  readonly rendered: string | null;
  /** Whether an agent's text in it has an `@`, which must name no file. */
  readonly hasMention: boolean;
}

/** What an expression can name of a task. */
export const taskFields = ["id", "status", "result", "structured_result", "error", "workspace"] as const;
/** What it can name of a task's workspace. */
export const workspaceFields = ["kind", "path", "branch", "base_commit"] as const;
/** Those of the fields that the task's agent wrote: they are inserted as data. */
export const agentFields: ReadonlySet<string> = new Set(["result", "structured_result", "error"]);
