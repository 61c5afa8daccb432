// What is wrong, above the parts: the fault of the file, and what the page itself could not do.

import '@vscode-elements/elements/dist/vscode-button/index.js';

export interface Action {
  readonly label: string;
  readonly press: () => void;
}

/** @param message undefined: nothing is wrong any more */
export function showBanner(banner: HTMLElement, message: string | undefined, action?: Action): void {
  banner.hidden = message === undefined;
  banner.replaceChildren();
  if (message === undefined) return;
  const text = document.createElement('span');
  text.textContent = message;
  banner.append(text);
  if (!action) return;
  const button = document.createElement('vscode-button');
  button.textContent = action.label;
  button.setAttribute('secondary', '');
  button.addEventListener('click', action.press);
  banner.append(button);
}
