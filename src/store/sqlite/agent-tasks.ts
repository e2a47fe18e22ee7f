/**
 * Stores which agent's client submitted a task, and which tree the task belongs to. The operations
 * decide what follows from it.
 */
import type Database from "better-sqlite3";
import type { TreeMember } from "../../domain/agents/agent-rights.ts";
import type { Writing } from "./group-commit.ts";

export interface AgentTask {
  readonly taskId: number;
  /** The client that the limits apply to. */
  readonly client: string;
  /** The task at the top of its tree. */
  readonly rootId: number;
}

/** What a tree of tasks has spent of the budget of the task at its top, US dollars. */
export interface TreeSpending {
  readonly rootId: number;
  readonly maxBudgetUsd: number;
  readonly rootUsd: number;
  /** By all tasks below the one at the top. */
  readonly belowUsd: number;
}

export interface AgentTaskStore {
  /** Inside `write`. Keeps an existing entry of the task. */
  insert(task: AgentTask): void;
  get(taskId: number): AgentTask | null;
  /** How many tasks of a client have not ended. */
  openOf(client: string): number;
  /** Those that are pending. */
  pendingOf(client: string): number[];
  /** The tasks below a root, not the root itself, and not `exceptId`. */
  below(rootId: number, exceptId?: number): TreeMember[];
  /** What the tree of this task has spent; null: the task at its top is gone, or has no budget. */
  tree(taskId: number): TreeSpending | null;
  /** What the tasks below this one have spent, US dollars; 0: it is not at the top of a tree. */
  belowUsd(taskId: number): number;
  /**
   * Filters pending tasks, in their order: keeps those whose client may run one more, and those
   * without a client.
   */
  withinLimit(taskIds: readonly number[], most: number): number[];
}

export function createAgentTaskStore(database: Database.Database, writing: Writing): AgentTaskStore {
  const insertOne = database.prepare(
    "INSERT INTO agent_tasks (task_id, client, root_id) VALUES (?, ?, ?) ON CONFLICT (task_id) DO NOTHING",
  );
  const selectOne = database.prepare<[number], AgentTask>(
    'SELECT task_id AS "taskId", client, root_id AS "rootId" FROM agent_tasks WHERE task_id = ?',
  );
  const countOpen = database.prepare<[string], number>("SELECT count(*) FROM agent_tasks WHERE client = ? AND open = 1").pluck();
  const countRunning = database
    .prepare<[string], number>(
      "SELECT count(*) FROM agent_tasks JOIN tasks ON tasks.id = task_id WHERE client = ? AND open = 1 AND tasks.status = 'running'",
    )
    .pluck();
  const selectPending = database
    .prepare<[string], number>(
      "SELECT task_id FROM agent_tasks JOIN tasks ON tasks.id = task_id WHERE client = ? AND open = 1 AND tasks.status = 'pending'",
    )
    .pluck();
  const selectBelow = database.prepare<
    [{ rootId: number; exceptId: number }],
    { costUsd: number | null; maxBudgetUsd: number | null; open: number }
  >(
    `SELECT cost_usd AS "costUsd", max_budget_usd AS "maxBudgetUsd", open
     FROM agent_tasks JOIN tasks ON tasks.id = task_id WHERE root_id = @rootId AND task_id <> @rootId AND task_id <> @exceptId`,
  );
  const selectRoot = database.prepare<[number], { maxBudgetUsd: number | null; rootUsd: number | null }>(
    'SELECT max_budget_usd AS "maxBudgetUsd", cost_usd AS "rootUsd" FROM tasks WHERE id = ?',
  );
  const sumBelow = database
    .prepare<{ rootId: number }, number>(
      `SELECT total(tasks.cost_usd) FROM agent_tasks INDEXED BY agent_tasks_by_root CROSS JOIN tasks ON tasks.id = agent_tasks.task_id
       WHERE root_id = @rootId AND task_id <> @rootId`,
    )
    .pluck();
  function tree(taskId: number): TreeSpending | null {
    const rootId = selectOne.get(taskId)?.rootId ?? taskId;
    const root = selectRoot.get(rootId);
    if (root === undefined || root.maxBudgetUsd === null) return null;
    return { rootId, maxBudgetUsd: root.maxBudgetUsd, rootUsd: root.rootUsd ?? 0, belowUsd: sumBelow.get({ rootId }) ?? 0 };
  }

  return {
    tree,
    belowUsd: (taskId) => ((selectOne.get(taskId)?.rootId ?? taskId) === taskId ? (sumBelow.get({ rootId: taskId }) ?? 0) : 0),
    insert: ({ taskId, client, rootId }) => {
      writing.mustBeInside();
      insertOne.run(taskId, client, rootId);
    },
    get: (taskId) => selectOne.get(taskId) ?? null,
    openOf: (client) => countOpen.get(client) ?? 0,
    pendingOf: (client) => selectPending.all(client),
    below: (rootId, exceptId = rootId) =>
      selectBelow.all({ rootId, exceptId }).map(({ open, ...member }) => ({ ...member, isOpen: open === 1 })),
    withinLimit: (taskIds, most) => {
      const running = new Map<string, number>();
      return taskIds.filter((id) => {
        const client = selectOne.get(id)?.client;
        if (client === undefined) return true;
        const now = running.get(client) ?? countRunning.get(client) ?? 0;
        if (now >= most) return false;
        running.set(client, now + 1);
        return true;
      });
    },
  };
}
