/** Every operation of the API, in the order of its document. One file a noun. */
import type { OperationName } from "../endpoints.ts";
import { budgetOperations } from "./budgets.ts";
import { documentOperations } from "./document.ts";
import { eventOperations } from "./events.ts";
import { groupOperations } from "./groups.ts";
import { holdOperations } from "./holds.ts";
import { maintenanceOperations } from "./maintenance.ts";
import { messageOperations } from "./messages.ts";
import { notificationOperations } from "./notifications.ts";
import type { Operation } from "./operation.ts";
import { pullRequestOperations } from "./pull-requests.ts";
import { questionOperations } from "./questions.ts";
import { reviewOperations } from "./review.ts";
import { browserSessionOperations } from "./browser-sessions.ts";
import { scheduleOperations } from "./schedules.ts";
import { serverOperations } from "./server.ts";
import { submitOperations } from "./submit.ts";
import { taskOperations } from "./tasks.ts";
import { templateOperations } from "./templates.ts";
import { tokenOperations } from "./tokens.ts";
import { trustOperations } from "./trust.ts";
import { workflowOperations } from "./workflows.ts";
import { workspaceOperations } from "./workspaces.ts";

export const operations = {
  ...documentOperations,
  ...serverOperations,
  ...submitOperations,
  ...taskOperations,
  ...messageOperations,
  ...workspaceOperations,
  ...reviewOperations,
  ...pullRequestOperations,
  ...eventOperations,
  ...questionOperations,
  ...trustOperations,
  ...groupOperations,
  ...budgetOperations,
  ...templateOperations,
  ...workflowOperations,
  ...scheduleOperations,
  ...holdOperations,
  ...maintenanceOperations,
  ...tokenOperations,
  ...browserSessionOperations,
  ...notificationOperations,
} satisfies Readonly<Record<OperationName, Operation>>;
