/**
 * What the landings of this server do at the moment, for people who wait for one. It is not stored:
 * a landing ends with its server.
 */
import type { LandingView } from "../../contract/views/workspace.ts";
import { plainLine } from "../../domain/text/plain-text.ts";
import { rfc3339 } from "../tasks/times.ts";

/** So many steps of one are kept, and so many landings that have ended. */
const mostSteps = 1000;
const mostEnded = 20;

/** What one landing says of itself. */
export interface LandingProgress {
  say(text: string): void;
  end(): void;
}

interface Landing {
  readonly id: number;
  readonly into: string;
  readonly tasks: readonly number[];
  readonly steps: { readonly at: number; readonly text: string }[];
  isOver: boolean;
}

export class Landings {
  readonly #now: () => number;
  #landings: Landing[] = [];
  #last = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  begin(into: string, tasks: readonly number[]): LandingProgress {
    this.#last += 1;
    const landing: Landing = { id: this.#last, into, tasks, steps: [], isOver: false };
    this.#landings.push(landing);
    return {
      say: (text) => {
        if (landing.steps.length < mostSteps) landing.steps.push({ at: this.#now(), text: plainLine(text, 500) });
      },
      end: () => {
        landing.isOver = true;
        const over = this.#landings.filter(({ isOver }) => isOver).slice(0, -mostEnded);
        this.#landings = this.#landings.filter((each) => !over.includes(each));
      },
    };
  }

  list(): LandingView[] {
    return this.#landings.map(({ id, into, tasks, steps, isOver }) => ({
      id,
      into,
      tasks: [...tasks],
      steps: steps.map(({ at, text }) => ({ at: rfc3339(at), text })),
      ended: isOver,
    }));
  }
}
