// How far a build has come, and the button that ends it.

import * as vscode from 'vscode';
import type { BuildProgress } from '../core/project/build-result.ts';

/** Most builds are over before a notification about their progress could be read: only a longer one shows it. */
const progressDelayMs = 1000;

/** Runs `task`; the notification's button raises `cancel`. */
export async function withProgress<T>(
  title: string,
  cancel: AbortController,
  task: (onProgress: (progress: BuildProgress) => void) => Promise<T>,
): Promise<T> {
  let latest: BuildProgress | undefined;
  let show = () => {};
  const result = task((progress) => {
    latest = progress;
    show();
  });
  const timer = setTimeout(() => {
    const options = {
      location: vscode.ProgressLocation.Notification,
      title,
      cancellable: true,
    };
    void vscode.window.withProgress(options, async (view, token) => {
      token.onCancellationRequested(() => cancel.abort());
      let shown = 0;
      show = () => {
        if (!latest) return;
        const { arch, step, source, done, total } = latest;
        const increment = Math.max(0, (100 * done) / total - shown);
        shown += increment;
        view.report({ message: [`${arch}:`, step, source].filter(Boolean).join(' '), increment });
      };
      show();
      await result.catch(() => undefined);
    });
  }, progressDelayMs);
  return result.finally(() => clearTimeout(timer));
}
