/** A person who answers the questions of a chaos run, now and then together with another one. */
import { setTimeout as delay } from "node:timers/promises";
import { denial } from "./conversation.ts";
import type { Ledger } from "./ledger.ts";
import type { Observer, OpenQuestion } from "./observer.ts";
import { plannedAnswer } from "./plan-talk.ts";
import { randomFrom } from "./plan.ts";
import { send } from "./talk.ts";
import { isRefusal, persist } from "./trying.ts";
import { phoneChat } from "./world.ts";
import type { World } from "./world.ts";

type GivenAnswer = {
  decision?: "allow" | "deny";
  message?: string;
  option?: string;
  remember?: "directory";
  content?: { age: number };
};

const lookEveryMs = 40;
/** How long an answer by phone may take, also over kills. */
const phoneMs = 120_000;
const againMs = 10_000;

export class Person {
  readonly #world: World;
  readonly #observer: Observer;
  readonly #random: () => number;
  readonly #ledger: Ledger;
  readonly #seen = new Set<number>();
  readonly #answering = new Set<Promise<void>>();
  readonly problems: string[] = [];
  #isOver = false;
  #looking: Promise<void> | null = null;

  constructor(world: World, observer: Observer, seed: number, ledger: Ledger) {
    this.#world = world;
    this.#observer = observer;
    this.#random = randomFrom(seed);
    this.#ledger = ledger;
  }

  start(): void {
    this.#looking = this.#look();
  }

  /** Resolves when every answer that was begun is given. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#looking;
    await Promise.all(this.#answering);
  }

  async #look(): Promise<void> {
    while (!this.#isOver) {
      for (const question of this.#observer.openQuestions().filter(({ id }) => !this.#seen.has(id))) {
        this.#seen.add(question.id);
        const answering: Promise<void> = this.#decide(question)
          .catch((error: unknown) => void this.problems.push(`q${question.id} could not be answered: ${String(error)}`))
          .finally(() => this.#answering.delete(answering));
        this.#answering.add(answering);
      }
      await delay(lookEveryMs); // The pause between two looks.
    }
  }

  async #decide(question: OpenQuestion): Promise<void> {
    const { afterMs, how, isDouble } = plannedAnswer(this.#random, this.#world.options.real);
    await delay(afterMs); // The plan of the seed.
    const task = this.#ledger.tasks.find(({ id }) => id === question.taskId);
    if (how === "dismiss" && task !== undefined) {
      const said = await send(this.#world, task, { way: "dismiss", step: null });
      if (said !== null) return;
    }
    if (how === "phone") return await this.#answerByPhone(question);
    const first = answerOf(question, how);
    const answers = isDouble ? [first, answerOf(question, how === "deny" ? "allow" : "deny")] : [first];
    const results = await Promise.all(answers.map((answer) => this.#give(question, answer)));
    const taken = results.filter(Boolean).length;
    if (taken > 1) this.problems.push(`both answers of q${question.id} were taken`);
    const { status, answer } = this.#observer.question(question.id);
    if (taken === 0 && answer === null && status !== "superseded" && !this.#observer.isBeingCancelled(question.taskId))
      this.problems.push(`q${question.id} is ${status}, and refused an answer`);
  }

  /** Answers in the chat, once the message is there, and again where that has no effect. */
  async #answerByPhone(question: OpenQuestion): Promise<void> {
    const { id, kind } = question;
    const isOver = (): boolean => this.#observer.question(id).status !== "open";
    const me = this.#world.phone;
    const ends = performance.now() + phoneMs;
    const dice = this.#random();
    const to = { chat: phoneChat, user: phoneChat };
    let tries = 0;
    let next = 0;
    while (!isOver() && performance.now() < ends) {
      await delay(lookEveryMs); // The pause between two looks.
      await this.#world.ensureServer();
      // A server that was killed may have sent a copy that it could not note.
      const message = me.messages.findLast(({ text, buttons }) => text.includes(`(q${id})`) && buttons.length > 0);
      if (message === undefined || performance.now() < next) continue;
      next = performance.now() + againMs;
      tries += 1;
      if (kind === "elicitation") me.write({ ...to, text: String(id), to: message.id });
      else me.tap({ ...to, data: message.buttons[Math.floor(dice * message.buttons.length)]?.data ?? "" });
    }
    if (isOver()) return;
    this.problems.push(`q${id} could not be answered by phone: ${tries === 0 ? "no message" : `no effect of ${tries} tries`}`);
    await this.#give(question, answerOf(question, "allow"));
  }

  /** @returns whether it was taken, as far as the person knows. */
  async #give({ id }: OpenQuestion, answer: GivenAnswer): Promise<boolean> {
    try {
      await persist(this.#world, () => this.#world.client.answerQuestion({ id, ...answer }));
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return false;
    }
    const words = answer.content === undefined ? null : `"age":${answer.content.age}`;
    this.#ledger.given.push({ question: id, decision: answer.decision ?? "allow", words: answer.message ?? answer.option ?? words });
    return true;
  }
}

function answerOf({ id, kind, rule }: OpenQuestion, how: string): GivenAnswer {
  if (kind === "elicitation") return how === "deny" ? { decision: "deny" } : { content: { age: id } };
  if (how === "deny") return { decision: "deny", message: denial(id) };
  if (kind === "question") return id % 3 === 0 ? { message: `Green ${id}` } : { option: id % 3 === 1 ? "Red" : "Blue" };
  return how === "always" && rule !== null ? { decision: "allow", remember: "directory" } : { decision: "allow" };
}
