import type { RunState } from '../store/run.ts';
import type { Colours, Style } from './colours.ts';

/** A whole number with its thousands apart: `1,234,567`. Exact for any size. */
export function formatCount(value: number | bigint): string {
  return String(value).replaceAll(/\B(?=(?:\d{3})+$)/g, ',');
}

/** A difference with its sign: `+1,234`, `−17`, `0`. */
export function formatChange(value: number | bigint): string {
  if (value > 0) return `+${formatCount(value)}`;
  return value < 0 ? `−${formatCount(-value)}` : '0';
}

/** A number and its noun: `1 artifact`, `1,200 artifacts`. */
export function countOf(value: number, singular: string, plural = `${singular}s`): string {
  return `${formatCount(value)} ${value === 1 ? singular : plural}`;
}

/** How long something took, to two units at most: `450 ms`, `4.2 s`, `2 min 5 s`, `3 h 20 min`, `2 d 4 h`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 999.5) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 9_950) return `${(milliseconds / 1000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return twoUnits(minutes, 'min', seconds % 60, 's');
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return twoUnits(hours, 'h', minutes % 60, 'min');
  return twoUnits(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

function twoUnits(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

/** A moment to the second, in UTC and saying so: `2025-01-15 03:00:02 UTC`. */
export function formatMoment(moment: Date): string {
  return `${moment.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/**
 * A few things in a row: `a`, `a and b`, `a, b and c`; beyond `most`, how many more: `a, b and 12 more`.
 *
 * @param most how many to name before counting, at least 1
 */
export function formatList(items: readonly string[], most = Number.POSITIVE_INFINITY): string {
  const named = items.length > most ? [...items.slice(0, most), `${formatCount(items.length - most)} more`] : items;
  const last = named.at(-1) ?? '';
  return named.length < 2 ? last : `${named.slice(0, -1).join(', ')} and ${last}`;
}

/** The colour that says how a run ended: all proved, something open, nothing mirrored. */
export function stateStyle(state: RunState, colours: Colours): Style {
  switch (state) {
    case 'certified':
      return colours.good;
    case 'running':
      return colours.accent;
    case 'held':
    case 'inexact':
    case 'partial':
      return colours.warning;
    case 'failed':
      return colours.bad;
    case 'abandoned':
      return colours.faint;
  }
}

/** A size, to three digits: `93 MB`, `1.2 GB`. */
export function formatBytes(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'] as const;
  let size = bytes;
  let unit = 0;
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${size < 9.95 && unit > 0 ? size.toFixed(1) : Math.round(size)} ${units[unit] ?? ''}`;
}
