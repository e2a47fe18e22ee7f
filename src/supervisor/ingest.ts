/**
 * Copies an attempt's journal into the store: each record once, in order, with the offset in the
 * same commit.
 */
import { reportIn } from "../domain/order/account-report.ts";
import type { ReserveSetting } from "../domain/order/reserve-setting.ts";
import { eventsFromRecord } from "../domain/events/events-from-record.ts";
import type { NewEvent } from "../domain/events/event.ts";
import type { OveragePolicy } from "../domain/task/overage.ts";
import { isObject, numberOf, objectOf } from "../domain/text/read-json.ts";
import { plainLine } from "../domain/text/plain-text.ts";
import type { JournalRecord } from "../domain/events/record.ts";
import { isZeroed, sessionSpentIn, spentInAll } from "../domain/task/spending.ts";
import { isOwnResult } from "../domain/attempt/own-result.ts";
import { isMachinery } from "../domain/events/machinery.ts";
import { summaryLines } from "../domain/events/summary.ts";
import type { Attempt } from "../domain/task/task.ts";
import { turnsIn, withTurns } from "../domain/events/turns.ts";
import type { Store } from "../store/store.ts";
import { readJournal } from "./journal-reader.ts";
import { lastText } from "./last-text.ts";
import { dismissed, MessageRecords } from "./message-records.ts";
import type { AttemptContext } from "./attempt-context.ts";
import { keepReserve } from "./keep-reserve.ts";
import { keepFromOverage } from "./overage-consent.ts";
import { QuestionRecords } from "./question-records.ts";
import { WorkspaceRecords } from "./workspace-records.ts";
import { VerificationRecords } from "./verification-records.ts";

export class Ingest {
  readonly #store: Store;
  readonly #attempt: Attempt;
  readonly #journal: string;
  readonly #workingDirectory: string;
  readonly #overage: OveragePolicy;
  readonly #capUsd: number | null;
  readonly #reserve: ReserveSetting | null;
  /** Denied calls in the records that this server has read. */
  readonly #denied = new Set<string>();
  readonly #questions: QuestionRecords;
  readonly #messages: MessageRecords;
  readonly #workspace: WorkspaceRecords;
  readonly #verifications: VerificationRecords;
  #offset: number;
  #lastRecord: number;

  constructor(
    store: Store,
    attempt: Attempt,
    journal: string,
    workingDirectory: string,
    {
      overage = "forbid",
      capUsd = null,
      reserve = null,
    }: Pick<AttemptContext, "capUsd" | "reserve"> & { readonly overage?: OveragePolicy } = {},
  ) {
    this.#store = store;
    this.#attempt = attempt;
    this.#journal = journal;
    this.#workingDirectory = workingDirectory;
    this.#overage = overage;
    this.#capUsd = capUsd;
    this.#reserve = reserve;
    this.#questions = new QuestionRecords(store, attempt);
    this.#messages = new MessageRecords(store, attempt);
    this.#workspace = new WorkspaceRecords(store, attempt);
    this.#verifications = new VerificationRecords(store, attempt);
    this.#offset = attempt.journalOffset;
    this.#lastRecord = attempt.lastRecord;
  }

  /**
   * How far the journal is ingested, in bytes. The store knows whether the closing record was
   * ingested (`attempt_ended`).
   */
  get offset(): number {
    return this.#offset;
  }

  /** Whether the task has questions without effect, or this attempt has asked some. */
  get hasQuestions(): boolean {
    return this.#questions.areThere;
  }

  /** Whether a command of ours runs now, which may be silent. */
  get runsCommand(): boolean {
    return this.#verifications.isRunning || this.#workspace.isSettingUp;
  }

