/** Reads the text of a message of Slack as the person typed it. */

/** A link, a mention of a person, of a channel, or of a group: `<target|label>`. */
const marks = /<([^<>|]*)(?:\|([^<>]*))?>/g;

/** The text without Slack's marks and escapes. */
export function slackWords(text: string): string {
  return text
    .replaceAll(marks, (_, target: string, label: string | undefined) => typedAs(target, label))
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");
}

function typedAs(target: string, label: string | undefined): string {
  const [, sign = ""] = /^([@#!])/.exec(target) ?? [];
  if (sign !== "") {
    const name = label ?? target.slice(1);
    return /^[@#]/.test(name) ? name : `${sign === "#" ? "#" : "@"}${name}`;
  }
  const address = target.replace(/^(?:mailto|tel):/, "");
  // Slack makes a link of `example.com` by itself.
  return label === undefined || address.replace(/\/$/, "").endsWith(label) ? (label ?? address) : `${label} (${address})`;
}
