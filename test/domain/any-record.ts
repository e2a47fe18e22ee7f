/** Arbitrary records: of the known shapes with anything in their fields, and of no shape at all. */
import * as fc from "fast-check";

const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.constantFrom("\x1b[31mred", "\x1b]8;;x\x07", "a\nb\r\nc", "\x9b2J", "\u202eevil", "\ud800", "__proto__", ""),
);
/** An object that `String()` throws at, as any JSON can hold one. */
const stringless = fc.constantFrom({ toString: "" }, [{ toString: "" }]);
const anything = fc.oneof(text, stringless, fc.jsonValue({ maxDepth: 3 }), fc.constant(undefined), fc.double());
const types = ["assistant", "user", "system", "result", "rate_limit_event", "auth_status", "worker", "stream_event"];
const subtypes = [
  "init",
  "api_retry",
  "permission_denied",
  "compact_boundary",
  "informational",
  "notification",
  "task_notification",
  "session_writes_lost",
  "model_refusal_fallback",
  "success",
  "error_max_turns",
  "started",
  "session",
  "cold_start",
  "session_restarted",
  "stop_requested",
  "swept",
  "stderr",
  "ended",
];
const block = fc.record(
  {
    type: fc.oneof(fc.constantFrom("text", "thinking", "tool_use", "tool_result"), anything),
    text: anything,
    thinking: anything,
    name: anything,
    id: anything,
    input: fc.oneof(fc.dictionary(fc.constantFrom("file_path", "command", "url", "todos", "__proto__"), anything), anything),
    content: fc.oneof(fc.array(fc.record({ type: anything, text: anything })), anything),
    is_error: fc.oneof(fc.boolean(), anything),
    tool_use_id: anything,
  },
  { requiredKeys: [] },
);
const fields = [
  "error",
  "cwd",
  "model",
  "permissionMode",
  "claude_code_version",
  "tools",
  "attempt",
  "max_retries",
  "retry_delay_ms",
  "error_status",
  "tool_name",
  "tool_input",
  "message",
  "decision_reason",
  "content",
  "summary",
  "is_error",
  "result",
  "errors",
  "terminal_reason",
  "api_error_status",
  "num_turns",
  "duration_ms",
  "total_cost_usd",
  "modelUsage",
  "permission_denials",
  "sessionId",
  "resume",
  "tool",
  "input",
  "reason",
  "processes",
  "thrown",
  "stopRequested",
  "parent_tool_use_id",
  "_at",
  "text",
  "status",
  "compact_metadata",
];
const shaped = fc
  .record({
    type: fc.constantFrom(...types),
    subtype: fc.constantFrom(...subtypes),
    rest: fc.dictionary(fc.constantFrom(...fields), anything),
    message: fc.oneof(fc.record({ model: anything, content: fc.oneof(fc.array(block), anything) }), anything),
    rate_limit_info: fc.oneof(
      fc.record({
        status: fc.oneof(fc.constantFrom("rejected", "allowed_warning"), anything),
        resetsAt: anything,
        rateLimitType: anything,
        utilization: anything,
      }),
      anything,
    ),
  })
  .map(({ rest, ...known }) => ({ ...known, ...rest }));

export const anyRecord: fc.Arbitrary<unknown> = fc.oneof({ weight: 4, arbitrary: shaped }, { weight: 1, arbitrary: fc.jsonValue() });
