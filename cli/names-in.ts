/** The names in an option, which commas separate. */
export const namesIn = (text: string): string[] => text.split(',').map((name) => name.trim());
