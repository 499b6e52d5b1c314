// Loaded before a program that is measured: its last words on stderr are what it used.
import { writeSync } from 'node:fs';

process.on('exit', () => {
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  const usage = { maxRssKib: maxRSS, cpuMs: (userCPUTime + systemCPUTime) / 1_000 };
  writeSync(2, `\nusage ${JSON.stringify(usage)}\n`);
});
