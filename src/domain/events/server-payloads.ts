/** The payloads of the events that the server writes: what it, or a caller, did to the task. */
import { applyWays } from "../workspace/apply.ts";
import { watchStates } from "../pull-requests/watch.ts";
import { outcomeKinds } from "../attempt/outcome.ts";
import { answerDecisions, questionKinds } from "../questions/question.ts";
import { terminalStatuses } from "../task/status.ts";
import { diffSides } from "../workspace/review-comment.ts";
import { iterationStates } from "../verification/loop.ts";
import { choice, count, flag, list, mark, number, object, optional, orNull, text, time } from "./field.ts";
import { actor, cut, payload } from "./payload.ts";

const attempt = count("Number of the attempt within the task.");
const outcome = choice(outcomeKinds, "How the attempt ended.");
const message = text("The same in a sentence.");
const messageNumber = count("Number of the message over all tasks.");

const start = {
  attempt,
  runner_id: text("Names the process that runs the attempt."),
  session_id: orNull(text("The session. Null: the `session` event names it.")),
  warm: flag("Whether a Claude Code was used that had been started before."),
};
const startSample = { attempt: 1, runner_id: "r1f3c", session_id: "be4791b5-be54-4a51-8a27-c49a09951a12", warm: false };

export const serverPayloads = {
  submitted: payload(
    "The task is stored.",
    {
      ...actor,
      forked_from: optional(count("The task whose conversation it begins with. Absent: none.")),
      forked_at: optional(count("The last turn of that task that it has. Absent: all that there were.")),
      schedule: optional(count("The schedule that submitted it. Absent: none did.")),
    },
    { by: "socket" },
  ),
  started: payload(
    "An attempt started with a new session.",
    {
      ...start,
      profile: optional(text("The profile that pays instead of the task's own, which a limit or the reserve holds. Absent: its own.")),
      profile_asked: optional(text("The profile that the task asked for then.")),
    },
    startSample,
  ),
  resumed: payload(
    "An attempt started that continues the session. A tool call that was cut off may run again.",
    { ...start, uncut: mark("There when nothing was cut off: the attempt before had finished, or waited for an answer.") },
    { ...startSample, attempt: 2 },
  ),
  iteration_ended: payload(
    "An iteration of a loop was verified.",
    {
      iteration: count("Number of the iteration within the task."),
      of: count("How many there are at most."),
      state: choice(
        iterationStates,
        "`passed`: every check passed. `unfinished`: `until` did not. `failed`: `until` passed, and another check did not.",
      ),
      score: orNull(number("Its score. Null: it has none.")),
      exit_code: orNull(count("Of the first check that did not pass, else of the last one. Null: it did not exit by itself.")),
      tree: orNull(text("The Git tree of its files. Null: unknown.")),
      checkpoint: orNull(count("The checkpoint with its files. Null: there is none.")),
      took_ms: count("How long it worked and was verified."),
    },
    { iteration: 2, of: 8, state: "unfinished", score: null, exit_code: 1, tree: null, checkpoint: null, took_ms: 61_000 },
  ),
  requeued: payload(
    "An attempt ended and another one follows.",
    {
      outcome,
      message,
      attempt,
      not_before: orNull(time("The next attempt does not start before. Null: as soon as there is room.")),
      reason: orNull(choice(["retry", "refused"], "Why it waits until then: it is tried again, or the API refused it.")),
    },
    {
      outcome: "overloaded",
      message: "The API is overloaded.",
      attempt: 1,
      not_before: "2026-11-22T13:15:00.000Z",
      reason: "retry",
    },
  ),
  parked: payload(
    "An attempt ended, and the task waits for an answer without a process.",
    { outcome, message, attempt },
    { outcome: "parked", message: "Waits for an answer, without a process.", attempt: 1 },
  ),
  question_asked: payload(
    "The task needs a person.",
    {
      question: count("Number of the question over all tasks."),
      kind: choice(questionKinds, "What is asked for."),
      tool: text("The tool whose call asks."),
      text: text("The question in one line. It holds words of the task's agent: data, not instructions."),
      tool_use_id: optional(text("Names the tool call.")),
      agent_id: optional(text("Claude Code's id of the sub-agent that asks. Absent: the main agent.")),
      deadline: optional(time("From then on the default answer counts. Absent: it waits for ever.")),
    },
    { question: 7, kind: "permission", tool: "Bash", text: "May it use Bash: git push?", tool_use_id: "toolu_02" },
  ),
  question_answered: payload(
    "A question has its answer, or the time for one is over.",
    {
      ...actor,
      question: count("Number of the question over all tasks."),
      decision: orNull(choice(answerDecisions, "The decision. Null: no answer came, and the task fails.")),
      by: text("Who answered: `socket` for the server's user, the name of a token or of a channel, `default` for the default answer."),
      text: text("The answer in one line."),
      rule: optional(text("The permission rule that was stored for the directory.")),
    },
    { question: 7, decision: "allow", by: "socket", text: "allowed" },
  ),
  message_queued: payload(
    "A caller said something to the task.",
    {
      ...actor,
      message: messageNumber,
      text: text("What was said. A long text is cut."),
      was: orNull(choice(terminalStatuses, "The task had ended so, and continues. Null: it had not ended.")),
      ...cut,
    },
    { by: "socket", message: 3, text: "Now write the tests too", was: "completed" },
  ),
  message_delivered: payload("Claude Code took a message.", { message: messageNumber }, { message: 3 }),
  message_done: payload("The turn that took a message has ended.", { message: messageNumber }, { message: 3 }),
  message_cancelled: payload(
    "A message was taken back before it was delivered, or its task was cancelled.",
    { message: messageNumber, by: optional(text("Who took it back. Absent: the task was cancelled.")) },
    { message: 3, by: "socket" },
  ),
  cancel_requested: payload("A caller asked to cancel the task.", actor, { by: "ci" }),
  retried: payload(
    "A caller asked to run an ended task again.",
    {
      ...actor,
      was: choice(terminalStatuses, "The task's status before."),
      resume: flag("Whether it continues the session. False: it begins with a new one."),
      changed: list(text("The options that changed.")),
    },
    { by: "socket", was: "failed", resume: false, changed: ["max_turns"] },
  ),
  revived: payload(
    "The task was skipped, and waits again: the task that it depends on runs again.",
    { task: count("The task that runs again.") },
    { task: 41 },
  ),
  edited: payload(
    "A caller changed the pending task.",
    { ...actor, changed: list(text("What changed: the prompt, or options.")) },
    { by: "socket", changed: ["prompt", "model"] },
  ),
  budget: payload(
    "What this task spent made a budget that it counts for nearly spent, or spent. Once for each budget and period.",
    {
      budget: text("Its name: `all:day`, `group:NAME:week`, `label:KEY=VALUE:month`."),
      level: choice(["near", "spent"], "`near`: four fifths of it are spent. `spent`: nothing of it starts until it opens."),
      spent_usd: number("What was spent in the period, US dollars."),
      limit_usd: number("The budget, US dollars."),
      hard: flag("Whether it also interrupts what runs."),
      ends_at: time("When the next period begins, and the budget opens."),
    },
    {
      budget: "group:nightly:day",
      level: "near",
      spent_usd: 16.2,
      limit_usd: 20,
      hard: false,
      ends_at: "2026-11-23T23:00:00.000Z",
    },
  ),
  moved: payload(
    "A caller moved the pending task in the queue.",
    { ...actor, to: text("Where to: `front`, `back`, or `before:41`.") },
    { by: "socket", to: "front" },
  ),
  stashed: payload("A caller put the pending task aside.", actor, { by: "socket" }),
  enqueued: payload("A caller put the task back into the queue.", actor, { by: "socket" }),
  rewound: payload(
    "A caller put the conversation of an ended task back to a turn. The next attempt continues from there.",
    {
      ...actor,
      turn: count("The last turn of the conversation from now on."),
      was_turn: count("The last turn of the conversation before."),
      session_id: text("The session from now on: it begins with a copy."),
      left_session_id: text("The session before, which is kept."),
      from_session_id: text("The session that is copied."),
    },
    {
      by: "socket",
      turn: 3,
      was_turn: 7,
      session_id: "0b0f4f9e-7a0b-4d43-8d0c-2f5ad3d2c1aa",
      left_session_id: "be4791b5-be54-4a51-8a27-c49a09951a12",
      from_session_id: "be4791b5-be54-4a51-8a27-c49a09951a12",
    },
  ),
  applied: payload(
    "A caller applied the task's work to the checkout.",
    {
      ...actor,
      way: choice(applyWays, "How."),
      branch: text("The branch of the checkout."),
      onto: text("The branch's commit before."),
      commit: orNull(text("The branch's commit after. Null: nothing was committed.")),
    },
    {
      by: "socket",
      way: "squash",
      branch: "main",
      onto: "1f9a3a1c9e0b5d7c2f4e6a8b0d1c3e5f7a9b2d4c",
      commit: "7b2d4c1f9a3a1c9e0b5d7c2f4e6a8b0d1c3e5f7a",
    },
  ),
  pull_request_watched: payload(
    "What is new at the task's pull request comes back to it as messages from now on, or not any more.",
    {
      state: choice(watchStates, "`on`: it is watched. Any other: it is not watched any more, and why."),
      number: count("The number of the pull request."),
      url: text("Its address."),
      by: optional(text("Who asked for it: `socket` for the server's user, else the name of a token. Absent: it ended by itself.")),
      reason: optional(text("More about why, as a sentence.")),
    },
    { state: "on", number: 7, url: "https://github.com/octo/hello/pull/7", by: "socket" },
  ),
  files_put_back: payload(
    "A caller put files of the ended task back to one of its checkpoints.",
    {
      ...actor,
      checkpoint: count("The checkpoint whose files are there now."),
      before: count("The checkpoint with the files as they were before."),
      changed_files: count("How many files were written or removed."),
    },
    { by: "socket", checkpoint: 3, before: 9, changed_files: 2 },
  ),
  comment_added: payload(
    "A caller commented on lines of what the task changed. The task hears of it when the comments are sent.",
    {
      ...actor,
      comment: count("Number of the comment over all tasks."),
      path: text("The file."),
      side: choice(diffSides, "`new`: lines of the file as the task left it. `old`: of the file before the task."),
      start_line: count("The first line."),
      line: count("The last line."),
      text: text("What was written. A long text is cut."),
      ...cut,
    },
    { by: "socket", comment: 3, path: "src/a.ts", side: "new", start_line: 12, line: 14, text: "Use the helper" },
  ),
  comment_handled: payload(
    "A comment needs nothing any more: the task has completed since it was sent, or a caller said so.",
    { comment: count("Number of the comment over all tasks."), by: optional(text("Who said so. Absent: the task has completed.")) },
    { comment: 3 },
  ),
  ended: payload(
    "The task ended.",
    {
      status: choice(terminalStatuses, "The task's status now."),
      outcome: choice(
        [
          ...outcomeKinds,
          "dependency_failed",
          "missing_value",
          "profile_unusable",
          "workflow_stopped",
          "condition_false",
          "rejected",
          "step_failed",
        ],
        "How its last attempt ended. `dependency_failed`: it is skipped, because a task that it depends on ended in another way; or it stands for tasks of a workflow, and one of them failed. `missing_value`: a value that its prompt names is missing, so it did not start. `profile_unusable`: its profile is gone, or cannot be used, so it did not start. Of workflows: `workflow_stopped`, because a task failed; `condition_false`, because its `if` does not hold; `rejected`, a person said no; `step_failed`, a step without Claude failed.",
      ),
      message,
      attempt: optional(attempt),
    },
    { status: "completed", outcome: "succeeded", message: "Claude finished.", attempt: 1 },
  ),
  swept: payload(
    "Processes that the attempt had left were ended.",
    {
      processes: list(
        object(
          {
            pid: count("The process's id."),
            command: text("Its command line."),
            signal: choice(["SIGTERM", "SIGKILL"], "The signal that ended it."),
          },
          "The processes.",
        ),
      ),
      by: optional(choice(["server"], "There when the server ended them, because the runner had died.")),
      ...cut,
    },
    { processes: [{ pid: 4711, command: "sleep 1000", signal: "SIGTERM" }] },
  ),
};
