/**
 * The open questions of one attempt: writes each into the journal before anybody hears of it, and
 * waits for its answer. Finds the answer of a call that an earlier attempt asked.
 */
import type { Answer, AskedQuestion, UnappliedQuestion } from "../domain/questions/question.ts";
import type { Emit } from "../agent/agent.ts";

/** A question without the key that the runner gives it. */
export type NewQuestion = Omit<AskedQuestion, "key">;

/** An agent whose process has died is noticed within this time. */
const withdrawMs = 2_000;

interface Waiting {
  readonly question: AskedQuestion;
  readonly settle: (answer: Answer | null) => void;
}

export interface OpenQuestionsOptions {
  /** Questions of earlier attempts that have had no effect. */
  readonly known: readonly UnappliedQuestion[];
  readonly emit: Emit;
  /** Makes the key of a new question. */
  readonly newKey: () => string;
}

export class OpenQuestions {
  readonly #options: OpenQuestionsOptions;
  /** Each matches one call. */
  readonly #known: UnappliedQuestion[];
  readonly #waiting = new Map<string, Waiting>();
  #isClosed = false;

  constructor(options: OpenQuestionsOptions) {
    this.#options = options;
    this.#known = [...options.known];
  }

  /** The questions that wait for an answer. */
  get open(): readonly AskedQuestion[] {
    return [...this.#waiting.values()].map(({ question }) => question);
  }

  /**
   * Asks a question, or takes up the one that an earlier attempt asked for the same call.
   * @param signal aborted when the agent waits no more.
   * @returns the answer; null when the agent waits no more.
   */
  async ask(asked: NewQuestion, signal?: AbortSignal): Promise<Answer | null> {
    const { emit, newKey } = this.#options;
    const known = this.#takeKnown(asked);
    const question: AskedQuestion = { key: known?.key ?? newKey(), ...asked };
    emit({ type: "worker", subtype: "question_asked", question });
    const answer = known?.answer ?? (await this.#answerOf(question, signal));
    if (answer === null) this.#withdraw(question);
    else emit({ type: "worker", subtype: "question_answered", key: question.key, decision: answer.decision });
    return answer === null ? null : this.#withoutWiderRule(answer);
  }

  /** A rule counts in the session only when it cannot allow a call that a person has denied. */
  #withoutWiderRule(answer: Answer): Answer {
    if (!this.#known.some((each) => each.answer?.decision === "deny")) return answer;
    const { rule: _rule, ...rest } = answer;
    return rest;
  }

  /** Gives an answer. A question that does not wait is left alone: a server sends answers again. */
  answer(key: string, answer: Answer): void {
    this.#waiting.get(key)?.settle(answer);
  }

  /** The call of this question has ended: its answer counts for no other one. */
  forget(key: string): void {
    const at = this.#known.findIndex((each) => each.key === key);
    if (at >= 0) this.#known.splice(at, 1);
  }

  /**
   * Notes that the agent waits no more. The death of its process looks the same at first, and a
   * question outlives that. A call without an answer has a result in the journal instead; a call
   * that sent a form may continue without it.
   */
  #withdraw({ key, kind, toolUseId }: AskedQuestion): void {
    if (toolUseId !== null && kind !== "elicitation") return;
    setTimeout(() => {
      if (!this.#isClosed) this.#options.emit({ type: "worker", subtype: "question_withdrawn", key });
    }, withdrawMs).unref();
  }

  /** The attempt ends: open questions stay as they are. */
  close(): void {
    this.#isClosed = true;
  }

  #answerOf(question: AskedQuestion, signal?: AbortSignal): Promise<Answer | null> {
    return new Promise((resolve) => {
      const withdraw = (): void => settle(null);
      const settle = (answer: Answer | null): void => {
        signal?.removeEventListener("abort", withdraw);
        this.#waiting.delete(question.key);
        resolve(answer);
      };
      this.#waiting.set(question.key, { question, settle });
      signal?.addEventListener("abort", withdraw, { once: true });
      if (signal?.aborted === true) withdraw();
    });
  }

  /**
   * The same call: by its id, else by another id, which it may have after a kill. Tool and input
   * must be those that the person saw: the transcript, from which the call comes, can be changed.
   */
  #takeKnown(asked: NewQuestion): UnappliedQuestion | null {
    const { toolUseId, tool, inputHash } = asked;
    this.#withdrawChanged(asked);
    const same = this.#known.filter((each) => each.tool === tool && each.inputHash === inputHash);
    const found = same.find((each) => toolUseId !== null && each.toolUseId === toolUseId) ?? same[0];
    if (found === undefined) return null;
    this.#known.splice(this.#known.indexOf(found), 1);
    return found;
  }

  /**
   * Where a call has another input than the one that was asked: ends its question. A call of an MCP
   * server may send several forms.
   */
  #withdrawChanged({ kind, toolUseId, tool, inputHash }: NewQuestion): void {
    if (kind === "elicitation") return;
    const at = this.#known.findIndex((each) => toolUseId !== null && each.toolUseId === toolUseId);
    const changed = this.#known[at];
    if (changed === undefined || (changed.tool === tool && changed.inputHash === inputHash)) return;
    this.#known.splice(at, 1);
    this.#options.emit({ type: "worker", subtype: "question_withdrawn", key: changed.key });
  }
}
