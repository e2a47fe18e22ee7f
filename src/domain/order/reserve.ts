/**
 * The reserve: what of a subscription's limits is kept free for the person. Computes from what the
 * account reported what is reserved now, and until when, and the holds that say so. Pure.
 */
import { modelOfWindow } from "../attempt/refusal.ts";
import { utcMinute } from "../text/utc-minute.ts";
import type { AccountReport } from "./account-report.ts";
import type { HoldKind, NewHold } from "./hold.ts";
import { nextShareAt, shareAt } from "./reserve-setting.ts";
import type { ReserveSetting } from "./reserve-setting.ts";
import { accountScope, modelScope } from "./scope.ts";

/** `soft`: nothing new starts. `hard`: running tasks stop between two steps, too. */
export type ReserveLevel = "soft" | "hard";

/** A window of which the person's part is reached. */
export interface Reserved {
  readonly window: string;
  /** The only model that it counts for; null: every model. */
  readonly model: string | null;
  /** Used share, 0 to 1. */
  readonly used: number;
  /** Percent that is kept free. */
  readonly kept: number;
  readonly level: ReserveLevel;
  /** Its reset, or an earlier moment at which less is kept free (UTC ms). */
  readonly until: number;
}

/** What is known of the account's limits. */
export interface Figures {
  readonly report: AccountReport;
  /** When the account reported it (UTC ms). */
  readonly reportedAt: number;
}

/**
 * A window that is reserved is free again only when so many percent more are unused: figures of a
 * rolling window move up and down, and each hold is a notification.
 */
const freedPercent = 2;
/** How long a figure counts whose reset is not known, ms. */
const lengths: Readonly<Record<string, number>> = { five_hour: 18_000_000, seven_day: 604_800_000 };
/** Changes of the setting's times that are looked at to find the end: a week of hourly ones. */
const mostChanges = 400;

export const reserveKinds: readonly HoldKind[] = ["reserve", "reserve_hard"];

/** Whether the hold is one of the reserve. */
export function isOfReserve({ kind }: Pick<NewHold, "kind">): boolean {
  return reserveKinds.includes(kind);
}

/**
 * What is reserved now. A figure counts until its window's reset. A window that is used up reserves
 * nothing where more use is paid for: then the setting `overage` decides.
 * @param wall the system's clock (UTC ms)
 * @param wasHeld whether tasks of this model (null: all tasks) are held by the reserve already
 */
export function reservedNow(
  { report, reportedAt }: Figures,
  setting: ReserveSetting,
  { wall, wasHeld = () => false }: { readonly wall: number; readonly wasHeld?: (model: string | null) => boolean },
): Reserved[] {
  return Object.entries(report.windows).flatMap(([window, { utilization: used, resetsAt }]) => {
    // Windows of other programs (`seven_day_oauth_apps`) do not count.
    if (!/^(?:five_hour|seven_day)(?:_[a-z0-9]+)?$/.test(window)) return [];
    const model = modelOfWindow(window);
    const reset = resetsAt ?? reportedAt + (lengths[/^(?:five_hour|seven_day)/.exec(window)?.[0] ?? ""] ?? 0);
    if (used === null || reset <= wall || (used >= 1 && report.overage.enabled === true)) return [];
    const free = 100 - Math.round(used * 10_000) / 100;
    const levelAt = (at: number): { level: ReserveLevel; kept: number } | null => {
      const { soft, hard } = shareAt(setting, window, at);
      if (hard !== undefined && hard > 0 && free <= hard) return { level: "hard", kept: hard };
      const kept = soft ?? hard ?? 0;
      return kept > 0 && free <= kept + (wasHeld(model) ? freedPercent : 0) ? { level: "soft", kept } : null;
    };
    const now = levelAt(wall);
    if (now === null) return [];
    let until: number | null = wall;
    for (let changes = 0; until !== null && until < reset && changes < mostChanges; changes += 1) {
      if (levelAt(until) === null) break;
      until = nextShareAt(setting, window, until);
    }
    return [{ window, model, used, ...now, until: Math.min(reset, until ?? reset) }];
  });
}

/**
 * The holds for what is reserved: one for the account, and one for each model that has a window of
 * its own.
 * @param now the server's clock, by which holds end (UTC ms)
 */
export function reserveHolds(
  reserved: readonly Reserved[],
  {
    account,
    reportedAt,
    now,
    wall,
  }: { readonly account: string; readonly reportedAt: number; readonly now: number; readonly wall: number },
): NewHold[] {
  return [...new Set(reserved.map(({ model }) => model))].map((model) => {
    const own = reserved.filter((each) => each.model === model);
    const isHard = own.some(({ level }) => level === "hard");
    const figures = own.map(
      ({ window, used, kept }) => `The limit ${window} is ${Math.floor(used * 100)} % used, and ${kept} % is kept free for you.`,
    );
    const what = isHard ? "Nothing new starts, and running tasks wait." : "Nothing new starts.";
    const how = "Use it all the same: claude-worker resume (every task), or run --ignore-reserve (one).";
    return {
      kind: isHard ? "reserve_hard" : "reserve",
      scope: model === null ? accountScope(account) : modelScope(account, [model]),
      message: `${figures.join(" ")} Reported ${utcMinute(new Date(reportedAt).toISOString())}. ${what} ${how}`,
      until: now + (Math.max(...own.map(({ until }) => until)) - wall),
    };
  });
}
