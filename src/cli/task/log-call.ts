/** One call of `logs`: the task, how to show it, and where to write. */
import type { TaskView, WorkerClient } from "../../client/index.ts";
import type { EventChoice } from "./event-choice.ts";
import type { Io } from "../terminal/io.ts";

export interface LogsOptions extends EventChoice {
  readonly all?: boolean;
  readonly json?: boolean;
  readonly follow?: boolean;
  readonly raw?: boolean;
  readonly lines?: number;
  /** UTC milliseconds. */
  readonly since?: number;
}

export interface LogCall {
  readonly client: WorkerClient;
  readonly io: Io;
  readonly task: TaskView;
  readonly options: LogsOptions;
  readonly signal: AbortSignal;
}
