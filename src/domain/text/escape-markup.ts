/** Escapes the three characters that begin markup and entities in XML, HTML, and texts of Slack. */
export function escapeMarkup(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
