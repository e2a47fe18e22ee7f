/** Stores templates. */
import type Database from "better-sqlite3";
import type { Template } from "../../domain/templates/template.ts";
import type { Writing } from "./group-commit.ts";

export interface TemplateStore {
  /** By name. */
  list(): Template[];
  get(name: string): Template | null;
  count(): number;
  /** Inside `write`. Adds one, or replaces the one with its name. */
  put(template: Template): void;
  /** Inside `write`. Returns whether there was one. Tasks that were made of it stay. */
  remove(name: string): boolean;
}

interface Row extends Omit<Template, "defaults" | "options"> {
  readonly defaults: string;
  readonly options: string;
}

/** The templates' rows on one connection. */
export function createTemplateStore(database: Database.Database, writing: Writing): TemplateStore {
  const columns = 'name, prompt, defaults, options, created_at AS "createdAt", updated_at AS "updatedAt"';
  const selectAll = database.prepare<[], Row>(`SELECT ${columns} FROM templates ORDER BY name`);
  const selectOne = database.prepare<[string], Row>(`SELECT ${columns} FROM templates WHERE name = ?`);
  const selectCount = database.prepare<[], number>("SELECT count(*) FROM templates").pluck();
  const upsert = database.prepare<Row>(
    `INSERT INTO templates (name, prompt, defaults, options, created_at, updated_at) VALUES (@name, @prompt, @defaults, @options, @createdAt, @updatedAt)
     ON CONFLICT (name) DO UPDATE SET prompt = excluded.prompt, defaults = excluded.defaults, options = excluded.options, updated_at = excluded.updated_at`,
  );
  const deleteOne = database.prepare<[string]>("DELETE FROM templates WHERE name = ?");
  return {
    list: () => selectAll.all().map(read),
    get: (name) => {
      const row = selectOne.get(name);
      return row === undefined ? null : read(row);
    },
    count: () => selectCount.get() ?? 0,
    put: (template) => {
      writing.mustBeInside();
      upsert.run({ ...template, defaults: JSON.stringify(template.defaults), options: JSON.stringify(template.options) });
    },
    remove: (name) => {
      writing.mustBeInside();
      return deleteOne.run(name).changes > 0;
    },
  };
}

function read(row: Row): Template {
  return {
    ...row,
    defaults: JSON.parse(row.defaults) as Template["defaults"],
    options: JSON.parse(row.options) as Template["options"],
  };
}
