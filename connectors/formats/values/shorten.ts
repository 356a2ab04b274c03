/** Text for a message: at most 40 characters, quoted as JSON. */
export function shorten(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 37)}...` : text);
}
