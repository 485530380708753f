/** `node test/store/crash-harness.ts --rounds 200`: kills a writer again and again. */
import { parseArgs } from 'node:util';
import { crashRounds } from './crash-rounds.ts';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '200' } } });
const report = await crashRounds(Number(values.rounds));
const openMs = report.openMs.toSorted((a, b) => a - b);
const at = (share: number): string =>
  (openMs[Math.floor(share * (openMs.length - 1))] ?? 0).toFixed(1);
console.log(`rounds ${report.rounds}  acknowledged writes ${report.acked}`);
console.log(`problems ${report.problems.length}  ${report.problems.slice(0, 5).join('; ')}`);
console.log(`recovery (open and check) p50 ${at(0.5)} ms  p99 ${at(0.99)} ms`);
process.exitCode = report.problems.length === 0 ? 0 : 1;
