/**
 * What a scripted model plays: moves by a part of the user's message, and the rule which of them is
 * next. It serves nothing.
 */

/** One tool that the model asks for. */
export interface ToolMove {
  readonly tool: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** What comes with an answer, beside its body: there the API tells of usage limits. */
type AnswerHeaders = Readonly<Record<string, string>>;

/**
 * One answer of the model. An error (kind `fault`) stands before the move that it delays, and is
 * played `times` times (default: always).
 */
export type Move =
  | {
      readonly kind: "text";
      readonly text: string;
      readonly delayMs?: number;
      readonly headers?: AnswerHeaders;
      /** The API's stop reason; left out: `end_turn`. */
      readonly stop?: string;
      /** What the model thinks before it says the text. */
      readonly thinking?: string;
    }
  | {
      readonly kind: "tools";
      readonly tools: readonly ToolMove[];
      readonly text?: string;
      readonly delayMs?: number;
      readonly headers?: AnswerHeaders;
    }
  | {
      readonly kind: "fault";
      /**
       * HTTP status, or a connection that breaks before a byte came (`disconnect`) or in the middle
       * of the answer (`cut`).
       */
      readonly status: number | "disconnect" | "cut";
      readonly type: string;
      readonly message: string;
      readonly headers?: AnswerHeaders;
      readonly times?: number;
    };

/** Finds the next move in a conversation by itself. */
export type Player = (messages: readonly ApiMessage[]) => Move;

/**
 * Moves by a part of the user's message, or what finds them. The newest user message that holds a
 * key decides.
 */
export type Script = Readonly<Record<string, readonly Move[] | Player>>;

/** Moves, as short as they can be written. */
export const step = {
  text: (text: string, delayMs = 0): Move => ({ kind: "text", text, delayMs }),
  /** A text that the API cut: `max_tokens`, `model_context_window_exceeded`. */
  cutText: (text: string, stop: string): Move => ({ kind: "text", text, stop }),
  thinkAndSay: (thinking: string, text: string): Move => ({ kind: "text", text, thinking }),
  tool: (tool: string, input: Record<string, unknown>, delayMs = 0): Move => ({
    kind: "tools",
    tools: [{ tool, input }],
    delayMs,
  }),
  tools: (tools: readonly ToolMove[], delayMs = 0): Move => ({ kind: "tools", tools, delayMs }),
  bash(command: string, delayMs = 0): Move {
    // The call would fail at once, or not, by what the machine does meanwhile.
    if (Number(/^\s*sleep\s+(\d+)/.exec(command)?.[1] ?? 0) > 2) throw new Error(`Claude Code refuses to run "${command}": it only waits`);
    return step.tool("Bash", { command, description: command.slice(0, 40) }, delayMs);
  },
  write: (file: string, content: string, delayMs = 0): Move => step.tool("Write", { file_path: file, content }, delayMs),
  edit: (file: string, before: string, after: string, delayMs = 0): Move =>
    step.tool("Edit", { file_path: file, old_string: before, new_string: after }, delayMs),
  read: (file: string, delayMs = 0): Move => step.tool("Read", { file_path: file }, delayMs),
  /**
   * The move, answered to a subscription (`model.subscriptionEnv`) that has used this share (0 to
   * 1) of its five hours. `resetsAt` in UTC ms. Claude Code warns because of the threshold: it
   * takes a status `allowed_warning` by itself for `allowed`.
   */
  nearLimit: (move: Move, used: number, resetsAt: number): Move => {
    const reset = String(Math.floor(resetsAt / 1000));
    const headers = {
      "anthropic-ratelimit-unified-status": "allowed_warning",
      "anthropic-ratelimit-unified-reset": reset,
      "anthropic-ratelimit-unified-representative-claim": "five_hour",
      "anthropic-ratelimit-unified-5h-utilization": String(used),
      "anthropic-ratelimit-unified-5h-reset": reset,
      "anthropic-ratelimit-unified-5h-surpassed-threshold": "0.9",
    };
    return { ...move, headers };
  },
};

/**
 * Headers by which the API tells a subscription how far it is used. Shares 0 to 1; `resetsAt` in
 * UTC ms.
 */
export function limitHeaders(
  used: { fiveHour: number; sevenDay: number },
  resetsAt: number,
  overage: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const reset = String(Math.floor(resetsAt / 1000));
  const headers = {
    status: "allowed",
    reset,
    "representative-claim": "five_hour",
    "5h-utilization": String(used.fiveHour),
    "5h-reset": reset,
    "7d-utilization": String(used.sevenDay),
    "7d-reset": reset,
    ...overage,
  };
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [`anthropic-ratelimit-unified-${name}`, value]));
}

