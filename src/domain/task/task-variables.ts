/**
 * The environment variables that are set for whatever runs inside a task, and nowhere else. They
 * are no settings, so they do not begin with `CLAUDE_WORKER_`: of those none reaches an agent.
 */
export const taskVariables = {
  /** The runner's id: by it the task's processes are found again. */
  runner: "WORKER_TASK_RUNNER",
  /** The data directory of the server that runs the task. */
  home: "WORKER_TASK_HOME",
  /** The token of this attempt alone. */
  token: "WORKER_TASK_TOKEN",
} as const;
