/** Takes up a session that an earlier attempt left: mends it, reads its end, lets Claude Code continue it, or starts it anew. It starts no process itself. */
import type { AgentWork, Emit } from "./agent.ts";
import { finishedTurn } from "./finished-turn.ts";
import type { SessionMessage } from "./finished-turn.ts";
import { Inbox } from "./inbox.ts";
import { isNoConversation } from "./messages.ts";
import type { Message } from "./messages.ts";
import { findTranscript, mendTranscript, savedSpending, setAside } from "./transcript.ts";

/** What a person says, in the SDK's shape (SDKUserMessage). */
export interface UserMessage {
  readonly type: "user";
  readonly message: { readonly role: "user"; readonly content: string };
  readonly parent_tool_use_id: null;
}

/** One run of Claude Code. */
export interface Launch {
  readonly prompt: string | AsyncIterable<UserMessage>;
  readonly session: { readonly resume: string } | { readonly sessionId: string };
  readonly env?: Readonly<Record<string, string>>;
  /** Called once it has answered the handshake. */
  readonly onReady?: () => void;
  /** Sees every message before it is journalled; false: it is not journalled. */
  readonly onMessage?: (message: Message) => boolean;
}

export interface SessionPort {
  readonly env: Readonly<Record<string, string>>;
  readonly emit: Emit;
  /** @returns what went wrong outside of the messages, or null. */
  launch(work: AgentWork, launch: Launch): Promise<string | null>;
  messages(sessionId: string, directory: string): Promise<readonly SessionMessage[]>;
}

/** A resumed Claude Code that has answered the handshake and says nothing for this long has no turn to continue: else it begins before it answers (measured). */
const idleMs = 3_000;

const noConversation = "no conversation found";

/** The words that Claude Code itself uses for a turn that it continues. */
const continuation: UserMessage = {
  type: "user",
  message: { role: "user", content: "Continue from where you left off." },
  parent_tool_use_id: null,
};

/** @returns what went wrong outside of the messages, or null. */
export async function resumeSession(work: AgentWork, port: SessionPort): Promise<string | null> {
  const transcript = findTranscript(port.env, work.sessionId);
  if (transcript === null) return restart(work, port, "Claude Code has no record of the session.");
  port.emit({ type: "worker", subtype: "spending", base: true, ...savedSpending(transcript) });
  mend(transcript, work, port.emit);
  if (work.followUp === null && (await recover(work, port))) return null;
  const ended = await (work.followUp === null ? continueTurn(work, port) : followUp(work, port, work.followUp));
  if (ended !== noConversation) return ended;
  // Claude Code refuses an id whose file is there, and refuses to resume a file without a conversation.
  setAside(transcript);
  return restart(work, port, "Claude Code found no conversation in the session.");
}

function restart(work: AgentWork, port: SessionPort, reason: string): Promise<string | null> {
  port.emit({ type: "worker", subtype: "session_restarted", reason });
  const { prompt } = work.spec;
  const whole = work.followUp === null ? prompt : `${prompt}\n\n${work.followUp}`;
  return port.launch(work, { prompt: whole, session: { sessionId: work.sessionId } });
}

function mend(transcript: string, work: AgentWork, emit: Emit): void {
  try {
    const messages = mendTranscript(transcript, work.journal, work.sessionId);
    if (messages > 0) emit({ type: "worker", subtype: "session_mended", messages });
  } catch {
    // Without the mend the last steps before the kill may be run again, which resuming allows.
  }
}

/** Ends with the finished turn's own answer when the session has one that the journal has not: Claude Code would wait for a person. */
async function recover({ sessionId, spec }: AgentWork, port: SessionPort): Promise<boolean> {
  const result = finishedTurn(sessionId, await port.messages(sessionId, spec.workingDirectory));
  if (result !== null) port.emit(result);
  return result !== null;
}

function followUp(work: AgentWork, port: SessionPort, prompt: string): Promise<string | null> {
  return resume(work, port, { prompt });
}

/** Claude Code itself continues a turn that was cut; when it finds none (it was interrupted, not cut), it is asked to. */
async function continueTurn(work: AgentWork, port: SessionPort): Promise<string | null> {
  const inbox = new Inbox<UserMessage>();
  let spoken = false;
  let idle: NodeJS.Timeout | null = null;
  const ended = await resume(work, port, {
    prompt: inbox,
    env: { CLAUDE_CODE_RESUME_INTERRUPTED_TURN: "1", CLAUDE_CODE_RESUME_REASON: "runner_died" },
    onReady: () => {
      idle = setTimeout(() => spoken || inbox.push(continuation), idleMs);
    },
    onMessage: (message) => {
      spoken = true;
      if (message.type === "result") inbox.end();
      return true;
    },
  });
  if (idle !== null) clearTimeout(idle);
  inbox.end();
  return ended;
}

async function resume(work: AgentWork, port: SessionPort, launch: Omit<Launch, "session">): Promise<string | null> {
  let missing = false;
  const ended = await port.launch(work, {
    ...launch,
    session: { resume: work.sessionId },
    onMessage: (message) => {
      const kept = launch.onMessage?.(message) ?? true;
      missing ||= isNoConversation(message);
      return kept && !missing;
    },
  });
  return missing ? noConversation : ended;
}
