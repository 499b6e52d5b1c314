/**
 * A moment in UTC to the microsecond, as `2025-01-15T03:00:00.000000Z`: always 27 characters, so that text order is
 * time order and the text is what PostgreSQL reads and what is compared.
 */
export type Instant = string & { readonly __brand: 'Instant' };
