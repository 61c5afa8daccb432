// The file's bytes in hexadecimal and as characters. A selected range is marked; a click or the arrow keys choose a byte.

import { rowHeight, type VirtualList, virtualList } from './virtual-list.ts';

export interface BytesView {
  readonly element: HTMLElement;
  show(bytes: Uint8Array, fault: number | undefined): void;
  select(start: number, end: number): void;
  scroll: number;
}

const width = 16;

export function bytesView(onChoose: (offset: number) => void): BytesView {
  let bytes = new Uint8Array();
  let fault: number | undefined;
  let selected = { start: 0, end: 0 };
  let cursor = 0;

  const list: VirtualList = virtualList({
    label: 'Bytes',
    render(index, row) {
      const start = index * width;
      const hex: HTMLElement[] = [];
      const characters: HTMLElement[] = [];
      for (let offset = start; offset < Math.min(bytes.length, start + width); offset++) {
        const byte = bytes[offset];
        hex.push(cell(offset, byte.toString(16).padStart(2, '0')));
        characters.push(cell(offset, byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.'));
      }
      while (hex.length < width) hex.push(part('', '  '));
      const text = part('chars', ...characters);
      text.setAttribute('aria-hidden', 'true');
      // The spaces take no room; they are for who listens.
      row.append(
        part('offset', start.toString(16).padStart(6, '0')),
        ' ',
        part('hex', ...hex.flatMap((each) => [each, ' '])),
        text,
      );
    },
  });
  list.element.classList.add('bytes');
  // Up and down go by rows of bytes, so the list's own keys are not used here.
  list.element.addEventListener(
    'keydown',
    (event) => {
      const steps: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -width, ArrowDown: width };
      const step = steps[event.key];
      if (step === undefined) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      choose(Math.min(bytes.length - 1, Math.max(0, cursor + step)));
    },
    { capture: true },
  );
  list.element.addEventListener('click', (event) => {
    const offset = (event.target as HTMLElement).dataset.offset;
    if (offset !== undefined) choose(Number(offset));
  });

  function cell(offset: number, text: string): HTMLElement {
    const element = document.createElement('span');
    element.textContent = text;
    element.dataset.offset = String(offset);
    const classes = [
      offset >= selected.start && offset < selected.end && 'selected',
      offset === fault && 'fault-byte',
      offset === cursor && 'cursor',
    ];
    element.className = classes.filter(Boolean).join(' ');
    if (offset === fault) element.title = 'reading ended here';
    return element;
  }

  function part(className: string, ...children: (HTMLElement | string)[]): HTMLElement {
    const element = document.createElement('span');
    element.className = className;
    element.append(...children);
    return element;
  }

  function choose(offset: number): void {
    cursor = offset;
    onChoose(offset);
  }

  const redraw = () => list.setCount(Math.ceil(bytes.length / width));

  return {
    element: list.element,
    show(newBytes, newFault) {
      bytes = new Uint8Array(newBytes);
      fault = newFault;
      redraw();
    },
    select(start, end) {
      selected = { start, end };
      if (cursor < start || cursor >= end) cursor = start;
      redraw();
      list.setActive(Math.floor(cursor / width));
    },
    get scroll() {
      return Math.floor(list.scroll / rowHeight) * rowHeight;
    },
    set scroll(value) {
      list.scroll = value;
    },
  };
}
