import { Failure } from '../catalog/failure.ts';
import { SettingsError } from '../settings/mistakes.ts';
import type { Colours } from '../terminal/colours.ts';
import { visible } from '../terminal/safe-text.ts';
import { wrapToWidth } from '../terminal/width.ts';
import { UsageError } from './usage-error.ts';

export interface ErrorOptions {
  readonly colours: Colours;
  /** Columns to wrap at; Infinity wraps nothing. */
  readonly width: number;
  /** Whether stacks are shown as well: `isDebugging`. */
  readonly debug: boolean;
  /** Replaces every secret in a text. The last line of defence, for texts that come from libraries. */
  readonly redact?: (text: string) => string;
}

/** What there is to say about one error, before it is laid out. */
interface Account {
  readonly headline: string;
  readonly points: readonly { readonly why: string; readonly whatToDo: string }[];
}

/** Whether `DEBUG` names this program: `catalog-mirror`, alone or in a list, or `*`. */
export function isDebugging(environment: Readonly<Record<string, string | undefined>>): boolean {
  return (environment['DEBUG'] ?? '').split(/[\s,]+/).some((name) => name === 'catalog-mirror' || name === '*');
}

/**
 * Says an error in a few lines: what failed, on what, why, and what to do. A stack is shown only while debugging: to a
 * user a mistake of his own, or of a catalog's, has none; a defect says that it is one and how to see more.
 *
 * @param error whatever was thrown
 * @returns lines, each ended by a line feed
 */
export function renderError(error: unknown, { colours, width, debug, redact = (text) => text }: ErrorOptions): string {
  const { headline, points } = accountOf(error);
  const paragraph = (text: string, first: string, further: string): string[] =>
    visible(redact(text)) === ''
      ? []
      : wrapToWidth(visible(redact(text)), width - further.length).map(
          (line, index) => `${index === 0 ? first : further}${line}\n`,
        );
  const lines = [
    // The word stands in the margin's place, so it is coloured after the wrapping.
    ...paragraph(`error: ${headline}`, '', '  ').map((line, index) =>
      index === 0 ? line.replace('error:', colours.bad('error:')) : line,
    ),
    ...points.flatMap(({ why, whatToDo }) => [
      ...paragraph(why, '  ', '  '),
      ...paragraph(whatToDo, `  ${colours.accent('→')} `, '    '),
    ]),
  ];
  return lines.join('') + (debug ? colours.faint(redact(stackOf(error))) : '');
}

/** The same as data, for --json. Holds no stack. */
export function errorAsJson(error: unknown, redact: (text: string) => string = (text) => text): object {
  if (error instanceof Failure) {
    return {
      error: {
        class: error.class,
        operation: redact(error.operation),
        subject: redact(error.subject),
        detail: redact(error.detail),
        hint: redact(error.hint),
        status: error.status,
        type: error.type === null ? null : redact(error.type),
      },
    };
  }
  if (error instanceof SettingsError) {
    const mistakes = error.mistakes.map(({ setting, problem, howToWrite }) => ({
      setting: redact(setting),
      problem: redact(problem),
      hint: redact(howToWrite),
    }));
    return { error: { class: 'settings', mistakes } };
  }
  if (error instanceof UsageError) {
    return { error: { class: 'usage', detail: redact(error.message), hint: redact(error.hint) } };
  }
  return { error: { class: 'defect', detail: redact(messageOf(error)) } };
}

function accountOf(error: unknown): Account {
  if (error instanceof Failure) {
    return {
      headline: `could not ${error.operation} (${error.subject})`,
      points: [{ why: asSentence(error.detail), whatToDo: asSentence(error.hint) }],
    };
  }
  if (error instanceof SettingsError) {
    const { mistakes } = error;
    return {
      headline: mistakes.length === 1 ? 'a setting is wrong' : `${mistakes.length} settings are wrong`,
      points: mistakes.map(({ setting, problem, howToWrite }) => ({
        why: asSentence(`${setting}: ${problem}`),
        whatToDo: asSentence(howToWrite),
      })),
    };
  }
  if (error instanceof UsageError) return { headline: error.message, points: [{ why: '', whatToDo: error.hint }] };
  return {
    headline: 'catalog-mirror has a defect',
    points: [
      {
        why: asSentence(messageOf(error)),
        whatToDo: 'Run the same command with DEBUG=catalog-mirror to see where, and report what it says.',
      },
    ],
  };
}

/** The text, ended by a full stop unless it ends itself. */
function asSentence(text: string): string {
  const trimmed = text.trim();
  return trimmed === '' || /[.!?:…]$/u.test(trimmed) ? trimmed : `${trimmed}.`;
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Node's AggregateError of a failed connection has no message of its own.
  if (error.message === '' && error instanceof AggregateError) return error.errors.map(messageOf).join('; ');
  return error.message === '' ? error.name : error.message;
}

/** The stacks of an error and its causes, line by line safe to show. */
function stackOf(error: unknown): string {
  const seen = new Set<unknown>();
  const lines: string[] = [];
  for (let each = error; each instanceof Error && !seen.has(each); each = each.cause) {
    seen.add(each);
    const stack = (each.stack ?? messageOf(each)).split('\n');
    lines.push(...stack.map((line, index) => (index === 0 && seen.size > 1 ? `caused by ${line}` : line)));
  }
  return lines.map((line) => `${visible(line)}\n`).join('');
}
