/**
 * Where each operation of the API is. Plain data without zod: the command line loads it, and zod
 * would cost it 50 ms. `operations/` says the rest about each: who may call it, what it takes, what
 * it answers.
 */
export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export interface Endpoint {
  readonly method: Method;
  /**
   * With `{name}` for each field of the input that stands in the path. Of the rest, GET sends a
   * query and others a body.
   */
  readonly path: string;
  /**
   * The same request again has no further effect and the same answer: a client asks again when the
   * connection was cut.
   */
  readonly repeatable: boolean;
  /** How long the server may work before its first byte. Absent: the client's own limit. */
  readonly silenceMs?: number;
}

const read = { method: "GET", repeatable: true } as const;

/** Work on the whole database may take this long. */
const longWorkMs = 3_600_000;
/** The server itself ends a probe after a minute. */
const probeMs = 90_000;
/** A receiver has 15 s for its answer to a test. */
const testMs = 40_000;
/** Git in a large repository. */
const gitMs = 180_000;
/** The program `gh`, which asks GitHub. */
const ghMs = 90_000;
/** Git that writes many files. */
const longGitMs = 1_800_000;
/** A healthy server answers at once. */
const healthMs = 5000;

export const endpoints = {
  openapi: { ...read, path: "/openapi.json" },
  docs: { ...read, path: "/docs" },
  docsStyle: { ...read, path: "/docs/style.css" },

  health: { ...read, path: "/health", silenceMs: healthMs },
  ready: { ...read, path: "/health/ready" },
  metrics: { ...read, path: "/metrics" },
  usage: { ...read, path: "/api/v1/usage" },
  config: { ...read, path: "/api/v1/config" },
  server: { ...read, path: "/api/v1/server" },
  probeServer: { method: "POST", path: "/api/v1/server/probe", repeatable: false, silenceMs: probeMs },
  stopServer: { method: "POST", path: "/api/v1/server/stop", repeatable: false },

  submitTask: { method: "POST", path: "/api/v1/tasks", repeatable: false },
  submitMachineTask: { method: "POST", path: "/api/v1/mcp/tasks", repeatable: false },
  submitTasks: { method: "POST", path: "/api/v1/tasks/batch", repeatable: false },
  listTasks: { ...read, path: "/api/v1/tasks" },
  getTask: { ...read, path: "/api/v1/tasks/{id}" },
  listAttempts: { ...read, path: "/api/v1/tasks/{id}/attempts" },
  updateTask: { method: "PATCH", path: "/api/v1/tasks/{id}", repeatable: true },
  moveTask: { method: "POST", path: "/api/v1/tasks/{id}/move", repeatable: true },
  removeTask: { method: "DELETE", path: "/api/v1/tasks/{id}", repeatable: false },
  cancelTask: { method: "POST", path: "/api/v1/tasks/{id}/cancel", repeatable: false },
  forkTask: { method: "POST", path: "/api/v1/tasks/{id}/fork", repeatable: false },
  rewindTask: { method: "POST", path: "/api/v1/tasks/{id}/rewind", repeatable: false, silenceMs: longGitMs },
  stashTask: { method: "POST", path: "/api/v1/tasks/{id}/stash", repeatable: true },
  enqueueTask: { method: "POST", path: "/api/v1/tasks/{id}/enqueue", repeatable: true },
  retryTask: { method: "POST", path: "/api/v1/tasks/{id}/retry", repeatable: false },

  listMessages: { ...read, path: "/api/v1/tasks/{id}/messages" },
  sendMessage: { method: "POST", path: "/api/v1/tasks/{id}/messages", repeatable: false },
  unsendMessage: { method: "DELETE", path: "/api/v1/tasks/{id}/messages/{message}", repeatable: false },

  listCheckpoints: { ...read, path: "/api/v1/tasks/{id}/checkpoints" },
  taskDiff: { ...read, path: "/api/v1/tasks/{id}/diff", silenceMs: gitMs },
  getReview: { ...read, path: "/api/v1/tasks/{id}/review", silenceMs: gitMs },
  addReviewComments: { method: "POST", path: "/api/v1/tasks/{id}/review/comments", repeatable: false, silenceMs: gitMs },
  changeReviewComment: { method: "PATCH", path: "/api/v1/tasks/{id}/review/comments/{comment}", repeatable: true, silenceMs: gitMs },
  removeReviewComment: { method: "DELETE", path: "/api/v1/tasks/{id}/review/comments/{comment}", repeatable: false },
  sendReview: { method: "POST", path: "/api/v1/tasks/{id}/review/send", repeatable: false, silenceMs: gitMs },
  listWorkspaces: { ...read, path: "/api/v1/workspaces" },
  cleanWorkspaces: { method: "POST", path: "/api/v1/workspaces/clean", repeatable: false, silenceMs: longGitMs },
  restoreWorkspace: { method: "POST", path: "/api/v1/workspaces/{id}/restore", repeatable: false, silenceMs: longGitMs },
  snapshotFile: { ...read, path: "/api/v1/tasks/{id}/files", silenceMs: gitMs },
  restoreFiles: { method: "POST", path: "/api/v1/tasks/{id}/restore", repeatable: false, silenceMs: longGitMs },
  applyTask: { method: "POST", path: "/api/v1/tasks/{id}/apply", repeatable: false, silenceMs: longGitMs },
  landTasks: { method: "POST", path: "/api/v1/workspaces/land", repeatable: false, silenceMs: longWorkMs },
  listLandings: { ...read, path: "/api/v1/workspaces/landings" },
  undoTask: { method: "POST", path: "/api/v1/tasks/{id}/undo", repeatable: false, silenceMs: longGitMs },

  listPullRequestWatches: { ...read, path: "/api/v1/pull-request-watches" },
  watchPullRequest: { method: "PUT", path: "/api/v1/tasks/{id}/pull-request-watch", repeatable: true, silenceMs: ghMs },
  unwatchPullRequest: { method: "DELETE", path: "/api/v1/tasks/{id}/pull-request-watch", repeatable: true },

  taskEvents: { ...read, path: "/api/v1/tasks/{id}/events" },
  allEvents: { ...read, path: "/api/v1/events" },
  getLog: { ...read, path: "/api/v1/tasks/{id}/logs" },

  listQuestions: { ...read, path: "/api/v1/questions" },
  getQuestion: { ...read, path: "/api/v1/questions/{id}" },
  answerQuestion: { method: "POST", path: "/api/v1/questions/{id}/answer", repeatable: false },
  listGroups: { ...read, path: "/api/v1/groups" },
  getGroup: { ...read, path: "/api/v1/groups/{name}" },
  setGroup: { method: "PATCH", path: "/api/v1/groups/{name}", repeatable: true },
  removeGroup: { method: "DELETE", path: "/api/v1/groups/{name}", repeatable: false },
  listBudgets: { ...read, path: "/api/v1/budgets" },
  setBudget: { method: "PUT", path: "/api/v1/budgets/{scope}/{period}", repeatable: true },
  removeBudget: { method: "DELETE", path: "/api/v1/budgets/{scope}/{period}", repeatable: false },
  listTemplates: { ...read, path: "/api/v1/templates" },
  addTemplate: { method: "POST", path: "/api/v1/templates", repeatable: false },
  getTemplate: { ...read, path: "/api/v1/templates/{template}" },
  updateTemplate: { method: "PATCH", path: "/api/v1/templates/{template}", repeatable: true },
  removeTemplate: { method: "DELETE", path: "/api/v1/templates/{template}", repeatable: false },
  runTemplate: { method: "POST", path: "/api/v1/templates/{template}/run", repeatable: false },
  listWorkflows: { ...read, path: "/api/v1/workflows" },
  runWorkflow: { method: "POST", path: "/api/v1/workflows", repeatable: false, silenceMs: longGitMs },
  validateWorkflow: { method: "POST", path: "/api/v1/workflows/validate", repeatable: true },
  getWorkflow: { ...read, path: "/api/v1/workflows/{workflow}" },
  cancelWorkflow: { method: "POST", path: "/api/v1/workflows/{workflow}/cancel", repeatable: false },
  retryWorkflow: { method: "POST", path: "/api/v1/workflows/{workflow}/retry", repeatable: false },
  removeWorkflow: { method: "DELETE", path: "/api/v1/workflows/{workflow}", repeatable: false, silenceMs: longGitMs },

  listSchedules: { ...read, path: "/api/v1/schedules" },
  addSchedule: { method: "POST", path: "/api/v1/schedules", repeatable: false, silenceMs: gitMs },
  getSchedule: { ...read, path: "/api/v1/schedules/{schedule}" },
  updateSchedule: { method: "PATCH", path: "/api/v1/schedules/{schedule}", repeatable: true, silenceMs: gitMs },
  removeSchedule: { method: "DELETE", path: "/api/v1/schedules/{schedule}", repeatable: false },
  runSchedule: { method: "POST", path: "/api/v1/schedules/{schedule}/run", repeatable: false, silenceMs: gitMs },
  listScheduleRuns: { ...read, path: "/api/v1/schedules/{schedule}/runs" },
  nextScheduleRuns: { ...read, path: "/api/v1/schedules/{schedule}/next" },

  listRules: { ...read, path: "/api/v1/rules" },
  removeRule: { method: "DELETE", path: "/api/v1/rules/{id}", repeatable: false },

  listTrust: { ...read, path: "/api/v1/trust" },
  addTrust: { method: "POST", path: "/api/v1/trust", repeatable: true },
  removeTrust: { method: "DELETE", path: "/api/v1/trust", repeatable: false },

  listHolds: { ...read, path: "/api/v1/holds" },
  hold: { method: "POST", path: "/api/v1/holds", repeatable: true },
  resume: { method: "DELETE", path: "/api/v1/holds", repeatable: true },

  backup: { method: "POST", path: "/api/v1/backup", repeatable: false, silenceMs: longWorkMs },
  checkDatabase: { method: "POST", path: "/api/v1/check", repeatable: true, silenceMs: longWorkMs },
  prune: { method: "POST", path: "/api/v1/prune", repeatable: false, silenceMs: longWorkMs },

  listTokens: { ...read, path: "/api/v1/tokens" },
  createToken: { method: "POST", path: "/api/v1/tokens", repeatable: false },
  removeToken: { method: "DELETE", path: "/api/v1/tokens/{id}", repeatable: false },

  createLoginCode: { method: "POST", path: "/api/v1/login-codes", repeatable: false },
  listSessions: { ...read, path: "/api/v1/sessions" },
  createSession: { method: "POST", path: "/api/v1/sessions", repeatable: false },
  removeOtherSessions: { method: "DELETE", path: "/api/v1/sessions", repeatable: true },
  removeSession: { method: "DELETE", path: "/api/v1/sessions/{id}", repeatable: false },

  listChannels: { ...read, path: "/api/v1/notifications/channels" },
  addChannel: { method: "POST", path: "/api/v1/notifications/channels", repeatable: false },
  getChannel: { ...read, path: "/api/v1/notifications/channels/{id}" },
  updateChannel: { method: "PATCH", path: "/api/v1/notifications/channels/{id}", repeatable: true },
  removeChannel: { method: "DELETE", path: "/api/v1/notifications/channels/{id}", repeatable: false },
  testChannel: { method: "POST", path: "/api/v1/notifications/channels/{id}/test", repeatable: false, silenceMs: testMs },
  listDeliveries: { ...read, path: "/api/v1/notifications/deliveries" },
  replayDelivery: { method: "POST", path: "/api/v1/notifications/deliveries/{id}/replay", repeatable: false },
} as const satisfies Readonly<Record<string, Endpoint>>;

/**
 * The stable name of an operation: in the code, in the document of the API and in the server's
 * numbers.
 */
export type OperationName = keyof typeof endpoints;
