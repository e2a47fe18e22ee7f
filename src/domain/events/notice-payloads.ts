/**
 * Defines the payloads of events of the type `notice`, by their `kind`. They report what is worth
 * knowing but is not a step of the agent.
 */
import { stopReasons } from "../attempt/stop-reason.ts";
import { setupCacheSteps } from "../workspace/setup.ts";
import { choice, count, flag, list, number, object, optional, orNull, text, time } from "./field.ts";
import type { DataOf, Field, Fields } from "./field.ts";
import { cut } from "./payload.ts";
import type { Payload } from "./payload.ts";

type NoticeFields<K extends string, F extends Fields> = { readonly kind: Field<K>; readonly text: Field<string> } & F & typeof cut;

/** A notice's payload: its kind, a text for people, and fields of its own. */
function kind<const K extends string, const F extends Fields>(
  name: K,
  meaning: string,
  fields: F,
  sample: Omit<DataOf<NoInfer<NoticeFields<K, F>>>, "kind">,
): Payload<NoticeFields<K, F>> {
  const all = { kind: choice([name], "What the notice is about."), text: text("A text for people."), ...fields, ...cut };
  return { meaning, fields: all, sample: { kind: name, ...sample } } as unknown as Payload<NoticeFields<K, F>>;
}

const hook = {
  hook: text("The hook's event and matcher, e.g. `PreToolUse:Bash`."),
  commands: list(text("The commands that it may be: Claude Code does not tell which of several.")),
};
const named = { count: count("How many there are."), names: list(text("The first ones by name.")) };
const word = orNull(text("Claude Code's word for the error."));

