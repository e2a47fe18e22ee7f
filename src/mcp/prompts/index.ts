/** The prompts that a person may pick at a client. */
import type { McpServer } from "@modelcontextprotocol/server";
import type { WorkerApi } from "../../contract/api.ts";
import { registerDelegate } from "./delegate.ts";
import { registerReviewTask } from "./review-task.ts";

/** @param mayWrite without it a client cannot create tasks, so nothing to delegate with. */
export function registerPrompts(server: McpServer, api: WorkerApi, mayWrite: boolean): void {
  if (mayWrite) registerDelegate(server);
  registerReviewTask(server, api);
}
