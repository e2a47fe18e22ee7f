/**
 * What can happen, in any order. Each command picks among what is possible at its moment, and
 * changes the model and the store together.
 */
import fc from "fast-check";
import { deliveryWays } from "../../../src/domain/messages/message.ts";
import { isTerminal } from "../../../src/domain/task/task.ts";
import * as attempts from "./attempts.ts";
import { agree } from "./agree.ts";
import * as conversations from "./conversations.ts";
import * as messages from "./messages.ts";
import { isWorking, openOf } from "./model.ts";
import type { Model, ModelTask, Real, Result, Turn } from "./model.ts";
import * as order from "./order.ts";
import * as questions from "./questions.ts";
import * as tasks from "./tasks.ts";

interface Rule {
  readonly name: string;
  /** How often it comes, beside the others. */
  readonly weight: number;
  readonly fits: (task: ModelTask, model: Model) => boolean;
  readonly act: (turn: Turn) => void | Promise<void>;
}

/** A rule that concerns no single task. */
interface WideRule {
  readonly name: string;
  readonly weight: number;
  readonly fitsAll: (model: Model) => boolean;
  readonly actOnAll: (model: Model, real: Real, more: number) => Promise<void>;
}

const isOpen: Rule["fits"] = ({ open }) => open !== null;
const isEnded: Rule["fits"] = ({ status }) => isTerminal(status);
const isAsking: Rule["fits"] = (task) => isWorking(task) && (task.open?.asks.size ?? 0) > 0;

const attemptRules: readonly Rule[] = [
  { name: "claim", weight: 24, fits: order.mayStart, act: attempts.claim },
  { name: "claim what may not start", weight: 1, fits: order.isBlocked, act: attempts.claimInVain },
  { name: "begin", weight: 24, fits: ({ open }) => open?.lines.length === 0 && !open.torn, act: attempts.begin },
  { name: "ingest", weight: 12, fits: ({ open }) => open !== null && open.ingested < open.lines.length, act: attempts.ingest },
  { name: "end", weight: 1, fits: isOpen, act: attempts.end },
  { name: "end with a result", weight: 6, fits: ({ open }) => open !== null && open.result !== "none", act: attempts.end },
  { name: "work", weight: 3, fits: isWorking, act: (turn) => attempts.work(turn, turn.pick + 1) },
  ...(["success", "limit", "error"] satisfies Result[]).map((result) => {
    return { name: result, weight: 1, fits: isWorking, act: (turn: Turn) => attempts.conclude(turn, result) };
  }),
  { name: "tear", weight: 1, fits: isOpen, act: attempts.tear },
];

const questionRules: readonly Rule[] = [
  { name: "ask", weight: 8, fits: isWorking, act: questions.ask },
  { name: "ask again", weight: 16, fits: (task) => isWorking(task) && (task.open?.known.length ?? 0) > 0, act: questions.askAgain },
  { name: "answer", weight: 8, fits: (task) => openOf(task).length > 0, act: questions.answer },
  { name: "answer late", weight: 1, fits: (task) => task.questions.some(({ status }) => status !== "open"), act: questions.answerLate },
  { name: "proceed", weight: 12, fits: questions.isReady, act: questions.proceed },
  { name: "decide", weight: 16, fits: (task) => isWorking(task) && questions.decidable(task).length > 0, act: questions.decide },
  { name: "park", weight: 4, fits: isAsking, act: attempts.park },
  { name: "interrupt", weight: 1, fits: isAsking, act: questions.interrupt },
  { name: "withdraw", weight: 1, fits: isAsking, act: questions.withdraw },
];

const messageRules: readonly Rule[] = [
  ...deliveryWays.map((way): Rule => {
    return { name: `send ${way}`, weight: 1, fits: () => true, act: (turn) => messages.send(turn, way) };
  }),
  { name: "deliver", weight: 12, fits: (task) => isWorking(task) && messages.deliverable(task).length > 0, act: messages.deliver },
  { name: "messages done", weight: 6, fits: (task) => isWorking(task) && messages.unfinished(task).length > 0, act: messages.conclude },
  { name: "unsend", weight: 3, fits: (task) => task.messages.length > 0, act: messages.unsend },
];

async function rewindAndSend(turn: Turn): Promise<void> {
  await conversations.rewind(turn);
  await messages.send(turn, "next");
}

