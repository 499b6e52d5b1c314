/** For zod: says what a field should have been; one that is not there is missing, whatever it should have been. */
export function expected(reason: string): { error: (issue: { readonly input?: unknown }) => string } {
  return { error: ({ input }) => (input === undefined ? 'is missing' : reason) };
}
