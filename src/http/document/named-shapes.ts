/** Names the shapes that the API's document refers to by a name. */
import type { z } from "zod";
import { holdInput } from "../../contract/operations/holds.ts";
import { stopInput } from "../../contract/operations/server.ts";
import { batchInput } from "../../contract/operations/submit.ts";
import { taskChange } from "../../contract/operations/tasks.ts";
import { tokenInput } from "../../contract/operations/tokens.ts";
import { trustInput } from "../../contract/operations/trust.ts";
import { retryInput } from "../../contract/retry-input.ts";
import { taskInput } from "../../contract/task-input.ts";
import { attemptView, attemptList } from "../../contract/views/attempt.ts";
import { configView } from "../../contract/views/config.ts";
import { eventPage } from "../../contract/views/event.ts";
import { holdView, holdList } from "../../contract/views/hold.ts";
import { problemView } from "../../contract/views/problem.ts";
import { serverView, healthView, readyView, probeView } from "../../contract/views/server.ts";
import { taskView, taskSummaryView, taskList, taskPage, waitingForView, modelUsageView } from "../../contract/views/task.ts";
import { tokenView, tokenList, newTokenView } from "../../contract/views/token.ts";
import { trustView } from "../../contract/views/trust.ts";
import { usageView } from "../../contract/views/usage.ts";
import { eventShapes } from "./document-events.ts";

/** Shapes that the document names; every other shape stands where it is used. */
export const namedShapes = new Map<z.ZodType, string>([
  ...eventShapes(),
  [taskInput, "TaskInput"],
  [retryInput, "RetryInput"],
  [taskChange, "TaskChange"],
  [batchInput, "BatchInput"],
  [tokenInput, "TokenInput"],
  [trustInput, "TrustInput"],
  [holdInput, "HoldInput"],
  [stopInput, "StopInput"],
  [taskView, "Task"],
  [taskSummaryView, "TaskSummary"],
  [taskList, "TaskList"],
  [taskPage, "TaskPage"],
  [waitingForView, "WaitingFor"],
  [modelUsageView, "ModelUsage"],
  [attemptView, "Attempt"],
  [attemptList, "AttemptList"],
  [eventPage, "EventPage"],
  [holdView, "Hold"],
  [holdList, "HoldList"],
  [serverView, "Server"],
  [healthView, "Health"],
  [readyView, "Ready"],
  [problemView, "Problem"],
  [trustView, "Trust"],
  [tokenView, "Token"],
  [tokenList, "TokenList"],
  [newTokenView, "NewToken"],
  [usageView, "Usage"],
  [configView, "Config"],
  [probeView, "Probe"],
]);
