/** What a page imports in require.test.ts: the annotation shows that types are erased on the way. */
export const greeting: string = 'hello';
