/** What will be said between a task and a person in a chaos run. It says nothing itself. */
import { deliveryWays } from "../../src/domain/messages/message.ts";
import type { DeliveryWay } from "../../src/domain/messages/message.ts";

/**
 * `mark`: appends its number to a file. `read`: reads a file elsewhere, which asks beside other
 * reads of the same message. `choose`: Claude's own question. `plan`: a plan to approve. `form`: a
 * form of an MCP server. `helper`: a sub-agent that appends the number. The fake agent asks for
 * each step in the way of its kind, and each leaves its mark.
 */
export type StepKind = "mark" | "read" | "choose" | "plan" | "form" | "helper";

export interface PlannedMessage {
  /** After the task's submit; for a message to an ended task: after its end. */
  readonly afterMs: number;
  readonly way: Exclude<DeliveryWay, "dismiss">;
  /** Taken back so long after it was sent; null: never. */
  readonly unsendAfterMs: number | null;
  /** It asks for one more step. */
  readonly asksForStep: boolean;
}

export interface PlannedTalk {
  /** What each step is. */
  readonly kinds: readonly StepKind[];
  /** Whether a step stands in one message of the model with the step before it. */
  readonly joined: readonly boolean[];
  /** Said while the task waits, runs or asks. */
  readonly messages: readonly PlannedMessage[];
  /** Said after its end, one after the other. */
  readonly followUps: readonly PlannedMessage[];
  readonly fork: PlannedFork | null;
  /** After its end it is put back to this share of its turns and forward again; null: it is not. */
  readonly rewindTo: number | null;
}

/** @param at the share of the turns that the fork has; null: all that there are. */
interface PlannedFork {
  readonly at: number | null;
}

/** What a person does with one question. `phone`: presses a button in a chat. */
export interface PlannedAnswer {
  readonly afterMs: number;
  readonly how: "allow" | "deny" | "always" | "dismiss" | "phone";
  /** Two answer in the same moment. */
  readonly isDouble: boolean;
}

type Random = () => number;

const realKinds: readonly StepKind[] = ["mark", "mark", "mark", "read", "choose", "form", "helper"];
const fakeKinds: readonly StepKind[] = ["mark", "mark", "mark", "plan", "form", "helper"];

export function plannedTalk(random: Random, steps: number, real: boolean): PlannedTalk {
  const kinds = Array.from({ length: steps }, () => pick(random, real ? realKinds : fakeKinds));
  // Claude Code makes a plan only before everything else.
  if (real && random() < 0.25) kinds[0] = "plan";
  const isAlone = (kind: StepKind | undefined): boolean => kind === "choose" || kind === "plan";
  return {
    kinds,
    joined: kinds.map((kind, index) => index > 0 && !isAlone(kind) && !isAlone(kinds[index - 1]) && random() < 0.4),
    messages: some(random, 2, () => plannedMessage(random, real, real ? 6_000 : 1_500)),
    followUps: some(random, 2, () => plannedMessage(random, real, 500)),
    fork: random() < 0.3 ? { at: random() < 0.5 ? random() : null } : null,
    rewindTo: random() < 0.3 ? random() : null,
  };
}

function plannedMessage(random: Random, real: boolean, withinMs: number): PlannedMessage {
  const isNow = random() < 0.15;
  const way = isNow
    ? "now"
    : pick(
        random,
        deliveryWays.filter((each) => each === "next" || each === "after_turn"),
      );
  const unsendAfterMs = random() < 0.2 ? Math.round(random() * (real ? 1000 : 200)) : null;
  return { afterMs: Math.round(random() * withinMs), way, unsendAfterMs, asksForStep: random() < 0.5 };
}

export function plannedAnswer(random: Random, real: boolean): PlannedAnswer {
  const dice = random();
  const how = dice < 0.45 ? "allow" : dice < 0.65 ? "deny" : dice < 0.73 ? "always" : dice < 0.82 ? "dismiss" : "phone";
  return { afterMs: Math.round(random() ** 2 * (real ? 4_000 : 800)), how, isDouble: random() < 0.2 };
}

function some<T>(random: Random, most: number, make: () => T): T[] {
  return Array.from({ length: Math.floor(random() * (most + 1)) }, make);
}

function pick<T>(random: Random, from: readonly T[]): T {
  const found = from[Math.floor(random() * from.length)];
  if (found === undefined) throw new Error("there is nothing to pick from");
  return found;
}
