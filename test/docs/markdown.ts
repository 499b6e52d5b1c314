import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../../src/package-root.ts';

/** One fenced block of a page: its language as written, and what stands in it. */
export interface Block {
  readonly language: string;
  readonly text: string;
}

/** Reads a page of this project, by its path from the project's folder. */
export function readPage(path: string): Promise<string> {
  return readFile(join(packageRoot(), path), 'utf8');
}

/** The fenced blocks of a page, in order; those inside a list are indented. */
export function fencedBlocks(page: string): readonly Block[] {
  return [...page.matchAll(/^ *```(\w*)\n(.*?)^ *```$/gms)].map(([, language = '', text = '']) => ({ language, text }));
}

/** The commands of a shell block: one a line, comments left out. */
export function commandsOf(block: Block): readonly string[] {
  return block.text
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/**
 * The page with the part between `<!-- NAME -->` and `<!-- /NAME -->` replaced: for tables that are made from code.
 *
 * @throws Error where the page has no such part
 */
export function withPart(page: string, name: string, part: string): string {
  const begin = `<!-- ${name} -->\n`;
  const end = `<!-- /${name} -->`;
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from < 0 || to < from) throw new Error(`the page has no part ${name}`);
  return page.slice(0, from + begin.length) + part + page.slice(to);
}

/** A table in Markdown. */
export function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return [header, header.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |\n`).join('');
}
