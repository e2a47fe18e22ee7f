/** The text with at most `max` characters (code points); a cut shows as `…`. */
export function cutText(text: string, max: number): string {
  const characters = Array.from(text);
  return characters.length <= max ? text : `${characters.slice(0, Math.max(0, max - 1)).join("")}…`;
}

/** The longest beginning of the text that fits; a cut shows as `…`. */
export function cutToFit(text: string, fits: (text: string) => boolean): string {
  if (fits(text)) return text;
  let [low, high] = [0, text.length];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(cutText(text, middle))) low = middle;
    else high = middle - 1;
  }
  return cutText(text, low);
}
