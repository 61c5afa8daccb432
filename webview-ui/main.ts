// The inspector's page, run by VS Code inside a webview. This version has no views yet: the page reports that it is ready
// and shows what the extension host says went wrong.

interface HostPort {
  postMessage(message: { readonly kind: 'ready' }): void;
}
declare function acquireVsCodeApi(): HostPort;

type FromHost = { readonly kind: 'failed'; readonly message: string };

window.addEventListener('message', (event: MessageEvent<FromHost>) => {
  if (event.data.kind !== 'failed') return;
  const line = document.createElement('p');
  line.className = 'failed';
  line.setAttribute('role', 'alert');
  line.textContent = event.data.message;
  document.body.replaceChildren(line);
});

acquireVsCodeApi().postMessage({ kind: 'ready' });
