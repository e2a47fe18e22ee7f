/**
 * Resumes the session of an earlier attempt: repairs it, reads its end, and lets Claude Code
 * continue it or begin it again. It starts no process itself.
 */
import type { SessionCopy } from "../attempt-protocol/protocol.ts";
import type { AgentWork, Emit } from "./agent.ts";
import { isOwnResult } from "../domain/attempt/own-result.ts";
import { finishedTurn } from "./finished-turn.ts";
import type { SessionMessage } from "./finished-turn.ts";
import type { SentMessage } from "../domain/messages/message.ts";
import { findTranscript } from "../config/claude-transcript.ts";
import { messageOf } from "../domain/errors.ts";
import { startProblems } from "../domain/events/record.ts";
import { failpoint } from "../processes/failpoint.ts";
import { copySession } from "./copy-session.ts";
import { deferOpenCall, endAskingCalls } from "./deferred-call.ts";
import { lostBackground, promptAfterLoss } from "./lost-background.ts";
import { isNoConversation } from "./messages.ts";
import type { Message } from "./messages.ts";
import { openCallsOf } from "./open-calls.ts";
import type { OpenCalls } from "./open-calls.ts";
import { OpenInput } from "./open-input.ts";
import { missingMessages, sayMessages, sayPrompt } from "./say-messages.ts";
import type { Commands } from "./say-messages.ts";
import { settledQuestions } from "./settled-questions.ts";
import { takeBackWithoutRunner } from "./without-runner.ts";
import { journalTail, messageOfLine, repairTranscript, savedSpending, setAside } from "./transcript.ts";

/** One run of Claude Code. */
export interface Launch {
  readonly input: OpenInput;
  readonly session: { readonly resume: string } | { readonly sessionId: string };
  readonly env?: Readonly<Record<string, string>>;
  /** Called when Claude Code asks for a decision on a call. */
  readonly onDecide?: () => void;
  /** Called after Claude Code has answered the handshake. */
  readonly onReady?: (commands: Commands) => void;
  /** Gets every message before it is journalled; false: the message is not journalled. */
  readonly onMessage?: (message: Message) => boolean;
}

export interface SessionPort {
  readonly env: Readonly<Record<string, string>>;
  readonly emit: Emit;
  /** Claude Code will decide this call again. */
  putBack(toolUseId: string): void;
  /** @returns what went wrong outside of the messages, or null. */
  launch(work: AgentWork, launch: Launch): Promise<string | null>;
  messages(sessionId: string, directory: string): Promise<readonly SessionMessage[]>;
}

/**
 * A resumed Claude Code that is silent for this long after the handshake has no turn to continue.
 * Otherwise it begins the turn before it answers (measured).
 */
const idleMs = 3_000;

const noConversation = "no conversation found";

/** The words that Claude Code itself uses for a turn that it continues. */
const continuation = "Continue from where you left off.";

/**
 * Continues the session of the work. One that begins with a copy of another is copied first, where
 * that has not happened.
 * @returns what went wrong outside of the messages, or null.
 */
export async function resumeSession(given: AgentWork, port: SessionPort): Promise<string | null> {
  const work = withPrompt(given);
  const transcript = findTranscript(port.env, work.sessionId);
  if (transcript === null) {
    return work.copyOf === undefined
      ? restart(work, port, "Claude Code has no record of the session.")
      : resumeCopy(work, work.copyOf, port);
  }
  const ended = await resumeTranscript(transcript, work, port);
  if (ended !== noConversation) return ended;
  // Claude Code refuses a new session with an id whose file exists, and refuses to resume a file
  // without a conversation.
  setAside(transcript);
  return restart(work, port, "Claude Code found no conversation in the session.");
}