/** What can go wrong at the model's side. `times` is how many requests it hits; left out: all. */
export const fault = {
  unauthorized: (): Move => faultOf(401, "authentication_error", "invalid x-api-key"),
  forbidden: (): Move => faultOf(403, "permission_error", "Your account does not have access"),
  /** The model's API has too many requests: what an API key sees. */
  rateLimited: (times?: number): Move =>
    faultOf(429, "rate_limit_error", "This request would exceed your rate limit", times, { "retry-after": "1" }),
  /**
   * A subscription's usage limit: needs CLAUDE_CODE_OAUTH_TOKEN instead of an API key
   * (`model.subscriptionEnv`). `resetsAt` in UTC ms.
   */
  usageLimit: (resetsAt: number, limit = "five_hour"): Move =>
    faultOf(429, "rate_limit_error", "This request would exceed your account's rate limit", undefined, {
      "anthropic-ratelimit-unified-status": "rejected",
      "anthropic-ratelimit-unified-reset": String(Math.floor(resetsAt / 1000)),
      "anthropic-ratelimit-unified-representative-claim": limit,
    }),
  unknownModel: (model: string): Move => faultOf(404, "not_found_error", `model: ${model}`),
  serverError: (times?: number): Move => faultOf(500, "api_error", "Internal server error", times),
  overloaded: (times?: number): Move => faultOf(529, "overloaded_error", "Overloaded", times),
  badRequest: (message: string): Move => faultOf(400, "invalid_request_error", message),
  /** The connection is closed before an answer. */
  disconnect: (times?: number): Move => faultOf("disconnect", "", "", times),
  /** The connection is closed in the middle of an answer. */
  cut: (times?: number): Move => faultOf("cut", "", "", times),
};

function faultOf(
  status: number | "disconnect" | "cut",
  type: string,
  message: string,
  times?: number,
  headers: Record<string, string> = {},
): Move {
  return { kind: "fault", status, type, message, headers, ...(times === undefined ? {} : { times }) };
}

/** A message of the Messages API, as far as a script looks at it. */
export interface ApiMessage {
  readonly role: string;
  readonly content: string | readonly ApiBlock[];
}
interface ApiBlock {
  readonly type: string;
  readonly text?: string;
  readonly tool_use_id?: string;
  readonly content?: unknown;
}

/**
 * The moves that the conversation asks for, and how many of them it has behind it. null: no key of
 * the script is in it.
 */
export function placeIn(
  script: Script,
  messages: readonly ApiMessage[],
): { readonly key: string; readonly moves: readonly Move[]; readonly done: number } | null {
  for (let at = messages.length - 1; at >= 0; at -= 1) {
    const message = messages[at];
    if (message?.role !== "user") continue;
    const text = textOf(message.content);
    const key = Object.keys(script).find((part) => text.includes(part));
    if (key === undefined) continue;
    const moves = script[key] ?? [];
    return { key, moves: typeof moves === "function" ? [moves(messages)] : moves, done: stepsAfter(messages.slice(at)) };
  }
  return null;
}

/**
 * Finished steps: messages of the user that carry tool results. A tool that was cut off by a crash
 * is not finished.
 */
function stepsAfter(messages: readonly ApiMessage[]): number {
  return messages.filter(
    ({ role, content }) => role === "user" && typeof content !== "string" && content.some((block) => isFinished(block)),
  ).length;
}

function isFinished({ type, content }: ApiBlock): boolean {
  return type === "tool_result" && !(typeof content === "string" && content.startsWith("This call was interrupted before it"));
}

/**
 * What the person wrote: Claude Code adds reminders and notifications of its own, which may hold
 * any word.
 */
function textOf(content: ApiMessage["content"]): string {
  if (typeof content === "string") return withoutReminders(content);
  return withoutReminders(content.map((block) => (block.type === "text" ? (block.text ?? "") : "")).join("\n"));
}

function withoutReminders(text: string): string {
  return text.replaceAll(/<system-reminder>[^]*?<\/system-reminder>/g, "");
}