export const noticePayloads = {
  api_error: kind(
    "api_error",
    "The model's API, or Claude Code before it called it, reported an error.",
    { error: word, parent_tool_use_id: optional(text("The tool call that started the sub-agent whose call failed.")) },
    { text: "Invalid API key · Fix external API key", error: "authentication_failed" },
  ),
  auth_status: kind("auth_status", "Claude Code could not sign in.", {}, { text: "The sign-in has expired." }),
  background: kind(
    "background",
    "What runs in the background changed. The text is empty.",
    {
      tasks: list(
        object(
          {
            task_id: text("Claude Code's id of the work."),
            task_type: text("Claude Code's word, e.g. `local_bash` or `local_agent`."),
            description: text("What it is, in the agent's words."),
          },
          "Everything that runs in the background now, at most 100.",
        ),
      ),
    },
    { text: "", tasks: [{ task_id: "b1", task_type: "local_bash", description: "Start the server" }] },
  ),
  background_lost: kind("background_lost", "Background work died with an earlier attempt. The agent is asked to check it.", named, {
    text: "Died with an earlier attempt, at work in the background: Run the tests",
    count: 1,
    names: ["Run the tests"],
  }),
  call_restored: kind(
    "call_restored",
    "A call that waited for an answer when its attempt ended was put back into the session, and is decided again.",
    { tool_use_id: text("Names the tool call.") },
    { text: "The open call of Bash was put back into the session, where it is decided again.", tool_use_id: "toolu_02" },
  ),
  cold_start: kind(
    "cold_start",
    "A Claude Code that had been started before could not be used, and a new one was started.",
    {},
    { text: "The parked Claude Code has another model." },
  ),
  compacted: kind(
    "compacted",
    "Claude Code compacted the conversation.",
    {
      trigger: orNull(text("`auto` or `manual`.")),
      tokens_before: orNull(number("Tokens of the conversation before.")),
    },
    { text: "The conversation was compacted.", trigger: "auto", tokens_before: 155_000 },
  ),
  cut_background: kind("cut_background", "Background work was stopped, because the attempt is over.", named, {
    text: "Ended with the attempt, still at work in the background: Start the server",
    count: 1,
    names: ["Start the server"],
  }),
  directory_gone: kind("directory_gone", "The working directory was removed, moved or replaced by a link during the attempt.", named, {
    text: "The working directory /home/me/project does not exist.",
    count: 1,
    names: ["/home/me/project"],
  }),
  failed_mcp_server: kind(
    "failed_mcp_server",
    "MCP servers of the session did not start. The agent works without them.",
    {
      servers: list(
        object(
          { name: text("The server's name."), reason: orNull(text("Why it did not start, in Claude Code's words. Null: it did not say.")) },
          "The servers, at most 20.",
        ),
      ),
    },
    { text: "MCP server not started: github (ENOENT)", servers: [{ name: "github", reason: "ENOENT" }] },
  ),
  files_included: kind(
    "files_included",
    "Ignored files of the main checkout were copied into the task's worktree, as its `.worktreeinclude` says.",
    {
      files: count("How many were copied."),
      bytes: count("Their size."),
      took_ms: count("How long that took."),
      left_out: list(
        object(
          { path: text("The file."), why: text("Why, as the rest of a sentence.") },
          "The first files that were not copied, at most 20.",
        ),
      ),
      left_out_count: count("How many were not copied."),
    },
    {
      text: "2 ignored files were copied as .worktreeinclude says",
      files: 2,
      bytes: 312,
      took_ms: 4,
      left_out: [],
      left_out_count: 0,
    },
  ),
  hook_ended: kind(
    "hook_ended",
    "A hook that had run for some seconds ended, or a hook was cut at its own time limit.",
    { ...hook, took_ms: count("How long it ran."), timed_out: flag("Whether it was cut at its own time limit.") },
    {
      text: "hook PreToolUse:Bash (./check.sh) ended after 12 s",
      hook: "PreToolUse:Bash",
      commands: ["./check.sh"],
      took_ms: 12_000,
      timed_out: false,
    },
  ),
  hook_no_verdict: kind(
    "hook_no_verdict",
    "A hook gave no answer, so what it should have checked went unchecked.",
    {
      hook_event: orNull(text("The hook's event, e.g. `PreToolUse`.")),
      tool_use_id: orNull(text("The tool call that was not checked.")),
      timed_out: flag("Whether the hook ran out of time."),
    },
    { text: "PreToolUse hook gave no verdict.", hook_event: "PreToolUse", tool_use_id: "toolu_01", timed_out: true },
  ),
  hook_running: kind(
    "hook_running",
    "A hook has run for some seconds.",
    { ...hook, since: orNull(time("When it started.")) },
    {
      text: "hook PreToolUse:Bash (./check.sh) has run since 2026-11-22T13:14:13.098Z",
      hook: "PreToolUse:Bash",
      commands: ["./check.sh"],
      since: "2026-11-22T13:14:13.098Z",
    },
  ),
  informational: kind("informational", "Claude Code said something to people.", {}, { text: "The session continues from a summary." }),
  model_refusal_fallback: kind(
    "model_refusal_fallback",
    "The model refused, and Claude Code asks another one.",
    {},
    { text: "The model refused. Another model answers." },
  ),
  model_refusal_no_fallback: kind(
    "model_refusal_no_fallback",
    "The model refused, and there is no other one to ask.",
    {},
    { text: "The model refused." },
  ),
  no_checkpoint: kind(
    "no_checkpoint",
    "No snapshot of the task's files could be taken. The task itself is not concerned.",
    {},
    {
      text: "The disk is full: git update-index could not write. Free some space.",
    },
  ),
  no_sandbox: kind(
    "no_sandbox",
    "The machine has no sandbox, so the task's commands run without one (`--sandbox auto`).",
    {},
    { text: "The sandbox needs bwrap and socat. Install bubblewrap and socat with your system's package manager." },
  ),
  notification: kind("notification", "Claude Code notified people.", {}, { text: "The context is nearly full." }),
  setup_cache: kind(
    "setup_cache",
    "What a set-up made is kept for later worktrees, or was copied from there, so that the command did not run.",
    {
      what: choice(
        setupCacheSteps,
        "`used`: it was copied into the worktree. `stored`: it is kept. `not_used`, `not_stored`: neither, as the text says.",
      ),
      paths: list(text("The directories.")),
      took_ms: count("How long that took."),
    },
    { text: "node_modules was copied from an earlier set-up: npm ci is not run", what: "used", paths: ["node_modules"], took_ms: 310 },
  ),
  session_repaired: kind(
    "session_repaired",
    "The session lacked finished steps that the raw log has. They were put back.",
    {},
    { text: "2 messages of finished steps were put back into the session." },
  ),
  session_restarted: kind(
    "session_restarted",
    "The session could not be continued and was started from the beginning.",
    {},
    { text: "Claude Code does not know the session." },
  ),
  session_writes_lost: kind(
    "session_writes_lost",
    "Claude Code could not save its session.",
    { error: orNull(text("The system's word, e.g. `ENOSPC`.")) },
    { text: "Claude Code could not save its session (ENOSPC).", error: "ENOSPC" },
  ),
  settings_not_in_effect: kind(
    "settings_not_in_effect",
    "Claude Code's settings, or some of them, do not count.",
    {},
    { text: "Settings of /home/me/project/.claude/settings.json are not in effect." },
  ),
  stderr: kind("stderr", "Claude Code wrote to its standard error.", {}, { text: "(node:4711) Warning: …" }),
  stop_hook_blocked: kind(
    "stop_hook_blocked",
    "A Stop hook did not let the agent end its turn.",
    { said: orNull(text("What the hook said.")) },
    { text: "hook Stop did not let the turn end: The tests fail.", said: "The tests fail." },
  ),
  stop_hook_overridden: kind(
    "stop_hook_overridden",
    "Claude Code ended the turn although a Stop hook did not let it end.",
    {},
    { text: "Stop hook blocked 8 times in a row. The turn ends." },
  ),
  stop_requested: kind(
    "stop_requested",
    "The server asked the attempt to stop.",
    { reason: orNull(choice(stopReasons, "Why.")) },
    { text: "cancelled", reason: "cancelled" },
  ),
  task_notification: kind(
    "task_notification",
    "Work in the background ended.",
    {
      task_id: orNull(text("Claude Code's id of the work.")),
      status: orNull(text("Claude Code's word: `completed`, `failed` or `stopped`.")),
      tool_use_id: orNull(text("The tool call that started it.")),
    },
    { text: 'Background command "Run the tests" completed (exit code 0)', task_id: "b1", status: "completed", tool_use_id: "toolu_01" },
  ),
  uncommitted: kind("uncommitted", "The task changed files in a Git work tree and did not commit them.", named, {
    text: "1 file changed and not committed: app.py",
    count: 1,
    names: ["app.py"],
  }),
  waiting_background: kind(
    "waiting_background",
    "The turn has ended, and the attempt waits for work in the background.",
    {
      commands: list(text("The commands.")),
      agents: list(text("The sub-agents.")),
      until: orNull(time("How long it waits at most. Null: until the work has ended.")),
    },
    {
      text: "waits for 1 background command: sleep 300 (until 2026-11-28T21:32:05Z)",
      commands: ["sleep 300"],
      agents: [],
      until: "2026-11-28T21:32:05.000Z",
    },
  ),
};
