/** Ends texts as sentences. */

/** With a full stop, unless it has its own end or ends in a command, which is to be copied. */
export function sentence(text: string): string {
  return /[.?!…]$|claude-worker [\w -]+$/.test(text) ? text : `${text}.`;
}