  /**
   * Ingests up to the journal's present end.
   * @param onEnd called inside the commit that stores the closing record, so that what follows from
   * the end is stored together with it.
   * @returns false when another server holds the attempt now. Then nothing was written, and the
   * caller must not write more.
   */
  async catchUp(onEnd: () => void): Promise<boolean> {
    for (const batch of readJournal(this.#journal, this.#attempt.id, this.#offset)) {
      const fresh = batch.records.filter((record) => record._n > this.#lastRecord);
      const lastRecord = fresh.at(-1)?._n ?? this.#lastRecord;
      const lastUp = fresh.at(-1)?._up ?? null;
      const held = await this.#store.write(() => this.#put(fresh, { offset: batch.offset, lastRecord, lastUp }, onEnd));
      if (!held) return false;
      this.#offset = batch.offset;
      this.#lastRecord = lastRecord;
    }
    return true;
  }

  #put(
    records: readonly JournalRecord[],
    { offset, lastRecord, lastUp }: { offset: number; lastRecord: number; lastUp: number | null },
    onEnd: () => void,
  ): boolean {
    const { id, taskId } = this.#attempt;
    if (!this.#store.attempts.advance(id, offset, lastRecord, lastUp)) return false;
    const steps = records.map((record) => {
      const events = this.#eventsOf(record);
      // While only the turns up to this record are counted.
      this.#workspace.take(record);
      return { events, lines: this.#linesOf(record) };
    });
    // Before the events: a result of a session whose running totals are known counts no money.
    for (const record of records) {
      this.#keepSession(record);
      this.#keepSpending(record);
    }
    const events = steps.flatMap(({ events: made, lines }) => withSummary(made, lines));
    const actions = steps.flatMap(({ events: made, lines }) => (made.every(isMachinery) ? [] : lines));
    if (events.length > 0) this.#store.events.append(taskId, id, events, actions.at(-1));
    for (const record of records) this.#keepResult(record);
    for (const record of records) this.#questions.take(record);
    for (const record of records) this.#messages.take(record);
    for (const record of records) this.#verifications.take(record);
    if (this.#questions.areThere) dismissed(this.#store, this.#attempt, Date.now());
    for (const record of records) this.#keepReport(record);
    for (const record of records) this.#learnMemory(record);
    if (records.some(isClosing)) onEnd();
    return true;
  }

  #linesOf(record: JournalRecord): string[] {
    return summaryLines(record, this.#workingDirectory, this.#denied);
  }

  /** Counts the record's turns, and makes its events. */
  #eventsOf(record: JournalRecord): readonly NewEvent[] {
    const { taskId } = this.#attempt;
    const { turns } = this.#store;
    const events = eventsFromRecord(record);
    const turn = turnsIn(record).reduce<number | null>((_, id) => turns.count(taskId, id), null);
    return withTurns(events, turn, () => turns.inAll(taskId));
  }

  /**
   * Counts the session's spending. A result without an earlier running total is counted at the
   * attempt's end, because only earlier results show what the session had spent before.
   */
  #keepSpending(record: JournalRecord): void {
    const { id, taskId } = this.#attempt;
    const { attempts, tasks } = this.#store;
    const spent = sessionSpentIn(record);
    if (spent === null) return;
    // As it is stored: this server may have undone its last write.
    const before = attempts.get(id)?.sessionSpent ?? null;
    if ((record.type === "result" && before === null) || isZeroed(before, spent)) return;
    const task = tasks.get(taskId);
    if (task === null) return;
    attempts.patch(id, { sessionSpent: spent });
    if (!spent.base) tasks.patch(taskId, spent.at, spentInAll(task, before, spent));
  }

  /**
   * Stores what the account reports about its limits, and the hold that prevents spending beyond
   * its plan.
   */
  #keepReport(record: JournalRecord): void {
    const { account } = this.#attempt;
    if (account === null || record.type !== "rate_limit_event") return;
    const { accounts } = this.#store;
    const report = reportIn(record, accounts.get(account)?.report ?? null);
    if (report === null) return;
    const now = Date.parse(record._at);
    accounts.reported(account, report, now);
    if (this.#reserve !== null) keepReserve(this.#store, account, { setting: this.#reserve, now, wall: now });
    if (this.#overage !== "allow")
      keepFromOverage(this.#store, this.#attempt, report, { asks: this.#overage === "ask", capUsd: this.#capUsd, now });
  }

  /** Keeps how much memory the attempt took, from which the needs of later ones are learned. */
  #learnMemory(record: JournalRecord): void {
    const peakMb = isClosing(record) ? numberOf(objectOf(record)["peakMemoryMb"]) : null;
    const task = peakMb === null ? null : this.#store.tasks.row(this.#attempt.taskId);
    if (peakMb !== null && task !== null) this.#store.memoryPeaks.learn(task.workingDirectory, task.group, peakMb, Date.parse(record._at));
  }

  /** Stores which session and model the attempt runs with. */
  #keepSession(record: JournalRecord): void {
    const { id, taskId } = this.#attempt;
    const now = Date.parse(record._at);
    if (
      record.type === "worker" &&
      (record.subtype === "session" || record.subtype === "started") &&
      typeof record["sessionId"] === "string"
    ) {
      const sessionId = record["sessionId"];
      this.#store.attempts.patch(id, { sessionId });
      this.#store.tasks.patch(taskId, now, { sessionId, resumable: true });
    }
    if (record.type === "system" && record.subtype === "init" && typeof record["model"] === "string") {
      this.#store.tasks.patch(taskId, now, { sessionModel: plainLine(record["model"], 200) });
    }
  }

  /** Stores in full what later attempts and views need: the results. */
  #keepResult(record: JournalRecord): void {
    const { id, taskId } = this.#attempt;
    if (
      record.type === "result" &&
      isOwnResult({ ...record }) &&
      record["command_answer"] !== true &&
      record["subtype"] === "success" &&
      record["is_error"] !== true &&
      typeof record["result"] === "string"
    ) {
      const text = record["result"].trim() === "" ? lastText(this.#store, id, this.#journal) : record["result"];
      const structured = record["answer_problem"] === undefined ? record["structured_output"] : null;
      this.#store.tasks.patch(taskId, Date.parse(record._at), {
        result: text ?? record["result"],
        structuredResult: isObject(structured) ? structured : null,
      });
    }
  }
}

/** Whether this is the runner's closing record: then the attempt's process tree has ended. */
function isClosing({ type, subtype }: JournalRecord): boolean {
  return type === "worker" && subtype === "ended";
}

/**
 * Adds the record's lines to its first event, so that views show the same lines as the summary log.
 */
function withSummary(events: readonly NewEvent[], lines: readonly string[]): readonly NewEvent[] {
  const [first, ...rest] = events;
  return first === undefined || lines.length === 0 ? events : [{ ...first, summary: lines }, ...rest];
}
