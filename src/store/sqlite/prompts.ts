/** Stores what the expressions of a task's prompt can name, and the prompt as it was filled in. */
import type Database from "better-sqlite3";
import type { GivenValues, HeldPrompt } from "../../domain/prompts/given-values.ts";
import type { Writing } from "./group-commit.ts";

export interface PromptStore {
  /** Null: the prompt is taken as it is written. */
  get(taskId: number): HeldPrompt | null;
  /** Inside `write`. Sets what the prompt can name; it is not filled in yet. */
  put(taskId: number, prompt: Pick<HeldPrompt, "literalFrom" | "given">): void;
  /** Inside `write`. The prompt is taken as it is written from now on. */
  remove(taskId: number): void;
  /** Inside `write`. Keeps the prompt as it was filled in. */
  fillIn(taskId: number, prompt: { readonly rendered: string; readonly hasMention: boolean }): void;
  /** Inside `write`. Has the prompt filled in again when the task starts. */
  forget(taskId: number): void;
}

interface Row {
  readonly literalFrom: number | null;
  readonly given: string;
  readonly rendered: string | null;
  readonly hasMention: 0 | 1;
}

/** The prompts' rows on one connection. */
export function createPromptStore(database: Database.Database, writing: Writing): PromptStore {
  const select = database.prepare<[number], Row>(
    'SELECT literal_from AS "literalFrom", given, rendered, has_mention AS "hasMention" FROM filled_prompts WHERE task_id = ?',
  );
  const upsert = database.prepare(
    `INSERT INTO filled_prompts (task_id, literal_from, given) VALUES (?, ?, ?)
     ON CONFLICT (task_id) DO UPDATE SET literal_from = excluded.literal_from, given = excluded.given, rendered = NULL, has_mention = 0`,
  );
  const fill = database.prepare("UPDATE filled_prompts SET rendered = ?, has_mention = ? WHERE task_id = ?");
  const deleteOne = database.prepare("DELETE FROM filled_prompts WHERE task_id = ?");
  return {
    get: (taskId) => {
      const row = select.get(taskId);
      if (row === undefined) return null;
      return { ...row, given: JSON.parse(row.given) as GivenValues, hasMention: row.hasMention === 1 };
    },
    put: (taskId, { literalFrom, given }) => {
      writing.touch(taskId);
      upsert.run(taskId, literalFrom, JSON.stringify(given));
    },
    remove: (taskId) => {
      writing.touch(taskId);
      deleteOne.run(taskId);
    },
    fillIn: (taskId, { rendered, hasMention }) => {
      writing.touch(taskId);
      fill.run(rendered, hasMention ? 1 : 0, taskId);
    },
    forget: (taskId) => {
      writing.touch(taskId);
      fill.run(null, 0, taskId);
    },
  };
}