async function resumeTranscript(transcript: string, given: AgentWork, port: SessionPort): Promise<string | null> {
  port.emit({ type: "worker", subtype: "spending", base: true, ...savedSpending(transcript) });
  const { questions = [] } = given;
  const journal = questions.length === 0 ? [] : journalTail(given.journal);
  const settled = settledQuestions(transcript, questions, journal);
  for (const key of settled) port.emit({ type: "worker", subtype: "question_settled", key });
  const work = afterPlan(given, settled);
  const calls = openCallsOf(
    questions.filter(({ key }) => !settled.includes(key)),
    journal,
  );
  takeBackWithoutRunner(transcript, calls);
  repair(transcript, work, calls, port.emit);
  const missing = missingMessages(transcript, work, port.emit);
  failpoint("session.repaired");
  if (missing.some(({ continues }) => continues)) return followUp(work, port, null, missing);
  // What a person has decided comes first, as where the runner was kept.
  const isReplaced = missing.some(({ delivery }) => delivery === "now");
  const isDecided = questions.some(({ answer }) => answer !== null);
  if ((!isReplaced || isDecided) && defer(transcript, work, calls, port)) {
    failpoint("session.deferred");
    return continueTurn(work, port, {}, missing);
  }
  endAsking(transcript, calls);
  return isReplaced ? followUp(work, port, null, missing) : continueSession(work, port, missing);
}

async function resumeCopy(work: AgentWork, copyOf: SessionCopy, port: SessionPort): Promise<string | null> {
  const copy = copySession(port.env, copyOf, work.sessionId);
  const ended = copy === null ? noConversation : await resumeTranscript(copy, work, port);
  if (ended !== noConversation) return ended;
  port.emit({ type: "worker", subtype: "gave_up", error: startProblems.noSession, text: goneText(copyOf) });
  return null;
}

function goneText({ saysPrompt }: SessionCopy): string {
  if (saysPrompt) return "The conversation that the task was forked from is gone from Claude Code's home. Submit a new task.";
  return "The conversation that the task was rewound to is gone from Claude Code's home. Rewind it to another turn, or run it from its beginning.";
}

/**
 * Behind a copied conversation the prompt is a message like others: it is said where the session
 * lacks it. Its UUID is the session's id.
 */
function withPrompt(work: AgentWork): AgentWork {
  const { copyOf, sessionId, spec, messages = [] } = work;
  if (copyOf?.saysPrompt !== true) return work;
  return { ...work, messages: [{ key: sessionId, text: spec.prompt, continues: true, delivery: "next" }, ...messages] };
}

function restart(work: AgentWork, port: SessionPort, reason: string): Promise<string | null> {
  port.emit({ type: "worker", subtype: "session_restarted", reason });
  return work.copyOf === undefined ? begin(work, port) : resumeCopy(work, work.copyOf, port);
}

/** Begins the task's session with its prompt. */
export async function begin(work: AgentWork, port: Pick<SessionPort, "emit" | "launch">): Promise<string | null> {
  const input = new OpenInput();
  sayPrompt(input, work, port.emit);
  return await port.launch(work, { input, session: { sessionId: work.sessionId } });
}

/** The server did not know yet that the plan was approved: its work has the mode of the answer. */
function afterPlan(work: AgentWork, settled: readonly string[]): AgentWork {
  const { spec, questions = [] } = work;
  const plan = questions.findLast(({ key, kind }) => kind === "plan" && settled.includes(key));
  const mode = plan?.answer?.mode;
  return mode === undefined || spec.permissionMode !== "plan" ? work : { ...work, spec: { ...spec, permissionMode: mode } };
}

function repair(transcript: string, work: AgentWork, { deciding, asking }: OpenCalls, emit: Emit): void {
  try {
    const messages = repairTranscript(transcript, work.journal, work.sessionId, new Set([...deciding.keys(), ...asking]));
    if (messages > 0) emit({ type: "worker", subtype: "session_repaired", messages });
  } catch {
    // Without the repair the last steps before the kill may run again, which a resume allows.
  }
}

