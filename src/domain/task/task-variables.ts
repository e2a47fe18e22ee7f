/**
 * Names the environment variables that are set only for processes inside a task. They are different
 * from settings, so their names do not begin with `CLAUDE_WORKER_`; variables with that prefix
 * never reach an agent.
 */
export const taskVariables = {
  /** The runner's id. It marks the task's processes, so that they can be found. */
  runner: "WORKER_TASK_RUNNER",
  /** The data directory of the server that runs the task. */
  home: "WORKER_TASK_HOME",
  /** The token of this attempt alone. */
  token: "WORKER_TASK_TOKEN",
} as const;
