/**
 * The public client library, `claude-worker/client`: talk to a server from TypeScript or
 * JavaScript.
 */
export { urlAddress } from "./address.ts";
export type { ServerAddress, UrlAddress } from "./address.ts";
export { ServerUnreachable } from "./server-unreachable.ts";
export { WorkerClient } from "./worker-client.ts";
export type { LogOptions } from "./worker-client.ts";
export type { CallOptions, ClientOperations } from "./operations.ts";
export type { ClientInput, ClientOperation, ClientOutput } from "../contract/client-input.ts";
export type { FeedOptions, FeedStep } from "./event-stream.ts";
export type { WaitOptions, WaitResult } from "./wait.ts";
export { WorkerError } from "../domain/errors.ts";
export type { TokenInput } from "../contract/operations/tokens.ts";
export type { RetryInput } from "../contract/retry-input.ts";
export type { TaskInput } from "../contract/task-input.ts";
export type { AttemptView } from "../contract/views/attempt.ts";
export type { EventPage, EventView } from "../contract/views/event.ts";
export type { HoldView } from "../contract/views/hold.ts";
export type { ProblemView } from "../contract/views/problem.ts";
export type { HealthView, ServerView } from "../contract/views/server.ts";
export type { ReviewCommentView, ReviewSentView, ReviewView } from "../contract/views/review.ts";
export type { TaskPage, TaskSummaryView, TaskView, WaitingForView } from "../contract/views/task.ts";
export type { NewTokenView, TokenView } from "../contract/views/token.ts";
export type { TrustView } from "../contract/views/trust.ts";
export type { UsageView } from "../contract/views/usage.ts";
