// A list of any length of which only the visible rows exist. One row is active; arrow keys, Page Up and Down, Home and End
// move it, and a screen reader is told its place: https://www.w3.org/WAI/ARIA/apg/patterns/listbox/

export interface ListOptions {
  readonly label: string;
  readonly render: (index: number, row: HTMLElement) => void;
  /** The user moved to a row. */
  readonly onActive?: (index: number) => void;
  /** The user pressed Enter or clicked twice. */
  readonly onOpen?: (index: number) => void;
}

export interface VirtualList {
  readonly element: HTMLElement;
  /** Draws again; keeps the scroll. */
  setCount(count: number): void;
  /** Does not call `onActive`. */
  setActive(index: number | undefined): void;
  scrollTo(index: number): void;
  scroll: number;
}

/** In pixels; style.css has the same. */
export const rowHeight = 22;
/** Browsers can't make an element taller. */
const tallest = 8_000_000;

let lists = 0;

export function virtualList(options: ListOptions): VirtualList {
  const name = `list${lists++}`;
  const element = document.createElement('div');
  element.className = 'list';
  element.tabIndex = 0;
  element.setAttribute('role', 'listbox');
  element.setAttribute('aria-label', options.label);
  const sizer = document.createElement('div');
  sizer.className = 'sizer';
  sizer.setAttribute('role', 'presentation');
  element.append(sizer);
  const rows = new Map<number, HTMLElement>();
  let count = 0;
  let active: number | undefined;

  function draw(): void {
    const first = Math.max(0, Math.floor(element.scrollTop / rowHeight) - 5);
    const last = Math.min(count, Math.ceil((element.scrollTop + element.clientHeight) / rowHeight) + 5);
    for (const [index, row] of rows) {
      if (index >= first && index < last) continue;
      row.remove();
      rows.delete(index);
    }
    for (let index = first; index < last; index++) {
      if (rows.has(index)) continue;
      const row = document.createElement('div');
      row.id = `${name}-${index}`;
      row.className = 'row';
      row.style.top = `${index * rowHeight}px`;
      row.setAttribute('role', 'option');
      row.setAttribute('aria-posinset', String(index + 1));
      row.setAttribute('aria-setsize', String(count));
      row.dataset.index = String(index);
      options.render(index, row);
      rows.set(index, row);
      sizer.append(row);
    }
    mark();
  }

  function mark(): void {
    for (const [index, row] of rows) row.setAttribute('aria-selected', String(index === active));
    if (active !== undefined && rows.has(active)) element.setAttribute('aria-activedescendant', `${name}-${active}`);
    else element.removeAttribute('aria-activedescendant');
  }

  function scrollTo(index: number): void {
    const top = index * rowHeight;
    if (top < element.scrollTop) element.scrollTop = top - rowHeight;
    else if (top + rowHeight > element.scrollTop + element.clientHeight)
      element.scrollTop = top + 3 * rowHeight - element.clientHeight;
    draw();
  }

  function move(index: number): void {
    if (count === 0) return;
    active = Math.min(count - 1, Math.max(0, index));
    scrollTo(active);
    options.onActive?.(active);
  }

  element.addEventListener('scroll', draw, { passive: true });
  new ResizeObserver(draw).observe(element);
  element.addEventListener('keydown', (event) => {
    const page = Math.max(1, Math.floor(element.clientHeight / rowHeight) - 1);
    const from = active ?? -1;
    const steps: Record<string, number> = {
      ArrowDown: from + 1,
      ArrowUp: from - 1,
      PageDown: from + page,
      PageUp: from - page,
      Home: 0,
      End: count - 1,
    };
    if (event.key in steps) move(steps[event.key]);
    else if (event.key === 'Enter' && active !== undefined) options.onOpen?.(active);
    else return;
    event.preventDefault();
  });
  const indexOf = (event: Event) =>
    Number((event.target as HTMLElement).closest<HTMLElement>('.row')?.dataset.index ?? Number.NaN);
  element.addEventListener('click', (event) => {
    if (!Number.isNaN(indexOf(event))) move(indexOf(event));
  });
  element.addEventListener('dblclick', (event) => {
    if (!Number.isNaN(indexOf(event))) options.onOpen?.(indexOf(event));
  });

  return {
    element,
    setCount(value) {
      count = Math.min(value, Math.floor(tallest / rowHeight));
      sizer.style.height = `${count * rowHeight}px`;
      for (const row of rows.values()) row.remove();
      rows.clear();
      if (active !== undefined && active >= count) active = undefined;
      draw();
    },
    setActive(index) {
      active = index;
      if (index !== undefined) scrollTo(index);
      mark();
    },
    scrollTo,
    get scroll() {
      return element.scrollTop;
    },
    set scroll(value) {
      element.scrollTop = value;
    },
  };
}
