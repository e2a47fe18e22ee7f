/** The client of whole-worker tests: each event that a test reads must be one of the contract. */
import { WorkerClient } from "../src/client/index.ts";
import type { EventPage, FeedOptions, FeedStep } from "../src/client/index.ts";
import { requireEvent } from "./events.ts";

export class CheckingClient extends WorkerClient {
  override async taskEvents(...words: Parameters<WorkerClient["taskEvents"]>): Promise<EventPage> {
    return checked(await super.taskEvents(...words));
  }

  override async allEvents(...words: Parameters<WorkerClient["allEvents"]>): Promise<EventPage> {
    return checked(await super.allEvents(...words));
  }

  override async *follow(id: number | null, options: FeedOptions = {}): AsyncGenerator<FeedStep, void> {
    for await (const step of super.follow(id, options)) {
      if (step.type === "event") requireEvent(step.event);
      yield step;
    }
  }
}

function checked(page: EventPage): EventPage {
  page.events.forEach(requireEvent);
  return page;
}