/** Makes Claude Code decide an open call again. @returns whether there is one. */
function defer(transcript: string, work: AgentWork, calls: OpenCalls, { emit, putBack }: Pick<SessionPort, "emit" | "putBack">): boolean {
  if (calls.deciding.size === 0) return false;
  try {
    const deferred = deferOpenCall(transcript, calls, work.spec.permissionMode);
    if (deferred === null) return false;
    const { tool, toolUseId, cutCalls, answered } = deferred;
    for (const { key, line, denied } of answered) {
      if (denied !== null) emit({ type: "worker", subtype: "permission_denied", ...denied });
      emit(messageOfLine(line, work.sessionId));
      emit({ type: "worker", subtype: "question_settled", key });
    }
    emit({ type: "worker", subtype: "call_restored", tool, toolUseId, calls: cutCalls });
    putBack(toolUseId);
    return true;
  } catch (error) {
    // Without the line Claude asks again, and the answer is found by the call's input.
    emit({ type: "worker", subtype: "stderr", text: `The open call could not be put back: ${messageOf(error)}` });
    return false;
  }
}

/** Lets Claude make the calls again in which something was asked. */
function endAsking(transcript: string, calls: OpenCalls): void {
  try {
    endAskingCalls(transcript, calls);
  } catch {
    // An ordinary resume lets Claude make its last call again, too.
  }
}

/**
 * Continues an interrupted turn. A finished turn has its answer in the session, which ends the
 * attempt (Claude Code would wait for a person), unless Claude waited for background work or there
 * is something to say.
 */
async function continueSession(work: AgentWork, port: SessionPort, missing: readonly SentMessage[]): Promise<string | null> {
  const { sessionId, spec, journal } = work;
  const result = finishedTurn(sessionId, await port.messages(sessionId, spec.workingDirectory), spec.jsonSchema !== null);
  if (result === null) return continueTurn(work, port, interruptedTurn, missing);
  const names = lostBackground(journal, sessionId);
  if (names.length > 0) {
    port.emit({ type: "worker", subtype: "background_lost", names });
    return followUp(work, port, promptAfterLoss(names), missing);
  }
  if (missing.length > 0) return followUp(work, port, null, missing);
  port.emit(result);
  return null;
}

/** Says something in the session, without continuing a turn. */
function followUp(work: AgentWork, port: SessionPort, prompt: string | null, messages: readonly SentMessage[]): Promise<string | null> {
  const input = new OpenInput();
  if (prompt !== null) input.say(prompt);
  return resume(work, port, { input, onReady: (commands) => sayMessages(input, messages, work, commands) });
}

/** Makes Claude Code continue a turn that was killed. A deferred call needs it not. */
const interruptedTurn = { CLAUDE_CODE_RESUME_INTERRUPTED_TURN: "1", CLAUDE_CODE_RESUME_REASON: "runner_died" } as const;

/**
 * Claude Code itself continues a turn that was killed. When it finds none (the turn ended with an
 * interrupt), it gets a prompt to continue. Messages join the turn, or begin one.
 */
async function continueTurn(
  work: AgentWork,
  port: SessionPort,
  env: Readonly<Record<string, string>>,
  messages: readonly SentMessage[],
): Promise<string | null> {
  const input = new OpenInput();
  let idle: NodeJS.Timeout | null = null;
  const listen = (on: boolean): void => {
    if (idle !== null) clearTimeout(idle);
    idle = on && messages.length === 0 ? setTimeout(() => input.say(continuation), idleMs) : null;
  };
  let spoken = false;
  const ended = await resume(work, port, {
    input,
    env,
    onDecide: () => {
      spoken = true;
      listen(false);
    },
    onReady: (commands) => {
      listen(!spoken);
      sayMessages(input, messages, work, commands);
    },
    onMessage: (message) => {
      spoken = true;
      // Claude Code first reports background work that died, in an empty turn.
      const isOwn = message.type !== "result" || isOwnResult({ ...message });
      listen(!isOwn);
      return true;
    },
  });
  listen(false);
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
