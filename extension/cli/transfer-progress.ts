// One line that tells how far a transfer is, drawn again and again where a person watches.

import type { TransferProgress } from '../core/board/transfer.ts';
import type { Terminal } from './terminal.ts';

export function showProgress({ live, complain }: Pick<Terminal, 'live' | 'complain'>) {
  let shown = '';
  const draw = (text: string) => {
    if (live && text !== shown) complain(`\r${text.padEnd(shown.length)}${text === '' ? '\r' : ''}`);
    shown = text;
  };
  return { show: (progress: TransferProgress) => draw(describeProgress(progress)), clear: () => draw('') };
}

export function describeProgress({ path, done, total, rate, secondsLeft }: TransferProgress): string {
  const percent = total > 0 ? Math.floor((100 * done) / total) : 100;
  const left = done < total ? `, ${Math.ceil(secondsLeft)} s left` : '';
  return `${path}: ${percent} % of ${total} bytes, ${(rate / 1000).toFixed(1)} KB/s${left}`;
}
