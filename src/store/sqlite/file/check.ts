/**
 * Finds damage: in SQLite's pages and references, and contradictions between tables. It repairs
 * nothing.
 */
import Database from "better-sqlite3";

/**
 * Sentences about damaged pages of the file; empty when the pages are sound. Takes 2 to 5 s per GB
 * when the file is cached.
 * @throws SqliteError when the check itself could not run, which does not mean damage
 */
export function findDamagedPages(database: Database.Database, file: string): string[] {
  try {
    return damageIn(database.prepare<[], string>("PRAGMA quick_check(5)").pluck().all(), file);
  } catch (thrown) {
    return damageIn([damageMet(thrown)], file);
  }
}

/**
 * Sentences about all damage: pages, indexes, references, counters, numbering. Slower than
 * `findDamagedPages`.
 * @throws SqliteError when the check itself could not run, which does not mean damage
 */
export function findDamage(database: Database.Database, file: string): string[] {
  try {
    const damage = damageIn(database.prepare<[], string>("PRAGMA integrity_check(20)").pluck().all(), file);
    return [...damage, ...findBrokenReferences(database, file), ...findBrokenRules(database)];
  } catch (thrown) {
    return damageIn([damageMet(thrown)], file);
  }
}

/** The sentence for the damage at which SQLite stopped. */
function damageMet(thrown: unknown): string {
  if (thrown instanceof Database.SqliteError && thrown.code.startsWith("SQLITE_CORRUPT")) return thrown.message;
  throw thrown;
}

/** Parses SQLite's answer: "ok", or rows of one or more lines under a heading in asterisks. */
function damageIn(rows: readonly string[], file: string): string[] {
  const lines = rows.flatMap((row) => row.split("\n")).filter((line) => line !== "ok" && line !== "" && !line.startsWith("***"));
  return lines.map((line) => `${file} is damaged: ${line}.`);
}

/** Finds references to rows that do not exist. */
function findBrokenReferences(database: Database.Database, file: string): string[] {
  const rows = database.pragma("foreign_key_check") as { table: string; rowid: number; parent: string }[];
  return rows.slice(0, 20).map(({ table, rowid, parent }) => {
    return `${file}: row ${rowid} of ${table} refers to a row of ${parent} that does not exist.`;
  });
}

/**
 * Checks the rules that the store, its triggers and guarded statements keep. Each query selects one
 * sentence per broken rule.
 */
function findBrokenRules(database: Database.Database): string[] {
  return rules.flatMap((sql) => database.prepare<[], string>(`${sql} LIMIT 20`).pluck().all());
}

const rules = [
  `SELECT 'The counter of ' || status || ' says ' || count || ', but there are ' || actual || ' such tasks.'
   FROM (SELECT status, count, (SELECT count(*) FROM tasks WHERE tasks.status = status_counts.status) AS actual FROM status_counts)
   WHERE count <> actual`,
  `SELECT 'Task ' || tasks.id || ' says that attempt ' || ifnull(open_attempt_id, 'none') || ' is open, but it is ' || ifnull(attempts.id, 'none') || '.'
   FROM tasks LEFT JOIN attempts ON task_id = tasks.id AND attempts.ended_at IS NULL WHERE open_attempt_id IS NOT attempts.id`,
  `SELECT 'Task ' || task_id || ' has ' || count(*) || ' events numbered up to ' || max(seq) || ', but says ' || last_seq || '.'
   FROM events JOIN tasks ON tasks.id = task_id GROUP BY task_id HAVING count(*) <> last_seq OR max(seq) <> last_seq`,
  `SELECT 'Task ' || id || ' is not found by its labels.' FROM tasks WHERE labels <> '{}'
     AND (SELECT count(*) FROM json_each(labels) JOIN task_labels USING (key, value) WHERE task_id = tasks.id) <> (SELECT count(*) FROM json_each(labels))`,
  `SELECT 'Task ' || id || ' has lost its texts.' FROM tasks WHERE NOT EXISTS (SELECT 1 FROM task_texts WHERE task_id = id)`,
];
