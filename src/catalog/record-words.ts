/**
 * What is recorded of an item that was seen, in numbers of 32 bits, little-endian; positions count from the beginning of the
 * answer. Read by TypeScript and by what is compiled to WebAssembly (assembly/).
 */

/** The item, half open. */
export const START = 0;
export const END = 1;
/** The first digit of its id. */
export const ID = 2;
/** Its created_at without quotes, half open. */
export const CREATED_AT = 3;
export const CREATED_AT_END = 4;
/** 1 if it is written as nearly all servers write it. */
export const IS_USUAL_INSTANT = 5;
/** In microseconds since 1970, in 64 bits; where it is not, once ItemRecords.recordInstants has read it. */
export const MICROSECONDS = 6;
/** 1 if PostgreSQL would take its bytes for what JSON.parse makes of them, and its fields have their usual form. */
export const IS_PLAIN = 8;

/** Of a plain item only. Texts without quotes, half open. */
export const NAME = 9;
export const VERSION = 11;
export const FRAMEWORK = 13;
/** 0 or 1. */
export const IS_PUBLIC = 15;
/** In 64 bits. */
export const DOWNLOAD_COUNT = 16;
/** An object, half open; 0 and 0 where there is none. */
export const ORIGIN = 18;
/** How many stretches of members follow that the contract does not know. */
export const EXTRAS = 20;

export const WORDS = 21;
export const WORDS_OF_EXTRA = 2;