const conversationRules: readonly Rule[] = [
  { name: "turn", weight: 10, fits: isWorking, act: conversations.turn },
  { name: "fork", weight: 1, fits: (_, { tasks: all }) => all.length < 4, act: (turn) => conversations.fork(turn, false) },
  { name: "fork --at", weight: 2, fits: (_, { tasks: all }) => all.length < 5, act: (turn) => conversations.fork(turn, true) },
  { name: "rewind", weight: 2, fits: isEnded, act: conversations.rewind },
  { name: "rewind and send", weight: 6, fits: ({ status, turns }) => isTerminal(status) && turns.length > 0, act: rewindAndSend },
  { name: "rewind too early", weight: 1, fits: ({ status }) => !isTerminal(status), act: conversations.rewind },
];

const taskRules: readonly Rule[] = [
  { name: "cancel", weight: 1, fits: ({ status }) => !isTerminal(status), act: tasks.cancel },
  { name: "retry", weight: 1, fits: isEnded, act: (turn) => tasks.retry(turn, false) },
  { name: "run what is skipped", weight: 3, fits: ({ status }) => status === "skipped", act: (turn) => tasks.retry(turn, false) },
  { name: "retry --resume", weight: 3, fits: isEnded, act: (turn) => tasks.retry(turn, true) },
  { name: "a stale server writes", weight: 1, fits: isOpen, act: tasks.writeStale },
];

const orderRules: readonly Rule[] = [
  { name: "stash", weight: 1, fits: ({ stashed }) => !stashed, act: order.stash },
  { name: "enqueue", weight: 8, fits: ({ stashed }) => stashed, act: order.enqueue },
  { name: "edit", weight: 2, fits: ({ status }) => status === "pending", act: order.edit },
  { name: "edit too late", weight: 1, fits: ({ status }) => status !== "pending", act: order.edit },
];

const wideRules: readonly WideRule[] = [
  { name: "submit", weight: 6, fitsAll: ({ tasks: all }) => all.length < 3, actOnAll: tasks.submit },
  { name: "change a group", weight: 1, fitsAll: () => true, actOnAll: order.changeGroup },
  { name: "open the groups", weight: 12, fitsAll: order.hasClosedGroup, actOnAll: order.openGroups },
  { name: "time passes", weight: 12, fitsAll: order.hasTimes, actOnAll: order.passTime },
  { name: "expire", weight: 2, fitsAll: ({ tasks: all }) => all.some((task) => openOf(task).length > 0), actOnAll: questions.expire },
  { name: "lift", weight: 12, fitsAll: ({ held }) => held, actOnAll: tasks.lift },
  { name: "crash", weight: 2, fitsAll: () => true, actOnAll: tasks.crash },
];

const rules: readonly (Rule | WideRule)[] = [
  ...attemptRules,
  ...questionRules,
  ...messageRules,
  ...conversationRules,
  ...taskRules,
  ...orderRules,
  ...wideRules,
];

class Step implements fc.AsyncCommand<Model, Real> {
  readonly #dice: number;
  readonly #pick: number;
  readonly #more: number;
  #name = "nothing";

  constructor(dice: number, pick: number, more: number) {
    this.#dice = dice;
    this.#pick = pick;
    this.#more = more;
  }

  check(): boolean {
    return true;
  }

  async run(model: Model, real: Real): Promise<void> {
    const possible = rules.filter((rule) => ("fitsAll" in rule ? rule.fitsAll(model) : model.tasks.some((task) => rule.fits(task, model))));
    const weighted = possible.flatMap((rule) => Array.from({ length: rule.weight }, () => rule));
    const rule = weighted[this.#dice % weighted.length];
    if (rule === undefined) return;
    model.now += 1000;
    this.#name = rule.name;
    if ("fitsAll" in rule) await rule.actOnAll(model, real, this.#more);
    else {
      const fitting = model.tasks.filter((task) => rule.fits(task, model));
      const task = fitting[this.#pick % fitting.length];
      if (task === undefined) return;
      const id = model.tasks.indexOf(task) + 1;
      this.#name += ` ${id}`;
      await rule.act({ task, id, model, real, pick: this.#pick, more: this.#more });
    }
    order.settle(model);
    agree(model, real);
  }

  toString(): string {
    return this.#name;
  }
}

export const commands: fc.Arbitrary<fc.AsyncCommand<Model, Real>>[] = [
  fc.tuple(fc.nat(9999), fc.nat(2), fc.nat(2 ** 30)).map(([dice, pick, more]) => new Step(dice, pick, more)),
];
