/** Times of the day in the time zone of this machine. */

/** Whether the text is a time of the day: `07:30`. */
export function isTimeOfDay(text: string): boolean {
  return /^([01]\d|2[0-3]):[0-5]\d$/.test(text);
}

/**
 * The first moment after `after` at which a clock on the wall shows this time. A time that the
 * clock skips in spring counts an hour later.
 */
export function nextLocalTime(time: string, after: number): number {
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  const day = new Date(after);
  for (let days = 0; ; days += 1) {
    const moment = new Date(day.getFullYear(), day.getMonth(), day.getDate() + days, hours, minutes).getTime();
    if (moment > after) return moment;
  }
}
