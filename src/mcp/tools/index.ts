/** The tools, in the order of the list that clients see. */
import type { Tool } from "../tool.ts";
import type { TaskHandles } from "../task-handles.ts";
import { answerQuestion } from "./answer-question.ts";
import { cancelTask } from "./cancel-task.ts";
import { createTask } from "./create-task.ts";
import { createTasks } from "./create-tasks.ts";
import { editTask } from "./edit-task.ts";
import { getTask } from "./get-task.ts";
import { getTaskAttempts } from "./get-task-attempts.ts";
import { getTaskDiff } from "./get-task-diff.ts";
import { getTaskLogs } from "./get-task-logs.ts";
import { getTaskReview } from "./get-task-review.ts";
import { getUsage } from "./get-usage.ts";
import { listGroups } from "./list-groups.ts";
import { listQuestions } from "./list-questions.ts";
import { listSchedules } from "./list-schedules.ts";
import { listTasks } from "./list-tasks.ts";
import { moveTask } from "./move-task.ts";
import { listTemplates } from "./list-templates.ts";
import { runTemplate } from "./run-template.ts";
import { getWorkflow } from "./get-workflow.ts";
import { runWorkflow } from "./run-workflow.ts";
import { retryTask } from "./retry-task.ts";
import { sendMessage } from "./send-message.ts";
import { sendTaskReview } from "./send-task-review.ts";
import { waitForTasks } from "./wait-for-tasks.ts";

export function allTools(handles: Pick<TaskHandles, "handleOf">): Tool[] {
  return [
    createTask(handles),
    createTasks,
    getTask,
    listTasks,
    waitForTasks,
    getTaskLogs,
    getTaskAttempts,
    getTaskDiff,
    getTaskReview,
    cancelTask,
    retryTask,
    sendMessage,
    sendTaskReview,
    editTask,
    moveTask,
    listTemplates,
    runTemplate,
    runWorkflow,
    getWorkflow,
    listSchedules,
    listQuestions,
    answerQuestion,
    listGroups,
    getUsage,
  ];
}
