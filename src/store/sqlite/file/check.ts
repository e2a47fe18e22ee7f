/**
 * Finds damage: what SQLite knows of its pages and references, and what the tables must say of each
 * other. It mends nothing.
 */
import Database from "better-sqlite3";

/**
 * Sentences about what is wrong with the file's pages; empty when all is well. Takes 2 to 5 s a GB
 * when the file is cached.
 * @throws SqliteError what kept it from looking: that is no damage
 */
export function findDamagedPages(database: Database.Database, file: string): string[] {
  try {
    return damageIn(database.prepare<[], string>("PRAGMA quick_check(5)").pluck().all(), file);
  } catch (thrown) {
    return damageIn([damageMet(thrown)], file);
  }
}

/**
 * Sentences about everything that is wrong: pages, indexes, references, counters, numbering. Slower
 * than `findDamagedPages`.
 * @throws SqliteError what kept it from looking: that is no damage
 */
export function findFaults(database: Database.Database, file: string): string[] {
  try {
    const damage = damageIn(database.prepare<[], string>("PRAGMA integrity_check(20)").pluck().all(), file);
    return [...damage, ...findBrokenReferences(database, file), ...findBrokenRules(database)];
  } catch (thrown) {
    return damageIn([damageMet(thrown)], file);
  }
}

/** What SQLite calls the damage at which it gave up. */
function damageMet(thrown: unknown): string {
  if (thrown instanceof Database.SqliteError && thrown.code.startsWith("SQLITE_CORRUPT")) return thrown.message;
  throw thrown;
}

/** SQLite answers "ok", or rows of one or more lines under a heading in asterisks. */
function damageIn(rows: readonly string[], file: string): string[] {
  const lines = rows.flatMap((row) => row.split("\n")).filter((line) => line !== "ok" && line !== "" && !line.startsWith("***"));
  return lines.map((line) => `${file} is damaged: ${line}.`);
}

/** References between tables that lead nowhere. */
function findBrokenReferences(database: Database.Database, file: string): string[] {
  const rows = database.pragma("foreign_key_check") as { table: string; rowid: number; parent: string }[];
  return rows.slice(0, 20).map(({ table, rowid, parent }) => {
    return `${file}: row ${rowid} of ${table} refers to a row of ${parent} that does not exist.`;
  });
}

/** What triggers and guarded statements keep: each query selects one sentence per fault. */
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
  `SELECT 'Task ' || id || ' has lost its texts.' FROM tasks WHERE NOT EXISTS (SELECT 1 FROM task_texts WHERE task_id = id)`,
];
